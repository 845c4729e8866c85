"""The house itself: what lies in it, what it says about itself, and that its own guards bite."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import rasterio
from rasterio.errors import RasterioIOError

ROOT = Path(__file__).resolve().parent.parent
HERE = re.compile("|".join([r"(?<![\w.])/(?:work|root|home/\w+)/", "/" + "tmp/w", "/" + "Users/"]))
REGISTRY = re.compile("|".join(["pypi" + r"\.org", "python" + "hosted", "anaconda" + r"\.org"]))


def tracked() -> list[Path]:
    """Text files that belong to the project."""
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout.split("\0")
    paths = [ROOT / name for name in names if name and (ROOT / name).is_file()]
    return [path for path in paths if b"\0" not in path.read_bytes()[:8000]]


@pytest.mark.parametrize("pattern", [HERE, REGISTRY], ids=["machine paths", "registry hosts"])
def test_no_file_names_this_machine_or_a_registry(pattern: re.Pattern[str]) -> None:
    found = {
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in tracked()
        if (match := pattern.search(path.read_text("utf-8")))
    }
    assert not found


def test_the_patterns_find_what_they_look_for() -> None:
    assert HERE.search("open('/" + "work/main')")
    assert HERE.search(" /home/" + "ann/x")
    assert not HERE.search("https://host/" + "work/item")
    assert not HERE.search("frame/root.py")
    assert REGISTRY.search("https://pypi" + ".org/simple")


def test_every_pinned_package_has_hashes_and_no_address() -> None:
    text = (ROOT / "constraints.txt").read_text("utf-8")
    assert "://" not in text
    pins = re.split(r"\n(?=\S)", re.sub(r"(?m)^#.*\n", "", text).strip())
    assert len(pins) > 80
    assert [pin for pin in pins if not re.match(r"\S+==\S+.*\\\n\s+--hash=sha256:", pin)] == []


def test_every_declared_dependency_is_pinned() -> None:
    pinned = set(re.findall(r"(?m)^([\w.-]+)==", (ROOT / "constraints.txt").read_text("utf-8")))
    wanted = importlib.metadata.requires("farmland") or []
    names = {re.split(r"[^\w.-]", need)[0].lower().replace("_", "-") for need in wanted}
    assert names <= pinned
    assert {"hatchling", "pytest", "ruff", "mypy"} <= pinned


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_first_page_names_both_commands(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert "make demo" in text
    assert "make test" in text


@pytest.mark.parametrize(
    "page", [path for path in tracked() if path.suffix == ".md"], ids=lambda path: path.name
)
def test_links_inside_the_project_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_make_explains_itself() -> None:
    talk = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    for target in ("demo", "test", "sample", "bench", "readme", "clean"):
        assert f"make {target} " in talk


def test_make_without_a_usable_python_says_what_to_do(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "constraints.txt").touch()
    (tmp_path / "pyproject.toml").touch()
    run = subprocess.run(
        ["make", "demo", "PYTHON=no-such-python"], cwd=tmp_path, capture_output=True, text=True
    )
    assert run.returncode == 2
    assert "install python3 and python3-venv" in run.stderr
    assert not (tmp_path / ".venv").exists()


# --- the wheel ---------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    (built,) = out.glob("*.whl")
    return built


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        said = archive.read(metadata).decode()
        assert archive.read(metadata.replace("METADATA", "licenses/LICENSE")).count(b"\n") > 190
    assert "\nName: farmland\n" in said
    assert "\nLicense-Expression: Apache-2.0\n" in said
    assert "\nRequires-Python: >=3.11\n" in said
    assert "\nVersion: 0.1.0\n" in said


def test_the_wheel_carries_the_rules_and_the_sample_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "farmland/py.typed" in names
    assert "farmland/rules/cn.toml" in names
    assert "farmland/samples/catalog.json" in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"farmland"}
    assert wheel.stat().st_size < 15e6


def test_asking_for_help_loads_nothing_heavy() -> None:
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "farmland", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.rsplit("|", 1)[-1].strip() for line in run.stderr.splitlines()}
    assert not loaded & {"numpy", "pandas", "rasterio", "xarray", "numba", "shapely", "matplotlib"}


# --- the guards of the tests -------------------------------------------------

SKIPPING = {
    "inside a test": "import pytest\ndef test_a():\n    pytest.skip('no data')\n",
    "by a mark": "import pytest\n@pytest.mark.skip('no data')\ndef test_a():\n    pass\n",
    "a whole module": "import pytest\npytest.skip('no data', allow_module_level=True)\n",
    "no such package": "import pytest\npytest.importorskip('no_such_package', reason='no data')\n",
    "by a fixture": "def test_a(shared):\n    pass\n",
}


@pytest.mark.parametrize("everything", [False, True])
def test_a_skip_is_a_failure_where_everything_is_meant_to_run(
    everything: bool, tmp_path: Path
) -> None:
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path / "tests")
    for number, source in enumerate(SKIPPING.values()):
        (tmp_path / "tests" / f"test_{number}.py").write_text(source)
    settings = {"FARMLAND_TEST_ALL": "1" if everything else "", "FARMLAND_SHARED": ""}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "--continue-on-collection-errors", "tests"],
        cwd=tmp_path,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
    )
    assert "no shared data: set FARMLAND_SHARED" in run.stdout
    if everything:
        assert run.returncode == 1
        assert run.stdout.count("skipped under FARMLAND_TEST_ALL=1: ") >= len(SKIPPING)
        assert "1 failed, 4 errors" in run.stdout
    else:
        assert run.returncode == 0
        assert "5 skipped" in run.stdout


def test_tests_reach_this_machine_only() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
    with pytest.raises(OSError, match=r"tests do not reach 192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), timeout=5)
    with pytest.raises(socket.gaierror, match="tests do not look up"):
        socket.create_connection(("example.com", 80), timeout=5)
    with pytest.raises(RasterioIOError):
        rasterio.open("/vsicurl/http://192.0.2.1/scene.tif")
