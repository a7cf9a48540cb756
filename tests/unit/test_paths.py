"""Resources are found from a checkout, a wheel and a frozen program; the cache folder can be moved."""

import sys

import pytest

from sepstudio import paths


def test_the_checkout_holds_icons_and_the_demo():
    assert paths.resource("icons").is_dir()
    assert paths.resource("demo", "mixture.flac").is_file()


def test_a_missing_resource_is_named():
    with pytest.raises(FileNotFoundError, match=r"demo/absent\.flac"):
        paths.resource("demo", "absent.flac")


def test_a_wheel_and_a_frozen_program_find_theirs_first(tmp_path, monkeypatch):
    package = tmp_path / "site" / "sepstudio"
    (package / "resources" / "icons").mkdir(parents=True)
    monkeypatch.setattr(paths, "__file__", str(package / "paths.py"))
    assert paths.resource("icons") == package / "resources" / "icons"
    frozen = tmp_path / "frozen"
    (frozen / "sepstudio" / "resources" / "icons").mkdir(parents=True)
    monkeypatch.setattr(sys, "_MEIPASS", str(frozen), raising=False)
    assert paths.resource("icons") == frozen / "sepstudio" / "resources" / "icons"


def test_the_cache_folder_is_made_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("SEPSTUDIO_CACHE_DIR", str(tmp_path / "a" / "b"))
    assert paths.cache_dir() == tmp_path / "a" / "b"
    assert paths.cache_dir().is_dir()


def test_the_cache_folder_is_the_users_otherwise(own_home, monkeypatch):
    monkeypatch.delenv("SEPSTUDIO_CACHE_DIR")
    assert own_home in paths.cache_dir().parents


def test_what_is_remembered_lies_with_the_user(own_home):
    assert own_home in paths.state_dir().parents
