"""The folder beside a result: one page that stands alone, pictures, and the run as JSON."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from matplotlib import image
from result.example import NASTY, example_result
from shapely import affinity

from farmland import layers, report
from farmland.errors import FarmlandWarning, UnusableInput
from farmland.report import clues, fonts, maps, page, words
from farmland.result import Result


class Reader(HTMLParser):
    """Elements with their attributes, and the text between them, as a browser takes them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._silent = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._silent = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        self.text += "" if self._silent else data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def result() -> Result:
    return example_result()


@pytest.fixture(scope="module")
def folder(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report") / "X"
    written = report.write(result, folder, "zh")
    assert [path.name for path in written] == ["report.html", "overview.png", "run.json"]
    assert all(path.is_file() for path in written)
    return folder


@pytest.fixture(scope="module")
def text(folder: Path) -> str:
    return (folder / "report.html").read_text("utf-8")


def page_of(result: Result, tmp_path: Path, language: str = "en") -> str:
    return report.write(result, tmp_path / "X", language)[0].read_text("utf-8")


def test_the_page_stands_alone(text: str) -> None:
    read = Reader(text)
    assert not read.all("script")
    assert not read.all("link")
    for tag, attributes in read.elements:
        assert "style" not in attributes, tag
        assert not any(name.startswith("on") for name in attributes), tag
        for name in ("src", "href", "xlink:href", "action"):
            assert attributes.get(name, "#").startswith(("#", "data:image/png;base64,")), tag
    assert "http" not in re.sub(r"data:image/png;base64,[A-Za-z0-9+/=]+", "", text).replace(
        "http-equiv", ""
    )


def test_the_policy_of_the_page_fits_its_style(text: str) -> None:
    policy = next(m["content"] for m in Reader(text).all("meta") if "http-equiv" in m)
    style = text.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; "
        "form-action 'none'"
    )


def test_names_from_outside_are_text(text: str, result: Result) -> None:
    read = Reader(text)
    named = result.conversions["parcel_id"].isin(NASTY)
    assert named.sum() >= 2
    for name in result.conversions["parcel_id"]:
        assert name in read.text
    assert "历城区<b>.gpkg" in read.text
    assert len(read.all("b")) == text.count("<b>")
    assert not read.all("img")


def test_both_languages_are_there_and_one_is_shown_first(text: str, result: Result) -> None:
    for said in (
        "耕地变化线索监测报告",
        "Farmland change clues",
        "需实地核实",
        "field verification",
    ):
        assert said in text
    picked = {box["id"]: "checked" in box for box in Reader(text).all("input")}
    assert picked == {"zh": True, "en": False}
    for reason in (*result.conversions["reason"], *result.conversions["reason_zh"]):
        assert reason in Reader(text).text


def test_the_page_counts_what_the_tables_hold(text: str, result: Result) -> None:
    said = Reader(text).text
    assert "线索 7 处，其中影像确认 3 处" in said
    area = result.conversions["area_m2"].sum()
    assert f"{area * 3 / 2000:.2f}" in said
    monitored = int(result.parcels["status"].isin(layers.MONITORED).sum())
    assert f"占全部地块 {100 * monitored / len(result.parcels):.1f}%" in said
    for status, count in result.parcels["status"].value_counts().items():
        label = layers.words("parcels", "status", status).zh
        assert re.search(
            rf"{label}[^<]*</span>.{{0,200}}?<td class=\"n\">{count}</td>", text, re.DOTALL
        )
    assert "Contains modified Copernicus Sentinel data 2022-2025" in said
    assert "未列为线索并不等于没有变化" in said
    assert "5 个图形自相交，已修复。" in said


def test_every_patch_has_a_card_a_link_and_a_place_on_the_map(text: str, result: Result) -> None:
    read = Reader(text)
    ids = {f"p{patch}" for patch in result.conversions["patch_id"]}
    assert {card["id"] for card in read.all("article")} == ids
    links = [link["href"].removeprefix("#") for link in read.all("a")]
    assert sorted(links) == sorted([*ids, *ids])
    assert text.count('class="pixels"') == 13  # one of the fourteen could not be read
    assert "未能读取影像" in text
    assert text.count('class="curve"') == 7


def test_the_number_stays_unsaid_until_it_is_calibrated(text: str, tmp_path: Path) -> None:
    assert "0.97" not in Reader(text).text
    told = page_of(example_result(calibration="assess 2026-03, n = 412"), tmp_path)
    assert "0.97" in Reader(told).text


def test_the_words_accuse_nobody() -> None:
    said = [words.TITLE, *words.UI.values(), *words.STATUS.values()]
    said += [entry for layer in layers.LAYERS.values() for column in layer.columns
             for entry in (column.title, column.about, *column.meanings.values())]  # fmt: skip
    for entry in said:
        assert not re.search("违法|违规|处罚|强制|执法", entry.zh)
        assert not re.search("illegal|violat|offen[cs]e|penalt", entry.en, re.IGNORECASE)


def test_more_patches_than_cards_is_said(result: Result, tmp_path: Path) -> None:
    many = pd.concat([result.conversions] * 45, ignore_index=True)
    many["patch_id"] = [f"{number:012x}" for number in range(len(many))]
    told = page_of(replace(result, conversions=gpd.GeoDataFrame(many), evidence={}), tmp_path)
    cards = [card["id"] for card in Reader(told).all("article")]
    assert len(cards) == page.MOST_CARDS == 300
    best = clues.of(gpd.GeoDataFrame(many))[:300]
    assert cards == [f"p{clue.patch_id}" for clue in best]
    assert "The 300 most probable of 315 are shown" in told


def test_no_patch_is_an_answer_too(tmp_path: Path) -> None:
    told = page_of(example_result(patches=False), tmp_path)
    assert "No clue was found in this period." in told
    assert "本期未发现耕地变化线索" in told
    assert not Reader(told).all("article")
    assert "A parcel that is not listed as a clue is not thereby cleared" in told


def test_parcels_without_any_shape(result: Result, tmp_path: Path) -> None:
    lost = result.parcels.tail(1).reset_index(drop=True)
    none, unseen = layers.empty(layers.CONVERSIONS, lost.crs), layers.empty(layers.SCENES, 4326)
    bare = replace(result, parcels=lost, conversions=none, evidence={}, scenes=unseen, run={})
    told = page_of(bare, tmp_path)
    assert "geometry unusable" in told
    assert 'class="map"' not in told


# --- pictures and the record -------------------------------------------------


def test_pictures_are_drawn(folder: Path, result: Result) -> None:
    overview = image.imread(folder / "overview.png")
    assert overview.shape[:2] == (1066, 1755)
    assert overview[..., :3].std() > 0.03
    names = {path.name for path in (folder / "chips").iterdir()}
    assert names == {f"{patch}.png" for patch in result.conversions["patch_id"]}
    assert all(image.imread(folder / "chips" / name).std() > 0.05 for name in names)


def test_the_record_is_the_run(folder: Path, result: Result) -> None:
    assert json.loads((folder / "run.json").read_text("utf-8")) == result.run


def test_written_again_old_pictures_go_and_foreign_files_stay(
    result: Result, tmp_path: Path
) -> None:
    chips = tmp_path / "X" / "chips"
    chips.mkdir(parents=True)
    for name in ("0123456789ab.png", "notes.txt", "holiday.png"):
        (chips / name).write_bytes(b"old")
    few = example_result(rows=3, columns=9)
    first = [path.read_bytes() for path in report.write(few, tmp_path / "X", "en")]
    assert not (chips / "0123456789ab.png").exists()
    assert (chips / "notes.txt").exists()
    assert (chips / "holiday.png").exists()
    again = [path.read_bytes() for path in report.write(few, tmp_path / "X", "en")]
    assert first == again
    assert not list((tmp_path / "X").rglob(".*"))


def test_an_id_cannot_name_a_file_elsewhere(result: Result, tmp_path: Path) -> None:
    patches = result.conversions.copy()
    first = patches["patch_id"][0]
    patches.loc[0, "patch_id"] = "../../../escaped"
    evidence = dict(result.evidence)
    evidence["../../../escaped"] = evidence.pop(first)
    report.write(replace(result, conversions=patches, evidence=evidence), tmp_path / "X", "en")
    assert {path.name for path in tmp_path.iterdir()} == {"X"}
    assert not list(tmp_path.rglob("escaped*"))


def test_a_folder_that_cannot_be_written(result: Result) -> None:
    with pytest.raises(UnusableInput, match="cannot be written") as caught:
        report.write(result, Path("/sys/kernel/X"), "en")
    assert caught.value.exit_code == 4


def test_without_a_chinese_font_pictures_are_in_english(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "FAMILIES", ())
    fonts.chinese.cache_clear()
    try:
        with pytest.warns(FarmlandWarning, match="install fonts-noto-cjk") as caught:
            report.write(result, tmp_path / "X", "zh")
        assert len(caught) == 1
    finally:
        fonts.chinese.cache_clear()


def test_with_a_chinese_font_pictures_are_in_chinese() -> None:
    if not fonts.chinese():
        pytest.skip("no Chinese font: install the Debian package fonts-noto-cjk")
    assert fonts.language_of_pictures("zh") == "zh"
    assert fonts.families()[1] == fonts.chinese()


# --- maps --------------------------------------------------------------------


def far_apart(result: Result, steps: tuple[float, ...]) -> Result:
    """The same township several times, moved east by degrees."""
    parcels, patches = [], []
    for number, step in enumerate(steps):
        for table, tables in ((result.parcels, parcels), (result.conversions, patches)):
            moved = table.assign(parcel_id=table["parcel_id"] + f"~{number}")
            shapes = [shape and affinity.translate(shape, xoff=step) for shape in moved.geometry]
            tables.append(gpd.GeoDataFrame(moved.drop(columns="geometry"), geometry=shapes,
                                           crs=table.crs))  # fmt: skip
    return replace(
        result,
        parcels=gpd.GeoDataFrame(pd.concat(parcels, ignore_index=True)),
        conversions=gpd.GeoDataFrame(pd.concat(patches, ignore_index=True)),
    )


def test_parcels_far_apart_get_frames_of_their_own(result: Result) -> None:
    spread = far_apart(result, (0.0, 5.0))
    found = clues.of(spread.conversions)
    frames = maps.frames(spread, found)
    assert [frame.crs for frame in frames] == ["EPSG:32650", "EPSG:32651"]
    assert sum(len(frame.parcels) for frame in frames) == len(spread.parcels) - 2
    assert sum(len(frame.patches) for frame in frames) == len(found) == 14
    for frame in frames:
        left, bottom, right, top = frame.bounds
        inner = frame.parcels.total_bounds
        assert left < inner[0]
        assert bottom < inner[1]
        assert right > inner[2]
        assert top > inner[3]
        assert (right - left) / 12 < frame.bar() <= (right - left) / 5


def test_many_places_share_one_frame(result: Result) -> None:
    spread = far_apart(result, (0.0, 0.1, 0.2, 0.3, 0.4))
    (frame,) = maps.frames(spread, clues.of(spread.conversions))
    assert len(frame.patches) == 35
    marks = list(maps.marks(frame, 400))
    assert all(mark.ring is not None for mark in marks)
    assert next(maps.marks(frame, 40_000)).ring is None


def test_a_path_starts_where_the_shape_does(result: Result) -> None:
    (frame,) = maps.frames(result, clues.of(result.conversions))
    left, _, _, top = frame.bounds
    mark = next(maps.marks(frame, 1000))
    x, y = (float(part) for part in mark.path[1:].split("L")[0].split(","))
    scale = 1000 / (frame.bounds[2] - left)
    corners = np.array(frame.patches[0][1].geoms[0].exterior.coords)
    near = np.abs((corners - (left, top)) * (scale, -scale) - (x, y)).max(axis=1)
    assert near.min() < 0.1
