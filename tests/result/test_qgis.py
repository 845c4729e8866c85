"""Styles and project open in a real QGIS, and names from outside stay names there."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import in_qgis
import numpy as np
import pytest
from matplotlib import image
from result.example import example_result, visited

from farmland import layers, palette
from farmland.io import cases, geopackage
from farmland.io.geopackage import forms, style
from farmland.layers import LAYERS
from farmland.rules import Words

HERE = Path(__file__).parent


def open_in_qgis(path: Path, folder: Path) -> tuple[dict[str, Any], Path]:
    """What a QGIS process finds in a GeoPackage, and the map it draws from its project."""
    in_qgis.needed()
    picture = folder / "map.png"
    said = in_qgis.run(folder, HERE / "open_in_qgis.py", path, picture)
    return json.loads(said), picture


@pytest.fixture(scope="module", params=["zh", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def found(language: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    folder = tmp_path_factory.mktemp("qgis")
    geopackage.write(example_result(), folder / "X.gpkg", language=language)
    (folder / "X" / "chips").mkdir()
    (folder / "X" / "chips" / "000000000001.png").write_bytes(b"")
    return open_in_qgis(folder / "X.gpkg", folder)


@pytest.mark.parametrize("opened_as", ["layers", "project"])
def test_default_styles_apply(
    found: tuple[dict[str, Any], Path], language: str, opened_as: str
) -> None:
    prefix = "farmland_" if opened_as == "project" else ""
    seen = {name: found[0][opened_as][f"{prefix}{name}"] for name in LAYERS}
    assert all(layer["valid"] for layer in seen.values())
    for name, layer in seen.items():
        said = {column.name: column.title.text(language) for column in LAYERS[name].columns}
        assert {key: layer["aliases"][key] for key in said} == said
        maps = {column.name for column in LAYERS[name].columns if column.meanings}
        assert {key for key, kind in layer["widgets"].items() if kind == "ValueMap"} == maps
    conversions, parcels = seen["conversions"], seen["parcels"]
    assert conversions["renderer"] == parcels["renderer"] == "categorizedSymbol"
    assert conversions["matched"] == conversions["rows"] == 7
    assert parcels["matched"] == parcels["rows"] == 108
    assert len(conversions["legend"]) == 2 * len(palette.CLASSES)
    assert conversions["legend"][0] == {
        "zh": "非农化 · 影像确认", "en": "non-agricultural · confirmed by imagery",
    }[language]  # fmt: skip
    assert conversions["labels"]
    assert seen["scenes"]["renderer"] == "singleSymbol"
    overlay = seen["overlay"]
    assert overlay["renderer"] == "RuleRenderer"
    assert overlay["rows"] == 14
    assert len(overlay["legend"]) == len(palette.LAND) + 1
    assert (
        overlay["legend"][0] == {"zh": "永久基本农田", "en": "permanent basic farmland"}[language]
    )
    assert "1104" in overlay["tip"] or "0102" in overlay["tip"]


def test_the_map_tip_says_the_reason_and_shows_the_picture(
    found: tuple[dict[str, Any], Path], language: str
) -> None:
    tip = found[0]["layers"]["conversions"]["tip"]
    assert ("自身历史同期" if language == "zh" else "its own past was") in tip
    assert ("需实地核实" if language == "zh" else "field verification") in tip
    assert "X/chips/000000000001.png" in tip
    assert "<script>" not in tip
    assert "&lt;script>" in tip


def test_the_project_opens_and_draws(found: tuple[dict[str, Any], Path], language: str) -> None:
    seen, picture = found
    assert seen["opened"]
    assert seen["crs"] == "EPSG:32650"
    assert seen["title"] == {"zh": "耕地变化线索", "en": "Farmland conversion clues"}[language]
    drawn = (image.imread(picture)[..., :3] * 255).round().astype(int).reshape(-1, 3)
    red = palette.CLASSES["non_agri"]
    wanted = [int(red[i : i + 2], 16) * 200 / 255 + 55 for i in (1, 3, 5)]
    near = np.abs(drawn - wanted).max(axis=1) < 12
    assert near.sum() > 500, "no patch is drawn in its colour"


def test_after_renaming_relink_mends_the_project(tmp_path: Path) -> None:
    geopackage.write(example_result(rows=3, columns=9), tmp_path / "X.gpkg", language="en")
    renamed = tmp_path / "second try & more.gpkg"
    shutil.move(tmp_path / "X.gpkg", renamed)
    seen, _ = open_in_qgis(renamed, tmp_path)
    assert not any(layer["valid"] for layer in seen["project"].values())
    assert all(layer["valid"] for layer in seen["layers"].values())
    geopackage.relink(renamed)
    seen, _ = open_in_qgis(renamed, tmp_path)
    assert all(layer["valid"] for layer in seen["project"].values())
    assert seen["title"] == "Farmland conversion clues"


def test_the_first_cases_come_into_the_project_and_later_ones_leave_it(tmp_path: Path) -> None:
    path, found = tmp_path / "X.gpkg", visited(example_result())
    geopackage.write(replace(found, cases=layers.empty(layers.CASES)), path, language="en")
    before = _project_of(path)
    cases.write(path, found.cases, {})
    first = _project_of(path)
    assert "farmland_cases" in first
    assert "farmland_cases" not in before
    with closing(sqlite3.connect(path)) as database:
        arranged = (first.replace("On the ground", "Arranged by hand"),)
        with database:
            database.execute("UPDATE qgis_projects SET content = ?", (_packed(*arranged),))
    cases.write(path, found.cases.iloc[:2], {})
    assert _project_of(path) == arranged[0]
    with closing(sqlite3.connect(path)) as database:
        styles = dict(database.execute(
            "SELECT styleName, useAsDefault FROM layer_styles WHERE f_table_name = 'cases'"
        ))  # fmt: skip
    assert styles == {"cases_zh": 0, "cases_en": 1}


def _project_of(path: Path) -> str:
    with closing(sqlite3.connect(path)) as database:
        (content,) = database.execute("SELECT content FROM qgis_projects").fetchone()
    with zipfile.ZipFile(io.BytesIO(bytes.fromhex(content))) as archive:
        return archive.read("farmland.qgs").decode()


def _packed(text: str) -> str:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("farmland.qgs", text)
    return buffer.getvalue().hex()


def test_styles_and_project_are_sound_xml_in_both_forms(tmp_path: Path) -> None:
    path = tmp_path / "a'b\"c<d>&e.gpkg"
    geopackage.write(example_result(rows=3, columns=9), path)
    with closing(sqlite3.connect(path)) as database:
        styles = database.execute(
            "SELECT f_table_name, styleName, styleQML, useAsDefault FROM layer_styles"
        ).fetchall()
        (content,) = database.execute("SELECT content FROM qgis_projects").fetchone()
    assert len(styles) == 2 * len(LAYERS)
    assert sum(default for *_, default in styles) == len(LAYERS)
    for _, _, text, _ in styles:
        root = ET.fromstring(text)  # noqa: S314
        for layer in root.iter("layer"):
            old = {prop.get("k"): prop.get("v") for prop in layer.findall("prop")}
            new = {
                entry.get("name"): entry.get("value") for entry in layer.findall("Option/Option")
            }
            assert old == new != {}
    with zipfile.ZipFile(io.BytesIO(bytes.fromhex(content))) as archive:
        project = ET.fromstring(archive.read("farmland.qgs"))  # noqa: S314
    sources = [source.text for source in project.iter("datasource")]
    assert sorted(sources) == sorted(f"./{path.name}|layername={name}" for name in LAYERS)


@pytest.mark.parametrize("calibrated", [False, True])
def test_forms_give_a_probability_only_where_it_is_one(calibrated: bool) -> None:
    form = forms.of("conversions", "zh", "'x'", calibrated=calibrated)
    shown = {name for tab in form.tabs for group in tab.groups for name in group.columns}
    assert ("confidence" in shown) is calibrated
    assert {"level", "reason_zh", "status", "chip"} <= shown
    assert "reason" not in shown


def test_the_run_tells_whether_confidence_is_a_probability(tmp_path: Path) -> None:
    for said in ("uncalibrated", "of simulated places"):
        path = tmp_path / f"{len(said)}.gpkg"
        geopackage.write(example_result(rows=3, columns=9, calibration=said), path)
        with closing(sqlite3.connect(path)) as database:
            (text,) = database.execute(
                "SELECT styleQML FROM layer_styles WHERE styleName = 'conversions_zh'"
            ).fetchone()
        assert ('attributeEditorField name="confidence"' in text) is (said != "uncalibrated")


def test_characters_that_xml_forbids_cost_nothing_but_themselves(tmp_path: Path) -> None:
    """In the name of the file and of an input column; the column stays in the table."""
    result = example_result(rows=3, columns=9)
    odd = replace(result, parcels=result.parcels.rename(columns={"TBMJ": "TB\x02MJ"}))
    path = tmp_path / "a\x01b.gpkg"
    geopackage.write(odd, path)
    with closing(sqlite3.connect(path)) as database:
        texts = [text for (text,) in database.execute("SELECT styleQML FROM layer_styles")]
        (content,) = database.execute("SELECT content FROM qgis_projects").fetchone()
    with zipfile.ZipFile(io.BytesIO(bytes.fromhex(content))) as archive:
        texts.append(archive.read("farmland.qgs").decode())
    shown = {
        field.get("name")
        for text in texts
        for field in ET.fromstring(text).iter("attributeEditorField")  # noqa: S314
    }
    assert {"patch_id", "KCXS", "chip"} <= shown
    assert not any("MJ" in str(name) for name in shown)


def test_candidates_and_confirmed_look_different() -> None:
    symbols = style.of(layers.CONVERSIONS, "en", Words("", "")).symbols
    looks = {
        entry.value: [(f["style"], f["outline_style"]) for f in entry.fills] for entry in symbols
    }
    assert looks["non_agri confirmed"] == [("solid", "solid")]
    assert looks["non_agri candidate"] == [("solid", "no"), ("b_diagonal", "dash")]
    stable = next(
        entry for entry in style.of(layers.PARCELS, "en", Words("", "")).symbols
        if entry.value == "stable"
    )  # fmt: skip
    assert stable.fills[0]["style"] == "no"


def test_permanent_basic_farmland_keeps_its_outline() -> None:
    """DOMAIN 8.1: #2C7A2C, 1.2 pixels of a screen of 96 dots an inch."""
    nothing = Words("", "")
    known = style.of(layers.PARCELS, "en", nothing, pbf=True).symbols
    plain = style.of(layers.PARCELS, "en", nothing).symbols
    assert {entry.fills[0]["outline_color"] for entry in known} == {"44,122,44,255"}
    assert {entry.fills[0]["outline_width"] for entry in known} == {f"{1.2 / 96 * 25.4:.2f}"}
    assert len({entry.fills[0]["outline_color"] for entry in plain}) == len(palette.PARCELS)
    land = style.of(layers.OVERLAY, "en", nothing).rules
    assert land[0].fills[0]["outline_color"] == "44,122,44,255"
    assert [entry.fills[0]["style"] for entry in land] == ["no"] * 4 + ["f_diagonal"]
