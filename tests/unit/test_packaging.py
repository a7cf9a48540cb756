"""What is installed elsewhere: the built wheel, and the scripts that set the program up."""

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from halves import NAMES_QT

ROOT = Path(__file__).resolve().parents[2]
SMOKE = """
import sepstudio
from sepstudio.paths import resource
assert "site" in sepstudio.__file__, sepstudio.__file__
for parts in (["icons"], ["demo", "mixture.flac"]):
    assert "site" in str(resource(*parts)), resource(*parts)
print("found")
"""


def run(*command, cwd):
    result = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=150, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout.strip()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_package_and_resources_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "sepstudio/py.typed" in names
    assert {"sepstudio/resources/demo/PROVENANCE.md", "sepstudio/resources/models/README.md"} <= set(names)
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"sepstudio", next(top for top in tops if top.endswith(".dist-info"))}


def test_the_installed_wheel_works_away_from_the_checkout(wheel, tmp_path):
    site = tmp_path / "site"
    run(
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        site,
        wheel,
        cwd=tmp_path,
    )
    # -I ignores the current folder and the environment; the site folder goes in front of the checkout's.
    start = f"import sys; sys.path.insert(0, {str(site)!r}); "
    assert run(sys.executable, "-I", "-c", start + SMOKE, cwd=tmp_path) == "found"
    main = "from sepstudio.cli import main; sys.exit(main(['--version']))"
    assert re.fullmatch(r"sepstudio \d+\.\d+\.\d+\S*", run(sys.executable, "-I", "-c", start + main, cwd=tmp_path))


def test_the_console_script_answers(tmp_path):
    assert run(Path(sys.executable).with_name("sepstudio"), "--version", cwd=tmp_path).startswith("sepstudio ")


def test_every_dependency_is_pinned():
    pins = set(re.findall(r"^([\w.-]+)==", (ROOT / "packaging" / "constraints.txt").read_text(), re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["test"]
    names = {re.match(r"[\w.-]+", line)[0] for line in wanted}
    assert {normal(name) for name in names} - {normal(pin) for pin in pins} == set()


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_folder_packaging_never_hides_the_library_packaging():
    assert not (ROOT / "packaging" / "__init__.py").exists()


def test_no_test_file_falls_between_the_halves():
    """The half without Qt looks into tests/unit and tests/reference only, the other one leaves out what names no Qt."""
    files = (ROOT / "tests" / "gui").glob("test_*.py")
    assert [path.name for path in files if not NAMES_QT.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("script", ["packaging/run.sh", "packaging/test.sh", "packaging/setup.sh", ".ci/run"])
def test_the_scripts_parse(script):
    run("bash", "-n", ROOT / script, cwd=ROOT)


def bash(script, cwd, **environment):
    command = f"source {ROOT / 'packaging' / 'setup.sh'}; {script}"
    return subprocess.run(
        ["bash", "-c", command], cwd=cwd, env=environment, capture_output=True, text=True, timeout=30, check=False
    )


def program(folder, name, text):
    path = folder / name
    path.write_text(f"#!/bin/bash\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path):
    """A PATH with a few programs of its own in front of the real ones."""
    folder = tmp_path / "bin"
    folder.mkdir()
    installed = [
        "installed libegl1, ",
        "installed libasound2t64, libasound2 (= 1.2.14-1), other (>= 2)",
        "config-files libgl1, ",
        "installed zlib1g, libz1",
    ]
    program(folder, "dpkg-query", "printf '%s\\n' " + " ".join(f"'{line}'" for line in installed))
    program(folder, "id", "echo 1000")
    return folder


def test_missing_libraries_are_those_that_nothing_installed_provides(machine, tmp_path):
    result = bash("missing_packages libegl1 libasound2 other zlib1g", tmp_path, PATH=f"{machine}:/usr/bin:/bin")
    assert result.stdout == ""
    result = bash("missing_packages libegl1 libgl1 libx11-6", tmp_path, PATH=f"{machine}:/usr/bin:/bin")
    assert result.stdout.split() == ["libgl1", "libx11-6"]


def test_without_rights_the_line_to_run_is_printed(machine, tmp_path):
    result = bash("need_packages libgl1 libegl1; echo went on", tmp_path, PATH=f"{machine}:/usr/bin:/bin")
    assert result.returncode == 2
    assert "sudo apt-get install -y --no-install-recommends libgl1" in result.stderr
    assert result.stdout == ""


def test_the_first_python_that_fits_is_taken(machine, tmp_path):
    program(machine, "python3.11", "exit 1")
    program(machine, "python3.12", "exit 0")
    path = f"{machine}:/usr/bin:/bin"
    assert bash("find_python", tmp_path, PATH=path).stdout.strip() == "python3.12"
    assert bash("find_python", tmp_path, PATH=path, PYTHON="python3.11").returncode == 2


@pytest.mark.parametrize(
    ("state", "made_anew"),
    [("interrupted", True), ("no pip", True), ("complete", False), ("other libraries", False)],
)
def test_an_environment_is_made_anew_only_after_an_interruption(machine, tmp_path, state, made_anew):
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    # Stands for Python: fits, and has pip unless it is broken; tells when it installs.
    works = '[ "$3" = --version ] && exit 1' if state == "no pip" else ":"
    program(venv / "bin", "python", f'[ "$2" = pip ] || exit 0; {works}; [ "$3" != install ] || touch {tmp_path}/ran')
    if state == "interrupted":
        (venv / ".sepstudio-installing").touch()
    script = (
        f"VENV={venv}; make_environment() {{ touch {tmp_path}/anew; }}; "
        + ("need_environment '' && rm -f " + f"{tmp_path}/ran; " if state == "complete" else "")
        + "need_environment '' && need_environment ''"
    )
    result = bash(script, tmp_path, PATH=f"{machine}:/usr/bin:/bin")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "anew").exists() == made_anew
    assert (tmp_path / "ran").exists() == (state != "complete")
    assert not (venv / ".sepstudio-installing").exists()


def test_plug_ins_for_the_tests_are_installed_once_beside_the_environment(machine, tmp_path):
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    told = tmp_path / "told"
    program(tmp_path / "venv" / "bin", "python", f'echo "$*" >>{told}; mkdir -p {tmp_path}/venv/test-plug-ins')
    script = f"VENV={tmp_path / 'venv'}; need_plug_ins && need_plug_ins"
    result = bash(script, tmp_path, PATH=f"{machine}:/usr/bin:/bin")
    assert result.returncode == 0, result.stderr
    (line,) = told.read_text().splitlines()
    assert f"--no-deps --target {tmp_path}/venv/test-plug-ins" in line


def test_the_adapters_of_other_packages_are_announced_and_can_be_loaded():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    points = project["entry-points"]["sepstudio.methods"]
    assert set(points) == {"demucs", "openunmix"}
    for name, value in points.items():
        found = EntryPoint(name, value, "sepstudio.methods").load()()
        assert found.id == name
