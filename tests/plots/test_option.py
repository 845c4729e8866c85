"""``--plot`` as people give it: into a file, beside the result, on a screen where there is one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from PIL import Image

from farmland.cli import main


@pytest.fixture
def words(sample):
    """Words that ask for scenes of the sample."""
    parcels, catalog = sample
    return ["scenes", str(parcels), "--catalog", catalog, "--offline", "--period", "2023-04", "-q"]


@pytest.fixture
def opened(monkeypatch):
    """What was opened on the screen."""
    shown = []
    monkeypatch.setattr(click, "launch", lambda path: shown.append(Path(path).name))
    monkeypatch.setenv("DISPLAY", ":0")
    return shown


def drawn(path):
    with Image.open(path) as picture:
        return len(picture.convert("RGB").getcolors(1 << 24)) > 20


def test_a_named_picture_is_written_and_told(words, tmp_path, capsys, opened):
    target = tmp_path / "日历.png"
    assert main([*words, "--plot", str(target), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["plot"] == str(target)
    assert drawn(target)
    assert not opened


@pytest.mark.parametrize(("person", "screen", "shown"), [
    (True, ":0", ["farmland-scenes.png"]), (True, "", []), (False, ":0", []),
])  # fmt: skip
def test_a_picture_without_a_name_is_shown_to_a_person_with_a_screen(
    words, tmp_path, monkeypatch, capsys, opened, person, screen, shown
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DISPLAY", screen)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("sys.stdout.isatty", lambda: person, raising=False)
    assert main([*words, "--lang", "zh", "--plot"]) == 0
    assert capsys.readouterr().out.endswith("图片：farmland-scenes.png\n")
    assert drawn("farmland-scenes.png")
    assert opened == shown


@pytest.mark.parametrize(("given", "english", "chinese"), [
    ("parcels.gpkg", "parcels.gpkg is no PNG", "parcels.gpkg 不是 PNG"),
    ("nowhere/x.png", "There is no folder nowhere", "文件夹 nowhere 不存在"),
])  # fmt: skip
def test_what_is_no_picture_is_wrong_usage(words, capsys, given, english, chinese):
    for language, said in (("en", english), ("zh", chinese)):
        assert main([*words, "--lang", language, "--plot", given]) == 2
        assert said in capsys.readouterr().err


def test_without_the_option_nothing_is_drawn_and_matplotlib_stays_away(words, tmp_path):
    code = "import sys; from farmland.cli import main; main(sys.argv[1:]); "
    code += "sys.exit('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=tmp_path, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.iterdir())


def test_the_table_of_indices_and_its_picture(sample, tmp_path, capsys):
    parcels, catalog = sample
    asked = ["ndvi", str(parcels), "--catalog", catalog, "--offline", "--period", "2023-04/2023-05"]
    assert main([*asked, "--out", str(tmp_path), "--plot", "-qq"]) == 0
    assert drawn(tmp_path / "ndvi.png")
    with_picture = (tmp_path / "ndvi.csv").read_bytes()
    assert main([*asked, "--out", str(tmp_path), "-qq"]) == 0
    assert (tmp_path / "ndvi.csv").read_bytes() == with_picture
    capsys.readouterr()
    words = [*asked, "--out", str(tmp_path), "--no-table", "--composite", "max", "--plot"]
    assert main([*words, "--lang", "en"]) == 2
    assert "--plot says nothing beside --no-table" in capsys.readouterr().err


def test_findings_lie_beside_the_repaired_copy(sample, tmp_path, capsys):
    parcels, _ = sample
    out = tmp_path / "repaired.gpkg"
    assert main(["parcels", "check", str(parcels), "--out", str(out), "--plot", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["plot"] == str(tmp_path / "repaired.png")
    assert drawn(tmp_path / "repaired.png")
