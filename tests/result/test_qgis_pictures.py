"""Every layer, the map, the layouts and the forms are drawn by QGIS and look as they are kept."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import in_qgis
import numpy as np
import pytest
from PIL import Image
from result import pictures
from result.example import NASTY, example_result

from farmland import palette
from farmland.io import geopackage
from farmland.io.geopackage import layouts, style
from farmland.rules import Words

pytestmark = pytest.mark.slow

SAID = layouts.Said(Words("", ""), Words("", ""), "", 0, 0)


def skip_without_qgis() -> None:
    """Skip where QGIS or the font of the kept pictures is missing."""
    in_qgis.needed()
    fonts = shutil.which("fc-list")
    listed = subprocess.run([fonts, ":", "family"], capture_output=True, check=False).stdout if (
        fonts
    ) else b""  # fmt: skip
    if style.FONTS[0].encode() not in listed:
        pytest.skip("no Chinese font: install the Debian package fonts-noto-cjk")


@pytest.fixture(scope="module", params=list(pictures.DRAWN))
def drawn(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path, dict[str, Any]]:
    skip_without_qgis()
    language = str(request.param)
    folder = tmp_path_factory.mktemp("pictures")
    path = pictures.example_folder(folder, language)
    said = pictures.draw(path, folder / "drawn", pictures.DRAWN[language])
    return language, folder / "drawn", said


def test_pictures_are_as_kept(drawn: tuple[str, Path, dict[str, Any]]) -> None:
    language, folder, said = drawn
    assert said["opened"]
    away = {}
    for name in pictures.DRAWN[language]:
        with Image.open(pictures.kept(language, name)) as kept:
            now = pictures.reduced(folder / pictures.file_name(name))
            away[name] = pictures.difference(now, kept)
    assert {name: by for name, by in away.items() if by > pictures.TOLERANCE} == {}


def test_another_colour_is_noticed() -> None:
    """One class in the next colour of the palette, in one legend, is beyond the tolerance."""
    with Image.open(pictures.KEPT / "zh-layer-farmland_conversions.png") as kept:
        pixels = np.asarray(kept.convert("RGB")).astype(int)
    red, other = (np.array([int(palette.CLASSES[name][i : i + 2], 16) for i in (1, 3, 5)])
                  for name in ("non_agri", "abandoned"))  # fmt: skip
    drawn_red = red * 200 / 255 + 55
    there = np.abs(pixels - drawn_red).max(axis=2) < 12
    assert there.sum() > 100
    changed = pixels.copy()
    changed[there] = (other * 200 / 255 + 55).astype(int)
    away = pictures.difference(
        Image.fromarray(pixels.astype(np.uint8)), Image.fromarray(changed.astype(np.uint8))
    )
    assert away > 3 * pictures.TOLERANCE


def test_what_is_settled_steps_back(tmp_path: Path) -> None:
    skip_without_qgis()
    result, layer = example_result(), "layer:farmland_conversions"
    colour = {}
    for state in ("ongoing", "dismissed"):
        path = tmp_path / f"{state}.gpkg"
        patches = result.conversions.assign(status=state)
        geopackage.write(replace(result, conversions=patches), path)
        pictures.draw(path, tmp_path / state, (layer,))
        with Image.open(tmp_path / state / pictures.file_name(layer)) as drawn:
            pixels = np.asarray(drawn.convert("RGB")).astype(int)
        colour[state] = int((np.ptp(pixels, axis=2) > 60).sum())
    assert colour["dismissed"] < colour["ongoing"] / 4


def test_layers_stand_in_groups(drawn: tuple[str, Path, dict[str, Any]]) -> None:
    language, _, said = drawn
    names = {
        "zh": ["实地核查", "线索", "地块与土地", "影像", "表"],
        "en": ["On the ground", "Clues", "Parcels and land", "Imagery", "Tables"],
    }
    assert list(said["tree"]) == names[language]
    members = [
        [layer.removeprefix("farmland_") for layer, _ in group] for group in said["tree"].values()
    ]
    assert members == [
        ["cases"],
        ["overlay", "conversions"],
        ["parcels"],
        ["ndvi_after_32650", "ndvi_before_32650", "scenes"],
        ["summary", "accounts", "run"],
    ]
    seen = {layer for group in said["tree"].values() for layer, visible in group if visible}
    assert seen == {f"farmland_{name}" for name in ("cases", "overlay", "conversions", "parcels")}


def test_layouts_print(drawn: tuple[str, Path, dict[str, Any]]) -> None:
    language, folder, said = drawn
    titles = {"zh": ["线索分布图", "图斑单页"], "en": ["Map of clues", "Sheet per patch"]}
    assert said["layouts"] == titles[language]
    assert [said["drawn"][name]["pages"] for name in pictures.DRAWN["en"]] == [0, 7]
    assert all(said["drawn"][name]["done"] for name in pictures.DRAWN["en"])
    with Image.open(folder / "layout-0.png") as page:
        assert page.width / page.height == pytest.approx(420 / 297, rel=0.01)
    with Image.open(folder / "layout-1-000000000001.png") as page:
        assert page.height / page.width == pytest.approx(297 / 210, rel=0.01)


@pytest.mark.parametrize("width", [37.0, 480.0, 4_999.0, 5_000.0, 61_000.0, 2_000_000.0])
def test_a_scale_bar_has_round_numbers_and_fits(width: float) -> None:
    bar = layouts.bar(width, "en")
    metres = bar.segment * {"meters": 1, "km": 1000}[bar.unit]
    assert width / 20 < metres * 2 <= width / 5 * (1 + 1e-9)
    assert f"{bar.segment:e}"[0] in "125"
    assert bar.label == {"meters": "m", "km": "km"}[bar.unit]


def test_a_bar_in_kilometres_is_drawn(tmp_path: Path) -> None:
    skip_without_qgis()
    geopackage.write(example_result(rows=2, columns=70), tmp_path / "X.gpkg", language="en")
    said = pictures.draw(tmp_path / "X.gpkg", tmp_path / "drawn", ("layout:0",))
    assert 30 < said["drawn"]["layout:0"]["bar"] < 80


def test_the_form_finds_the_picture_and_names_stay_text(
    drawn: tuple[str, Path, dict[str, Any]],
) -> None:
    language, folder, said = drawn
    if language == "en":
        assert not any(name.startswith("form:") for name in said["drawn"]), "drawn in one language"
        return
    form = said["drawn"]["form:conversions:1"]
    assert form["tabs"] == ["监测结论", "影像证据", "线索办理"]
    assert form["chips"] == [str(folder.parent / "X" / "chips" / "000000000001.png")]
    assert max(form["drawn"]) > 400, "the picture is not drawn"
    assert said["drawn"]["form:parcels:0"]["tabs"] == ["地块", "影像", "原有字段"]
    assert NASTY[0] in said["drawn"]["form:conversions:0"]["texts"]
    assert said["drawn"]["form:overlay:0"]["tabs"] == ["土地", "规则"]


def test_a_case_shows_its_photographs(drawn: tuple[str, Path, dict[str, Any]]) -> None:
    language, folder, said = drawn
    if language == "en":
        return
    form = said["drawn"]["form:cases:1"]
    places = [str(folder.parent / "X" / "photos" / f"000000000001_{n}.jpg") for n in (1, 2)]
    assert form["tabs"] == ["实地核查", "现场照片（首张）", "图斑"]
    assert form["chips"] == places[:1]
    assert max(form["drawn"]) > 400, "the photograph is not drawn"
    assert [f'src="file://{place}"' in form["tip"] for place in places] == [True, True]
    assert "属实" in form["tip"]
    assert "2026年6月18日" in form["tip"]
    assert NASTY[0] in said["drawn"]["form:cases:0"]["texts"]


@pytest.mark.parametrize("height", [0.3, 1, 999, 1000, 1001, 8860, 43_000, 2e6])
def test_maps_have_round_scales(height: float) -> None:
    layout = layouts.render(layouts.View((0, 0, 1, height), 0.01, ""), SAID, "en", {})
    east = [float(text) for text in re.findall(r'xmin="([^"]+)" .* xmax="([^"]+)"', layout)[0]]
    scale = (east[1] - east[0]) / layouts.FRAME[0] * 1000
    least = 1000 * max(1 / layouts.FRAME[0], height / layouts.FRAME[1])
    assert least <= scale * (1 + 1e-9) <= least * 1.51
    assert float(f"{scale:.1e}") == pytest.approx(scale)
