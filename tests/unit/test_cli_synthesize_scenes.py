"""``sepstudio synthesize-scenes``: scenes with what is known of them from the command line."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sepstudio.cli import main
from sepstudio.codec.scenes import Material, read_material
from sepstudio.codec.scenes.drawing import draw_scene
from sepstudio.codec.scenes.files import SceneSettings, write_scenes_steps
from sepstudio.dsp.ambisonics import directions, vectors
from sepstudio.errors import ParameterError
from sepstudio.io.steps import drain

SHORT = ["--seconds", "1", "--sample-rate", "8000"]


def made(capsys, *arguments):
    assert main(["synthesize-scenes", *map(str, arguments), *SHORT]) == 0
    return capsys.readouterr().out.splitlines()


def test_scenes_are_written_with_their_descriptions(tmp_path, capsys):
    lines = made(capsys, "-o", tmp_path / "new" / "folder", "--scenes", 3, "--json")
    for number, told in enumerate(map(json.loads, lines)):
        samples, rate = soundfile.read(told["audio"])
        assert (samples.shape, rate) == ((8000, 16), 8000)
        assert soundfile.info(told["audio"]).subtype == "PCM_24"
        assert 0 < np.abs(samples).max() < 1
        record = json.loads(Path(told["description"]).read_text(encoding="utf-8"))
        assert (record["number"], record["ordering"], record["normalisation"]) == (number, "ACN", "SN3D")
        assert record["scene"]["sources"]
    assert len(lines) == 3


def seeds_of_lone_sources(count):
    """Return seeds whose first scene is one source that stands, with nothing around but perhaps noise and a room."""
    found = []
    for seed in range(500):
        scene = draw_scene(np.random.default_rng([seed, 0]), 1.0, Material())
        if len(scene.sources) == 1 and len(scene.sources[0].knots) == 1 and scene.ambience is None:
            found.append(seed)
    return found[:count]


def test_the_description_says_where_the_sound_comes_from(tmp_path, capsys):
    for seed in seeds_of_lone_sources(6):
        (path,) = map(Path, made(capsys, "-o", tmp_path / str(seed), "--scenes", 1, "--seed", seed))
        scene = json.loads(path.with_suffix(".json").read_text())["scene"]
        samples = soundfile.read(path)[0].T
        knot = scene["sources"][0]["knots"][0]
        there = vectors(math.radians(knot["azimuth"]), math.radians(knot["elevation"]))
        heard = vectors(*directions((samples[:1] @ samples[[3, 1, 2]].T)[0]))
        # Walls near by pull the whole to their side.
        assert math.degrees(math.acos(np.clip(there @ heard, -1, 1))) < (40 if scene["room"] else 10)


def test_the_seed_decides_and_what_is_there_is_kept(tmp_path, capsys):
    first, second, other = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    made(capsys, "-o", first, "--scenes", 1, "--seed", 5)
    made(capsys, "-o", second, "--scenes", 2, "--seed", 5)
    made(capsys, "-o", other, "--scenes", 1, "--seed", 6)
    name = "scene-0000.wav"
    assert (first / name).read_bytes() == (second / name).read_bytes() != (other / name).read_bytes()
    before = (first / name).stat().st_mtime_ns
    made(capsys, "-o", first, "--scenes", 2, "--seed", 5)
    assert (first / name).stat().st_mtime_ns == before
    assert (first / "scene-0001.wav").read_bytes() == (second / "scene-0001.wav").read_bytes()


def test_scenes_made_otherwise_are_not_overwritten(tmp_path, capsys):
    made(capsys, "-o", tmp_path, "--scenes", 1)
    before = (tmp_path / "scene-0000.wav").read_bytes()
    assert main(["synthesize-scenes", "-o", str(tmp_path), "--scenes", "1", "--seed", "9", *SHORT]) == 2
    assert "was made in another way" in capsys.readouterr().err
    assert (tmp_path / "scene-0000.wav").read_bytes() == before


def test_a_cancelled_run_leaves_whole_scenes_only(tmp_path):
    steps = write_scenes_steps(tmp_path, 3, settings=SceneSettings(seconds=1.0, sample_rate=8000))
    fractions = [next(steps) for _ in range(4)]
    steps.close()
    assert fractions == sorted(fractions)
    whole = {path.stem for path in tmp_path.glob("*.json")}
    assert {path.name for path in tmp_path.iterdir()} >= {f"{stem}.wav" for stem in whole}
    assert not list(tmp_path.glob(".*"))


def test_recordings_in_folders_are_played(tmp_path, capsys):
    dry = tmp_path / "dry"
    dry.mkdir()
    rng = np.random.default_rng(0)
    soundfile.write(dry / "one.wav", rng.uniform(-0.5, 0.5, (16_000, 2)), 16_000)
    soundfile.write(dry / "two.ogg", rng.uniform(-0.5, 0.5, 16_000), 8000)
    made(capsys, "-o", tmp_path / "out", "--scenes", 6, "--dry", dry)
    records = [json.loads(path.read_text()) for path in (tmp_path / "out").glob("*.json")]
    played = {source["dry"]["file"] for record in records for source in record["scene"]["sources"]}
    assert played == {"", str(dry / "one.wav"), str(dry / "two.ogg")}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--dry", "nowhere"], "does not exist"),
        (["--scenes", "0"], "count must be 1 or more"),
        (["--order", "8"], "order must be between 0 and 7"),
        (["--seconds", "3600"], "seconds must be from 0.5 to 120"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(tmp_path, capsys, arguments, words):
    assert main(["synthesize-scenes", "-o", str(tmp_path / "out"), *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_a_folder_without_recordings_is_named(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["synthesize-scenes", "-o", str(tmp_path / "out"), "--dry", str(tmp_path / "empty")]) == 2
    assert "holds no audio files" in capsys.readouterr().err


def test_stems_and_voices_of_the_test_data_make_scenes(shared_data, tmp_path):
    files = [
        *sorted((shared_data / "voices_loops").glob("*.flac"))[:3],
        *(shared_data / "multitracks" / "eif_lithium").glob("*.flac"),
    ]
    settings = SceneSettings(seconds=1.0, sample_rate=16_000)
    scenes = drain(write_scenes_steps(tmp_path, 2, read_material(files, 1.0), settings))
    for path in scenes:
        assert np.abs(soundfile.read(path)[0]).max() > 1e-3
        record = json.loads(path.with_suffix(".json").read_text())
        assert all(source["dry"]["kind"] == "file" for source in record["scene"]["sources"])


def test_settings_out_of_range_are_refused():
    for wrong in ({"seed": -1}, {"seconds": 0.1}, {"sample_rate": 1000}, {"order": 9}):
        with pytest.raises(ParameterError):
            SceneSettings(**wrong)
