"""What is installed elsewhere: the built wheel, and the scripts that set the program up."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

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
    assert "sepstudio/resources/demo/PROVENANCE.md" in names
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


@pytest.mark.parametrize("script", ["packaging/run.sh", "packaging/test.sh", "packaging/setup.sh", ".ci/run"])
def test_the_scripts_parse(script):
    run("bash", "-n", ROOT / script, cwd=ROOT)
