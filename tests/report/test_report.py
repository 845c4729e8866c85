"""The folder beside a result: one page that stands alone, pictures, and the run as JSON."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from matplotlib import image
from matplotlib.colors import to_rgb
from PIL import Image
from result.example import NASTY, example_result
from shapely import affinity
from unpacking import shapes_of

from farmland import layers, report
from farmland.dates import spoken_period
from farmland.errors import FarmlandWarning, UnusableInput
from farmland.report import backdrop, clues, fonts, ledger, maps, overview, plane, proof, words
from farmland.result import Evidence, Result
from farmland.rules import Words


class Reader(HTMLParser):
    """Elements with their attributes, and the text between them, as a browser takes them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.blocks: dict[str, Any] = {}
        self._silent, self._block = False, ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._silent = tag in {"style", "script"}
        self._block = dict(attrs).get("id") or "" if tag == "script" else ""

    def handle_endtag(self, tag: str) -> None:
        self._silent, self._block = False, ""

    def handle_data(self, data: str) -> None:
        if self._block:
            self.blocks[self._block] = json.loads(data)
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


@pytest.fixture(autouse=True)
def _few_pictures(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures take a while: once is enough for most of what is tested here."""
    monkeypatch.setattr(report, "PICTURES", 1)


def page_of(result: Result, tmp_path: Path, language: str = "en") -> str:
    return report.write(result, tmp_path / "X", language)[0].read_text("utf-8")


def test_the_page_adds_up_the_mu_of_the_tables(result: Result, text: str) -> None:
    patches = result.outflow.copy()
    patches["area_m2"], patches["area_mu"] = 1003.33, 1.5  # each rounded down, together they add up
    many = replace(result, conversions=patches)
    lines = ledger.kinds(clues.of(many.conversions))
    assert ledger.figures(many, clues.of(many.conversions))["area_mu"] == 10.5
    assert sum(line.area_mu for line in lines) == 10.5
    assert f"{result.outflow['area_mu'].sum():.2f}<small>亩" in text


def test_the_page_stands_alone(text: str) -> None:
    read = Reader(text)
    assert not read.all("link")
    programs = [script for script in read.all("script") if "type" not in script]
    assert programs == [{}], "one program, inside"
    for tag, attributes in read.elements:
        assert "style" not in attributes, tag
        assert not any(name.startswith("on") for name in attributes), tag
        for name in ("src", "href", "xlink:href", "action"):
            assert attributes.get(name, "#").startswith(("#", "data:image/")), tag
    said = re.sub(r"[A-Za-z0-9+/=]{200,}", "", text).replace("http-equiv", "")
    assert re.findall(r"https?:[^\"']*", said) == ["http://www.w3.org/2000/svg"], "its namespace"


def test_the_policy_of_the_page_fits_its_style_and_its_program(text: str) -> None:
    policy = next(m["content"] for m in Reader(text).all("meta") if "http-equiv" in m)

    def digest(tag: str) -> str:
        inside = text.split(f"<{tag}>")[1].split(f"</{tag}>")[0]
        return base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()

    assert policy == (
        f"default-src 'none'; script-src 'sha256-{digest('script')}'; "
        f"style-src 'sha256-{digest('style')}'; img-src data:; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def test_names_from_outside_are_text(text: str, result: Result) -> None:
    read = Reader(text)
    named = result.conversions["parcel_id"].isin(NASTY)
    assert named.sum() >= 2
    for name in result.conversions["parcel_id"]:
        assert name in read.text
    assert "历城区<b>.gpkg" in read.text
    assert len(read.all("b")) == text.split("<script")[0].count("<b>")
    assert len(read.all("img")) == 1, "the overview of a browser without programs"
    assert read.blocks["data"]["patches"]["parcel"] == [
        clue.parcel_id for clue in clues.of(result.conversions)
    ]
    assert set(NASTY) <= set(read.blocks["names"])
    assert text.count("<script") == len(read.blocks) + 1


def test_both_languages_are_there_and_one_is_shown_first(text: str, result: Result) -> None:
    for said in (
        "耕地变化线索监测报告",
        "Farmland change clues",
        "需实地核实",
        "field verification",
    ):
        assert said in text
    picked = {
        box["id"]: "checked" in box
        for box in Reader(text).all("input")
        if "id" in box and box.get("class") == "pick"
    }
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


def test_every_patch_has_its_evidence_and_a_place_on_the_map(text: str, result: Result) -> None:
    read, found = Reader(text), clues.of(result.conversions)
    proofs = [read.blocks[f"e{number}"] for number in range(len(found))]
    assert f"e{len(found)}" not in read.blocks
    for clue, told in zip(found, proofs, strict=True):
        item = result.evidence[clue.patch_id]
        assert told["reason"] == [clue.reason.en, clue.reason.zh]
        sides = [side for side in ("before", "onset", "after") if getattr(item, side)]
        assert [chip["side"] for chip in told["chips"]] == sides
        assert told["curve"]["first"] == "2023-01-03"
        assert told["beside"]
        parts = result.overlay[result.overlay["patch_id"] == clue.patch_id]
        assert [part["land"] for part in told["parts"]] == list(parts["land"])
        assert sum(part["area_m2"] for part in told["parts"]) == pytest.approx(clue.area_m2)
    assert sum(len(told["chips"]) for told in proofs) == 16  # one of them could not be read
    assert len(base64.b64decode(read.blocks["shapes"]["status"])) == len(result.parcels) - 1


def test_pictures_in_the_page_are_the_pixels_of_the_chips(text: str, result: Result) -> None:
    read = Reader(text)
    for number, clue in enumerate(clues.of(result.conversions)):
        for told in read.blocks[f"e{number}"]["chips"]:
            chip = getattr(result.evidence[clue.patch_id], told["side"])
            drawn = Image.open(io.BytesIO(base64.b64decode(told["data"]))).convert("RGB")
            assert (np.asarray(drawn) == chip.rgb).all()
            assert (told["height"], told["width"]) == chip.window.shape


def test_an_outline_lies_on_what_changed(text: str, result: Result) -> None:
    read = Reader(text)
    spot = next(n for n, c in enumerate(clues.of(result.conversions)) if c.cover == "built")
    told = read.blocks[f"e{spot}"]["chips"][-1]
    points = np.array(re.findall(r"([\d.]+),([\d.]+)", told["outline"]), float)
    rgb = result.evidence[read.blocks["data"]["patches"]["id"][spot]].after.rgb
    rows, columns = np.nonzero(rgb[..., 0] > 140)
    np.testing.assert_allclose(points.min(axis=0), (columns.min(), rows.min()), atol=1.5)
    np.testing.assert_allclose(points.max(axis=0), (columns.max() + 1, rows.max() + 1), atol=1.5)


def test_the_number_stays_unsaid_until_it_is_calibrated(text: str, tmp_path: Path) -> None:
    assert "0.97" not in Reader(text).text
    assert "probability" not in Reader(text).blocks["data"]["patches"]
    told = Reader(page_of(example_result(calibration="assess 2026-03, n = 412"), tmp_path))
    assert "0.97" in told.text
    assert told.blocks["data"]["patches"]["probability"][0] == 0.97


def test_the_words_accuse_nobody() -> None:
    said = [words.TITLE, *words.UI.values(), *words.STATUS.values()]
    said += [entry for layer in layers.LAYERS.values() for column in layer.columns
             for entry in (column.title, column.about, *column.meanings.values())]  # fmt: skip
    for entry in said:
        assert not re.search("违法|违规|处罚|强制|执法", entry.zh)
        assert not re.search("illegal|violat|offen[cs]e|penalt", entry.en, re.IGNORECASE)


def test_pictures_of_the_worthiest_patches_fit_the_budget(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "MOST_BYTES", 20_000)
    monkeypatch.setattr(report, "PICTURES", 2)
    read = Reader(page_of(result, tmp_path))
    ids = read.blocks["data"]["patches"]["id"]
    worthy = [clue.patch_id for clue in clues.by_worth(clues.of(result.conversions))]
    told = {name: read.blocks[f"e{number}"] for number, name in enumerate(ids)}
    inside = [name for name in worthy if told[name]["chips"]]
    assert 0 < len(inside) < len(worthy)
    assert inside == worthy[: len(inside)]
    assert [name for name in worthy if told[name]["left_out"]] == worthy[len(inside) :]
    assert [name for name in worthy if told[name]["beside"]] == worthy[:2]
    assert {path.stem for path in (tmp_path / "X" / "chips").iterdir()} == set(worthy[:2])
    assert all(told[name]["curve"] for name in worthy)
    assert read.blocks["held"][0].startswith(
        f"Inside this page: the curves of all patches, and the pictures of the {len(inside)} most"
    )


@dataclass
class Counting(Mapping[str, Evidence]):
    """Evidence that says when it was asked for."""

    kept: Mapping[str, Evidence]
    asked: list[str] = field(default_factory=list)

    def __getitem__(self, name: str) -> Evidence:
        self.asked.append(name)
        return self.kept[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.kept)

    def __len__(self) -> int:
        return len(self.kept)


def test_evidence_is_read_one_patch_at_a_time(result: Result) -> None:
    kept = Counting(result.evidence)
    pieces = proof.blocks(replace(result, evidence=kept), clues.of(result.conversions), ())
    for done in range(1, 1 + len(result.evidence)):
        next(pieces)
        assert len(kept.asked) == done
    assert len(list(pieces)) == 1


def test_a_reader_without_programs_sees_the_first_rows(result: Result, tmp_path: Path) -> None:
    many = pd.concat([result.conversions] * 45, ignore_index=True)
    many["patch_id"] = [f"{number:012x}" for number in range(len(many))]
    told = page_of(replace(result, conversions=gpd.GeoDataFrame(many), evidence={}), tmp_path)
    aside = told.split("<noscript>")[1].split("</noscript>")[0]
    best = [clue.patch_id for clue in clues.of(gpd.GeoDataFrame(many))[:200]]
    assert re.findall(r'<span class="id">(\w+)</span>', aside) == best
    assert "The 200 most probable of 315 are shown" in aside
    assert "This browser runs no programs" in aside


def test_a_province_shows_parcels_that_tell_something(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plane, "MOST_PARCELS", 20)
    read = Reader(page_of(result, tmp_path))
    telling = result.parcels["status"].isin({"confirmed", "candidate", "changed_before"})
    shown = telling & result.parcels.geometry.notna()
    assert sorted(read.blocks["names"]) == sorted(result.parcels["parcel_id"][shown])
    assert read.blocks["data"]["parcels_left_out"]


def test_the_whole_area_before_and_after_lies_in_the_plane(result: Result, tmp_path: Path) -> None:
    assert backdrop.read(tmp_path) is None
    (tmp_path / "X" / "cogs").mkdir(parents=True)
    place = rasterio.Affine(10, 0, 449_000, 0, -10, 4_040_500)
    for name, value in zip(backdrop.FILES, (8000, 2500), strict=True):
        counts = np.full((140, 190), value, np.int16)
        counts[:, :50] = -32768
        with rasterio.open(
            tmp_path / "X" / name.replace("*", "32650"), "w", driver="GTiff", width=190, height=140,
            count=1, dtype="int16", crs="EPSG:32650", transform=place, nodata=-32768,
        ) as file:  # fmt: skip
            file.write(counts, 1)
            file.scales = (1e-4,)
    pair = Reader(page_of(result, tmp_path)).blocks["shapes"]["pair"]
    left, top, right, bottom = pair["box"]
    stretch = 1 / np.cos(np.radians(36.5))
    assert right - left == pytest.approx(1900 * stretch, rel=0.02)
    assert bottom - top == pytest.approx(1400 * stretch, rel=0.03)
    before, after = (
        np.asarray(Image.open(io.BytesIO(base64.b64decode(pair[side]))).convert("RGBA"), int)
        for side in ("before", "after")
    )
    assert before.shape == after.shape
    middle, right_of_it = before.shape[0] // 2, before.shape[1] * 2 // 3
    assert before[middle, right_of_it, 1] > before[middle, right_of_it, 0] + 20, "green before"
    assert after[middle, right_of_it, 0] > before[middle, right_of_it, 0] + 100, "pale after"
    assert before[middle, before.shape[1] // 8, 3] == 0


def test_no_patch_is_an_answer_too(tmp_path: Path) -> None:
    told = page_of(example_result(patches=False), tmp_path)
    assert "No clue was found in this period." in told
    assert "本期未发现耕地变化线索" in told
    assert Reader(told).blocks["data"]["patches"]["id"] == []
    assert "A parcel that is not listed as a clue is not thereby cleared" in told


def test_parcels_without_any_shape(result: Result, tmp_path: Path) -> None:
    lost = result.parcels.tail(1).reset_index(drop=True)
    none, unseen = layers.empty(layers.CONVERSIONS, lost.crs), layers.empty(layers.SCENES, 4326)
    bare = replace(result, parcels=lost, conversions=none, evidence={}, scenes=unseen, run={})
    told = page_of(bare, tmp_path)
    assert "geometry unusable" in told
    assert "shapes" not in Reader(told).blocks


# --- pictures and the record -------------------------------------------------


def test_pictures_are_drawn(folder: Path, result: Result) -> None:
    drawn = image.imread(folder / "overview.png")
    assert drawn.shape[1] == 1755
    assert 900 < drawn.shape[0] < 1500
    assert drawn[..., :3].std() > 0.03
    names = {path.name for path in (folder / "chips").iterdir()}
    assert names == {f"{patch}.png" for patch in result.conversions["patch_id"]}
    assert all(image.imread(folder / "chips" / name).std() > 0.05 for name in names)


def test_the_overview_shows_the_clearest_patches_before_and_after(result: Result) -> None:
    bare = replace(result, evidence={})
    shown, plain = (
        image.imread(io.BytesIO(overview.draw(one, "en")))[..., :3] for one in (result, bare)
    )
    assert shown.shape != plain.shape or not np.array_equal(shown, plain)
    ground = to_rgb(overview.GROUND)
    for drawn in (shown, plain):
        lies = np.isclose(drawn, ground, atol=1 / 255).all(axis=2)
        rows, columns = np.flatnonzero(lies.any(axis=1)), np.flatnonzero(lies.any(axis=0))
        assert columns[0] / overview.DPI == pytest.approx(overview.LEFT, abs=0.02)
        assert rows[0] / overview.DPI == pytest.approx(overview.HEAD, abs=0.02)


def test_the_pictures_of_the_overview_keep_the_patch_in_their_middle(result: Result) -> None:
    chosen = overview.clearest(result, clues.of(result.conversions))
    assert 0 < len(chosen) <= overview.PAIRS
    assert [clue.confirmed for clue, _ in chosen] == sorted(
        (clue.confirmed for clue, _ in chosen), reverse=True
    )
    for clue, chips in chosen:
        for chip in chips:
            left, bottom, right, top = chip.window.bounds
            assert chip.rgb.shape[:2] == chip.window.shape
            shape = clues.outline(clue, result.conversions.crs, chip.crs)
            assert left < shape.bounds[0] < shape.bounds[2] < right
            assert bottom < shape.bounds[1] < shape.bounds[3] < top


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


def test_the_plane_holds_places_on_both_sides_of_a_zone_edge(result: Result) -> None:
    spread = far_apart(result, (0.0, 5.0))
    found = clues.of(spread.conversions)
    shapes = plane.shapes(plane.drawn(spread), found, spread.conversions.crs)
    assert shapes is not None
    rings = shapes_of(shapes["patches"])
    metres = np.array([ring[0] for (ring,) in rings]) * (1, -1) + shapes["corner"]
    exact = gpd.GeoSeries([clue.geometry for clue in found], crs=spread.conversions.crs)
    exact = exact.to_crs(plane.CRS)
    places = gpd.GeoSeries(gpd.points_from_xy(*metres.T), crs=plane.CRS)
    assert (places.distance(exact) < 2).all()


def test_words_for_days_spans_and_areas() -> None:
    assert words.day(date(2026, 6, 18)) == Words("18 Jun 2026", "2026年6月18日")
    assert words.day(None) == Words("not known", "未知")
    assert words.area(8226.67) == Words("8,227 m² (12.34 mu)", "12.34 亩（8226.67 平方米）")
    assert spoken_period("2024-01-01/2024-12-31").zh == "2024年1月1日—2024年12月31日"
    assert spoken_period("soon").zh == "soon"
    assert words.headline(1, 0).en.startswith("1 clue of farmland")
    assert words.both(Words("<b>", "一")) == (
        '<span lang="zh">一</span><span lang="en">&lt;b&gt;</span>'
    )
