"""Evidence sheets, read back with poppler: one page a patch, real text, nothing left out."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import image
from result.example import NASTY, example_result
from shapely.geometry import box

from farmland import layers
from farmland.errors import FarmlandWarning, UnusableInput
from farmland.report import clues, drawing, fonts, sheets
from farmland.report.drawing import Box, surroundings
from farmland.report.drawing.evidence import faces_on
from farmland.report.drawing.pixels import Picture
from farmland.report.sheets import facts
from farmland.result import Result

ACCUSING = "违法|违规|强制|已处罚|处罚|查处"

pytestmark = pytest.mark.skipif(
    not shutil.which("pdftotext"), reason="install the Debian package poppler-utils"
)


def quiet(*_: Any) -> None:
    """Hear of progress."""


def text_of(path: Path, *options: str) -> str:
    command = ["pdftotext", "-layout", *options, str(path), "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def told_by(program: str, path: Path) -> str:
    return subprocess.run([program, str(path)], check=True, capture_output=True, text=True).stdout


def plain(text: str) -> str:
    """Without white space, for lines break anywhere."""
    return re.sub(r"\s+", "", text)


@pytest.fixture(scope="module")
def result() -> Result:
    return example_result()


@pytest.fixture(scope="module", params=["zh", "en"])
def made(
    request: pytest.FixtureRequest, result: Result, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    if request.param == "zh" and not fonts.chinese():
        pytest.skip("no Chinese font: install the Debian package fonts-noto-cjk")
    folder = tmp_path_factory.mktemp("sheets")
    (path,) = sheets.write(result, folder, request.param, quiet)
    return request.param, path


def test_one_a4_page_for_each_patch(made: tuple[str, Path], result: Result) -> None:
    told = told_by("pdfinfo", made[1])
    assert re.search(rf"Pages:\s+{len(result.conversions)}\n", told)
    assert "(A4)" in told


def test_the_text_is_text(made: tuple[str, Path], result: Result) -> None:
    language, path = made
    for page, clue in enumerate(clues.of(result.conversions), 1):
        said = plain(text_of(path, "-f", str(page), "-l", str(page)))
        assert clue.patch_id in said
        assert plain(clue.parcel_id) in said
        assert plain(clue.reason.text(language)) in said
        assert plain(result.run["clue"][language]) in said
        assert plain("Contains modified Copernicus Sentinel data 2022-2025") in said
        assert plain("S2A_50SPE_20251012_0_L2A") in said
        cover = layers.words("conversions", "cover", clue.cover).text(language)
        assert plain(cover) in said
        for label in (sheets.said.WHO, sheets.said.SIGNED, *sheets.said.PHOTO):
            assert plain(label.text(language)) in said


def test_areas_and_dates_are_written_as_offices_do(result: Result, tmp_path: Path) -> None:
    if not fonts.chinese():
        pytest.skip("no Chinese font: install the Debian package fonts-noto-cjk")
    (path,) = sheets.write(result, tmp_path, "zh", quiet)
    said = plain(text_of(path, "-l", "1"))
    first = clues.of(result.conversions)[0]
    assert f"{first.area_m2 * 3 / 2000:.2f}亩（{first.area_m2:.2f}平方米）" in said
    assert "2025年2月20日—2025年3月7日" in said
    assert "Sentinel-2L2A（Copernicus），10米" in said


def test_nobody_is_accused(made: tuple[str, Path]) -> None:
    said = plain(text_of(made[1]))
    assert not re.search(ACCUSING, said)
    assert not re.search("illegal|offen[cs]e|penalt", said, re.IGNORECASE)


def test_fonts_are_embedded_as_far_as_they_are_used(made: tuple[str, Path]) -> None:
    lines = told_by("pdffonts", made[1]).splitlines()[2:]
    assert lines
    assert all(re.search(r"\byes yes yes\b", line) for line in lines)
    assert made[1].stat().st_size < 400_000


@pytest.mark.usefixtures("latin")
def test_the_number_stays_unsaid_until_it_is_calibrated(result: Result, tmp_path: Path) -> None:
    (path,) = sheets.write(result, tmp_path / "a", "en", quiet)
    assert "probability" not in text_of(path)
    told = example_result(calibration="assess 2026-03, n = 412")
    (path,) = sheets.write(told, tmp_path / "b", "en", quiet)
    assert "probability 0.97" in text_of(path)


def test_names_from_outside_are_text(made: tuple[str, Path], result: Result) -> None:
    said = plain(text_of(made[1]))
    there = [name for name in NASTY if name in set(result.conversions["parcel_id"])]
    assert len(there) >= 2
    assert all(plain(name) in said for name in there)


@pytest.mark.usefixtures("latin")
def test_the_same_run_gives_the_same_file(result: Result, tmp_path: Path) -> None:
    pages = [sheets.write(result, tmp_path / each, "en", quiet)[0].read_bytes() for each in "ab"]
    assert pages[0] == pages[1]


def test_pictures_are_on_the_page(made: tuple[str, Path], tmp_path: Path) -> None:
    command = ["pdftoppm", "-r", "40", "-l", "1", "-png", str(made[1]), str(tmp_path / "p")]
    subprocess.run(command, check=True)
    (page,) = tmp_path.glob("p*.png")
    pixels = image.imread(page)[..., :3]
    assert pixels.shape[:2] == (468, 331)
    panel = pixels[int(0.32 * 468) : int(0.48 * 468), int(0.09 * 331) : int(0.33 * 331)]
    assert (panel.mean(axis=(0, 1)) < 0.5).all()
    assert panel.std() > 0.03


# --- what may be missing -----------------------------------------------------


@pytest.mark.usefixtures("latin")
def test_without_evidence_there_is_still_a_sheet(result: Result, tmp_path: Path) -> None:
    (path,) = sheets.write(replace(result, evidence={}), tmp_path, "en", quiet)
    said = text_of(path, "-l", "1")
    assert said.count("no picture could be read") == 2
    assert "no curve was kept" in said


def test_without_a_patch_there_is_no_sheet(tmp_path: Path) -> None:
    assert sheets.write(example_result(patches=False), tmp_path, "en", quiet) == ()
    assert not list((tmp_path / "sheets").iterdir())


@pytest.mark.usefixtures("latin")
def test_one_patch_and_no_land_layers(result: Result, tmp_path: Path) -> None:
    one = replace(
        result,
        conversions=gpd.GeoDataFrame(result.conversions.head(1)),
        overlay=layers.empty(layers.OVERLAY, result.parcels.crs),
        run={},
    )
    (path,) = sheets.write(one, tmp_path, "en", quiet)
    assert path.name == "sheets.pdf"
    said = text_of(path)
    assert "Sheet 1 of 1" in said
    assert "not overlaid with land layers" in said


@pytest.mark.usefixtures("latin")
def test_a_long_reason_is_cut_with_an_ellipsis(result: Result, tmp_path: Path) -> None:
    patches = result.conversions.copy()
    patches["reason"] = "NDVI stayed low; " * 200
    patches["parcel_id"] = "地块" * 300
    (path,) = sheets.write(replace(result, conversions=patches), tmp_path, "en", quiet)
    assert re.search(rf"Pages:\s+{len(patches)}\n", told_by("pdfinfo", path))
    assert "…" in text_of(path, "-l", "1")


@pytest.mark.usefixtures("latin")
def test_a_third_picture_is_shown_between_the_others(result: Result, tmp_path: Path) -> None:
    evidence = {name: replace(item, onset=None) for name, item in result.evidence.items()}
    name = clues.of(result.conversions)[2].patch_id
    before = evidence[name].before
    assert before is not None
    evidence[name] = replace(evidence[name], onset=replace(before, day=np.datetime64("2025-03-08")))
    (path,) = sheets.write(replace(result, evidence=evidence), tmp_path, "en", quiet)
    pages = text_of(path).split("\f")
    assert [n for n, page in enumerate(pages) if "At the change" in page] == [2]
    assert re.search(r"Before.*At the change.*8 Mar 2025.*After", pages[2])


def forget_fonts() -> None:
    for found in (fonts.chinese, fonts.faces):
        found.cache_clear()


@pytest.fixture
def latin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Write in the small font of matplotlib: it is loaded in a tenth of the time."""
    monkeypatch.setattr(fonts, "chinese", lambda: "")
    fonts.faces.cache_clear()
    yield
    fonts.faces.cache_clear()


@pytest.fixture
def no_chinese(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine without a Chinese font."""
    monkeypatch.setattr(fonts, "FAMILIES", ())
    forget_fonts()
    yield
    monkeypatch.undo()
    forget_fonts()


@pytest.mark.usefixtures("no_chinese")
def test_without_a_chinese_font_the_sheet_is_english_and_names_the_package(
    result: Result, tmp_path: Path
) -> None:
    with pytest.warns(FarmlandWarning, match="install fonts-noto-cjk"):
        (path,) = sheets.write(result, tmp_path, "zh", quiet)
    assert "DejaVu" in told_by("pdffonts", path)
    for page in text_of(path).split("\f")[:-1]:
        assert "Clue to be checked in the field" in page
        assert "install fonts-noto-cjk" in re.sub(r"\s+", " ", page)
        assert not re.search("[\u4e00-\u9fff\u25a1\ufffd]", page)


# --- files -------------------------------------------------------------------


@pytest.mark.usefixtures("latin")
def test_each_township_gets_its_own_file(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "MOST", 2)
    parts = result.overlay.copy()
    ids = list(result.conversions["patch_id"])
    places = dict(zip(ids, ["370112001002"] * 3 + ["370112002"] + ["370112"] * 2, strict=False))
    parts["place_code"] = [places.get(patch) for patch in parts["patch_id"]]
    paths = sheets.write(replace(result, overlay=parts), tmp_path, "en", quiet)
    assert [path.name for path in paths] == [
        "sheets-370112.pdf",
        "sheets-370112001-001.pdf",
        "sheets-370112001-002.pdf",
        "sheets-370112002.pdf",
        "sheets-elsewhere.pdf",
    ]
    said = "".join(text_of(path) for path in paths)
    assert sorted(re.findall(r"Sheet (\d) of 7", said)) == list("1234567")
    assert "page 1 of 2" in text_of(paths[1])


@pytest.mark.usefixtures("latin")
def test_older_sheets_go_and_foreign_files_stay(result: Result, tmp_path: Path) -> None:
    folder = tmp_path / "sheets"
    folder.mkdir()
    for name in ("sheets-370112009.pdf", "sheets-002.pdf", "my-sheets.pdf", "sheets.txt"):
        (folder / name).write_bytes(b"old")
    sheets.write(result, tmp_path, "en", quiet)
    names = {path.name for path in folder.iterdir()}
    assert names == {"sheets-370112001.pdf", "my-sheets.pdf", "sheets.txt"}


def test_a_folder_that_cannot_be_written(result: Result) -> None:
    with pytest.raises(UnusableInput, match="cannot be written"):
        sheets.write(result, Path("/sys/kernel/X"), "en", quiet)


@pytest.mark.usefixtures("latin")
def test_progress_is_told(result: Result, tmp_path: Path) -> None:
    heard: list[tuple[str, int, int]] = []
    sheets.write(result, tmp_path, "en", lambda *told: heard.append(told))
    assert heard == [("pages", number, 7) for number in range(8)]


# --- facts and maps ----------------------------------------------------------


@given(st.lists(st.integers(1, 10**7), min_size=1, max_size=3))
def test_land_in_mu_adds_up(cents: list[int]) -> None:
    lands = dict(zip(("pbf", "cultivated", "other"), (cent / 100 for cent in cents), strict=False))
    said = facts.lands(lands)
    written = [round(float(mu) * 100) for mu in re.findall(r"([\d.]+) 亩", said.zh)]
    assert sum(written) == np.rint(sum(lands.values()) * 0.15)
    assert [float(m2) for m2 in re.findall(r"（([\d.]+) 平方米", said.zh)] == list(lands.values())


def test_a_map_shows_the_parcel_and_what_lies_around(result: Result) -> None:
    found = clues.of(result.conversions)
    for around in surroundings.Land.of(result).around(found):
        assert around.crs == "EPSG:32650"
        (own,) = around.own
        assert own.buffer(0.5).covers(around.patch)
        half = around.reach
        x, y = around.centre
        wide = half * surroundings.WIDEST
        window = box(x - wide, y - half, x + wide, y + half)
        assert window.covers(around.patch)
        moved = result.parcels.geometry.to_crs(around.crs)
        near = result.parcels[moved.intersects(window.buffer(-1e-3))]
        assert len(around.others) == len(near) - 1


def test_nothing_lies_around_no_patch(result: Result) -> None:
    assert surroundings.Land.of(result).around([]) == []


def test_a_face_with_a_hole_is_filled_around_it() -> None:
    ring = box(0, 0, 30, 30).difference(box(10, 10, 20, 20))
    two = shapely.MultiPolygon([ring, box(40, 0, 50, 10)])
    faces = list(faces_on(two, 0.0, 30.0, 1.0, Box(0, 0, 60, 60)))
    sizes = sorted(shapely.Polygon(face).area for face in faces)
    assert sizes == [100.0, 800.0]
    picture = Picture(fonts.faces(), 60, 40, 1.0)
    for face in faces:
        picture.area(face, "#000000")
    assert picture_at(picture, 15, 15) == 255
    assert picture_at(picture, 5, 5) == 0
    assert picture_at(picture, 45, 25) == 0


def picture_at(picture: Picture, x: int, y: int) -> int:
    import io

    pixels = image.imread(io.BytesIO(picture.png()), format="png")
    return round(float(pixels[y, x, 0]) * 255)


# --- lines of text -----------------------------------------------------------


@dataclass
class Typewriter:
    """Every letter is as wide as any other."""

    def width(self, said: str, size: float, *, bold: bool = False) -> float:
        return len(said) * size


LETTERS = st.text(st.sampled_from("田地耕 ab，。1 "), max_size=80)


@given(LETTERS, st.integers(1, 30))
def test_lines_hold_the_whole_text(said: str, width: int) -> None:
    lines = drawing.lines_of(Typewriter(), said, 1.0, width, 1000)  # type: ignore[arg-type]
    assert "".join(lines).replace(" ", "") == said.replace(" ", "")
    assert all(0 < len(line) <= width for line in lines)


@given(LETTERS, st.integers(3, 30))
def test_lines_break_where_they_may(said: str, width: int) -> None:
    lines = drawing.lines_of(Typewriter(), said, 1.0, width, 1000)  # type: ignore[arg-type]
    for before, after in pairwise(lines):
        if before[-1].isascii() and after[0].isascii() and len(before) < width:
            assert re.search(rf"{re.escape(before)}\s+{re.escape(after)}", " ".join(said.split()))


@given(LETTERS, st.integers(2, 30), st.integers(1, 3))
def test_what_does_not_fit_ends_in_an_ellipsis(said: str, width: int, most: int) -> None:
    lines = drawing.lines_of(Typewriter(), said, 1.0, width, most)  # type: ignore[arg-type]
    whole = drawing.lines_of(Typewriter(), said, 1.0, width, 1000)  # type: ignore[arg-type]
    assert len(lines) == min(most, len(whole))
    assert (len(whole) > most) == bool(lines and lines[-1].endswith("…"))
    assert all(len(line) <= width for line in lines)


def test_what_has_no_glyph_is_no_box() -> None:
    face = fonts.Face("", 0, frozenset(map(ord, "ab 〓")))
    assert face.drawable("a\U0002a6d6b\n\tc") == "a〓b 〓"
    assert fonts.Face("", 0, frozenset(map(ord, "a?"))).drawable("田a") == "?a"


@pytest.mark.parametrize(("room", "bar"), [(0.4, 1), (7, 5), (20, 20), (99, 50), (2400, 2000)])
def test_a_scale_bar_is_a_round_length(room: float, bar: int) -> None:
    assert drawing.scale_bar(room) == bar


def test_place_names_come_from_the_summary(result: Result, tmp_path: Path) -> None:
    rows = pd.DataFrame(
        {
            "level": ["county", "township", "village"],
            "code": ["370112", "370112001", "370112"],
            "name": ["历城区", "山大路街道", "历城区 未细分 (not known further)"],
        }
    )
    table = layers.coerce(layers.SUMMARY, rows)
    (path,) = sheets.write(replace(result, summary=table), tmp_path, "en", quiet)
    if fonts.chinese():
        assert "历城区 山大路街道" in text_of(path, "-l", "1")
