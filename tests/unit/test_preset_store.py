"""The presets that users make: what a file of them keeps, refuses and survives."""

import argparse
import dataclasses
import json
import logging

import pytest

from sepstudio.commands.method_options import add_method_options, method_params
from sepstudio.errors import ParameterError
from sepstudio.separation.kam import METHOD, KamParams
from sepstudio.separation.kernels import SourceSet
from sepstudio.separation.presets import PresetError, PresetStore, find_preset, user_presets

DRAWN = KamParams(sources=SourceSet.from_text("voice=disc:9, rest=horizontal:31@2"), iterations=3, spatial=False)


@pytest.fixture
def store(tmp_path):
    return PresetStore(tmp_path / "presets")


def file_of(store):
    return store._folder / "kam.json"


def test_a_preset_survives_with_all_parameters_and_its_place(store):
    store.save(METHOD, "Voice", DRAWN)
    store.save(METHOD, "Long  notes ", KamParams(harmonic_length=41))
    again = PresetStore(store._folder).presets(METHOD)
    assert [one.title for one in again] == ["Voice", "Long notes"]
    assert [one.params for one in again] == [DRAWN, KamParams(harmonic_length=41)]
    store.save(METHOD, "VOICE", KamParams(iterations=5))
    assert [(one.name, one.params.iterations) for one in store.presets(METHOD)] == [("VOICE", 5), ("Long notes", 2)]
    assert [path.name for path in store._folder.iterdir()] == ["kam.json"]


def test_presets_are_renamed_and_removed(store):
    store.save(METHOD, "One", DRAWN)
    store.save(METHOD, "Two", KamParams())
    store.rename(METHOD, "One", "one")
    with pytest.raises(ParameterError, match="no other preset"):
        store.rename(METHOD, "one", "TWO")
    store.remove(METHOD, "Two")
    assert [one.name for one in store.presets(METHOD)] == ["one"]
    with pytest.raises(ParameterError, match="saved"):
        store.remove(METHOD, "Two")


@pytest.mark.parametrize(
    "name", ["", "  ", "x" * 81, "a\x00b", METHOD.presets[0].name, METHOD.presets[0].title.upper()]
)
def test_names_that_would_be_mistaken_are_refused(store, name):
    with pytest.raises(ParameterError):
        store.save(METHOD, name, KamParams())
    assert store.presets(METHOD) == ()


def test_entries_of_another_version_are_left_out_but_kept(store, caplog):
    store.save(METHOD, "Good", DRAWN)
    plain = json.loads(file_of(store).read_text())
    plain["presets"] += [
        {"name": "Later", "params": {"temperature": 3}},
        {"name": "Wrong", "params": {"iterations": "many"}},
        {"params": {}},
    ]
    file_of(store).write_text(json.dumps(plain))
    with caplog.at_level(logging.WARNING):
        assert [one.name for one in store.presets(METHOD)] == ["Good"]
    assert "temperature" in caplog.text
    store.save(METHOD, "New", KamParams())
    assert [one.get("name") for one in json.loads(file_of(store).read_text())["presets"]] == [
        "Good", "Later", "Wrong", None, "New",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["{", "[]", "7", '{"schema": 99, "method": "kam", "presets": []}'])
def test_a_file_that_cannot_be_read_is_put_aside_before_it_is_replaced(store, text, caplog):
    store._folder.mkdir()
    file_of(store).write_text(text)
    with caplog.at_level(logging.WARNING):
        assert store.presets(METHOD) == ()
    assert caplog.text
    store.save(METHOD, "New", DRAWN)
    assert (store._folder / "kam.json.broken").read_text() == text
    assert [one.name for one in store.presets(METHOD)] == ["New"]


def test_a_preset_travels_in_a_file_and_gets_a_free_name(store, tmp_path):
    target = tmp_path / "voice.json"
    store.export_file(METHOD, "Voice", DRAWN, target)
    first, second = store.import_file(METHOD, target), store.import_file(METHOD, target)
    assert [one.name for one in (*first, *second)] == ["Voice", "Voice 2"]
    assert {one.params for one in store.presets(METHOD)} == {DRAWN}
    # A factory preset may be exported; under its own name it could not be told from that.
    shipped = METHOD.presets[0]
    store.export_file(METHOD, "Mine", shipped.params, target)
    assert store.import_file(METHOD, target)[0].params == shipped.params


def test_files_of_other_methods_and_no_presets_are_refused_with_the_reason(store, tmp_path):
    other = dataclasses.replace(METHOD, id="other")
    target = tmp_path / "x.json"
    store.export_file(other, "X", KamParams(), target)
    with pytest.raises(PresetError, match="for the method 'other'"):
        store.import_file(METHOD, target)
    target.write_text("no json")
    with pytest.raises(PresetError, match="no file of presets"):
        store.import_file(METHOD, target)
    with pytest.raises(PresetError, match="No such file"):
        store.import_file(METHOD, tmp_path / "missing.json")


def test_a_folder_that_cannot_be_made_is_explained(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PresetError):
        PresetStore(tmp_path / "file" / "presets").save(METHOD, "X", KamParams())


def test_presets_of_program_and_user_are_found_by_name(store):
    store.save(METHOD, "Voice", DRAWN)
    assert find_preset(METHOD, store, "Voice").params == DRAWN
    shipped = METHOD.presets[0]
    assert find_preset(METHOD, store, shipped.name) == shipped
    with pytest.raises(ParameterError, match="one of"):
        find_preset(METHOD, store, "nothing")


def test_the_command_line_knows_the_presets_of_the_user():
    parser = argparse.ArgumentParser()
    user_presets().save(METHOD, "Voice 100 %", DRAWN)
    add_method_options(parser, METHOD)
    assert "Voice 100 %" in parser.format_help()
    arguments = parser.parse_args(["--preset", "Voice 100 %", "--iterations", "4"])
    assert method_params(METHOD, arguments) == dataclasses.replace(DRAWN, iterations=4)
    shipped = METHOD.presets[0]
    assert method_params(METHOD, parser.parse_args(["--preset", shipped.name])) == shipped.params
