"""``farmland detect`` with layers of land, from the words on the command line to the table."""

from __future__ import annotations

import json
import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from land import land_example as example
from land.land_example import layer, patches, square
from shapely import box

from farmland import areas, rules
from farmland.cli import main
from farmland.errors import UnusableInput, WrongUsage
from farmland.flow import land as flow_land
from farmland.flow.example import AFTER
from farmland.io import geopackage, land_layers
from farmland.io import parcels as parcel_layers
from farmland.plan import Plan, read_plan
from farmland.report import statistics
from farmland.simulate.sample import sample_folder

SAMPLE = sample_folder()
PERSONAL = {"ZRRMC": "张三", "LXDH": "13812345678"}


def halves(parcels: gpd.GeoDataFrame) -> list[shapely.Geometry]:
    """The western half of the box of every parcel, with a metre around."""
    return [
        box(left - 1, bottom - 1, (left + right) / 2, top + 1)
        for left, bottom, right, top in parcels.bounds.to_numpy()
    ]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Layers that part the fields of the bundled sample, in another CRS than the UTM zone."""
    folder = tmp_path_factory.mktemp("land")
    parcels = gpd.read_file(SAMPLE / "parcels.gpkg")
    flat = parcels.to_crs(parcels.estimate_utm_crs())
    left, bottom, right, top = flat.total_bounds + np.array([-9, -9, 9, 9])
    middle, up = (left + right) / 2, np.linspace(bottom, top, 13)
    count = len(flat)
    pbf = {"YJJBNTTBBH": [f"37011200100100{row:05d}" for row in range(count)], "SJNF": 2023}
    save(folder / "pbf.gpkg", "YJJBNTBHTB", halves(flat), flat.crs, **pbf, **PERSONAL)
    strips = [box(left, low, right, high) for low, high in pairwise(up)]
    classes = {
        "DLBM": ["0102", "0201", "0103", "1104"] * 3, "KCXS": [0.05, None, 0.08, None] * 3,
        "ZZSXDM": ["LS", "JKHF", "FLS", "GCHF"] * 3, "TBMJ": 1.0, "TBDLMJ": 1.0,
    }  # fmt: skip
    save(folder / "land.gpkg", "DLTB", strips, flat.crs, **classes)
    save(folder / "land.gpkg", "approved", [box(left, bottom, middle, top)], flat.crs, no=[1])
    towns = [box(left, bottom, middle, top), box(middle, bottom, right, top)]
    codes = {"XZQDM": ["370112001", "370112002"], "XZQMC": ["甲镇", "乙镇"]}
    save(folder / "places.gpkg", "XZQ", towns, flat.crs, **codes)
    return folder


def save(path: Path, name: str, shapes: list[Any], crs: Any, **columns: Any) -> None:
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=crs, index=range(len(shapes)))
    frame.to_crs("EPSG:4490").to_file(path, layer=name)


def words(place: Path) -> list[str]:
    return [
        *("--pbf", str(place / "pbf.gpkg")),
        *("--survey", f"{place / 'land.gpkg'}|layername=DLTB"),
        *("--approved", f"{place / 'land.gpkg'}|layername=approved"),
        *("--places", str(place / "places.gpkg")),
    ]


@pytest.fixture(scope="module")
def found(place: Path) -> dict[str, Any]:
    out = place / "found.gpkg"
    asked = ["detect", str(SAMPLE / "parcels.gpkg"), "--catalog", str(SAMPLE / "catalog.json")]
    asked += ["--after", str(AFTER), "--offline", "--out", str(out), "-qq", *words(place)]
    assert main(asked) == 0
    result = geopackage.read(out)
    return {"result": result, "overlay": result.overlay, "conversions": result.conversions}


def test_parts_partition_the_patches(found: dict[str, Any]) -> None:
    parts, whole = found["overlay"], found["conversions"].set_index("patch_id")
    assert len(whole) >= 3
    assert len(parts) > len(whole)
    sums = parts.groupby("patch_id")["area_m2"].sum().round(2)
    assert sums.to_dict() == whole["area_m2"].to_dict()
    assert parts.crs == found["conversions"].crs
    for name, own in parts.groupby("patch_id"):
        shape = whole.geometry[name]
        union = shapely.union_all(own.geometry.to_numpy())
        assert union.symmetric_difference(shape).area < 1e-6 * shape.area
        assert own["part"].tolist() == list(range(1, len(own) + 1))


def test_every_layer_speaks(found: dict[str, Any], place: Path) -> None:
    parts = found["overlay"]
    assert set(parts["pbf"]) == {0, 1}
    assert set(parts["approved"]) == {0, 1}
    assert parts[["redline", "grain_zone"]].isna().all(axis=None)
    assert set(parts["place_code"]) <= {"370112001", "370112002"}
    on_pbf = parts["pbf"] == 1
    assert parts["pbf_id"].notna().tolist() == on_pbf.tolist()
    assert (parts.loc[on_pbf, "land"] == "pbf").all()
    class_of = {"0102": "cultivated", "0103": "cultivated", "0201": "other", "1104": "other"}
    assert parts.loc[~on_pbf, "land"].tolist() == [
        class_of[code] for code in parts.loc[~on_pbf, "survey_code"]
    ]
    net = parts["area_m2"] * (1 - parts["ridge_share"])
    assert ((net - parts["net_m2"]).abs().dropna() <= 0.005 + 1e-9).all()
    assert parts["net_m2"].isna().tolist() == parts["ridge_share"].isna().tolist()
    protected = gpd.read_file(place / "pbf.gpkg").to_crs(parts.crs)
    whole = protected.union_all()
    inside = shapely.area(shapely.intersection(parts.geometry.to_numpy(), whole))
    share = inside / shapely.area(parts.geometry.to_numpy())
    assert np.allclose(share, on_pbf.to_numpy(float), atol=0.02)


def test_the_run_tells_of_its_layers(found: dict[str, Any]) -> None:
    told = found["result"].run["land"]
    rows = {one["kind"]: (one["source"], one["layer"], one["year"]) for one in told["layers"]}
    assert rows == {
        "pbf": ("pbf.gpkg", "YJJBNTBHTB", 2023),
        "survey": ("land.gpkg", "DLTB", None),
        "approved": ("land.gpkg", "approved", None),
    }
    assert told["layers"][0]["notes"][0]["en"].endswith("were not read: ZRRMC, LXDH.")
    assert all(len(one["sha256"]) == 64 for one in told["layers"])
    assert told["parcels"]["area_m2"] > told["parcels"]["pbf_m2"] > 0
    assert told["parcels"]["area_m2"] > told["parcels"]["cultivated_m2"] > 0
    text = json.dumps(found["result"].run, ensure_ascii=False)
    assert not any(value in text for value in PERSONAL.values())
    plan = found["result"].run["plan"]
    assert plan["survey"] == "land.gpkg|layername=DLTB"


def test_the_evidence_keeps_permanent_basic_farmland_around_a_patch(found: dict[str, Any]) -> None:
    parts, evidence = found["overlay"], found["result"].evidence
    for name, own in parts[parts["pbf"] == 1].groupby("patch_id"):
        around = evidence[name].basic
        assert around is not None
        shapes = own.geometry.to_numpy()
        inside = shapely.area(shapely.intersection(shapes, around)).sum()
        assert inside > 0.98 * shapely.area(shapes).sum(), "but for slivers"
        assert around.area > inside, "more than the patch itself"


def test_the_run_tells_of_restorable_land(found: dict[str, Any], place: Path) -> None:
    told = found["result"].run["restoration"]
    assert {one["planting"] for one in told} == {"JKHF", "GCHF"}
    assert {one["place"] for one in told} <= {"370112001", "370112002"}
    strips = gpd.read_file(place / "land.gpkg", layer="DLTB")
    marked = strips[strips["ZZSXDM"].isin(["JKHF", "GCHF"])].union_all()
    fields = found["result"].parcels.to_crs(strips.crs).geometry
    under = areas.ellipsoidal(fields.intersection(marked)).sum()
    assert sum(one["area_m2"] for one in told) == pytest.approx(under, rel=1e-3)
    assert "returned" in {one["state"] for one in told}, "farmed, whatever the survey says"
    assert "G" in statistics.of(found["result"]).tables


def test_threads_and_repetition_change_nothing(found: dict[str, Any], place: Path) -> None:
    parcels = parcel_layers.read(SAMPLE / "parcels.gpkg")
    named = dict(zip(("pbf", "survey", "approved", "places"), words(place)[1::2], strict=True))
    given = flow_land.read(Plan(**named))
    first, again = (
        flow_land.overlaid(found["result"], parcels, given, rules.load("cn"), workers)
        for workers in (1, 3)
    )
    assert first[1] == again[1] == found["result"].run["land"]
    for one in (first[0].overlay, again[0].overlay):
        plain, expected = one.drop(columns="geometry"), found["overlay"].drop(columns="geometry")
        pd.testing.assert_frame_equal(pd.DataFrame(plain), pd.DataFrame(expected))
        assert one.geometry.to_wkb().tolist() == found["overlay"].geometry.to_wkb().tolist()


@pytest.mark.parametrize("kind", flow_land.KINDS)
def test_a_layer_that_is_not_there_is_wrong_usage(kind: str, tmp_path: Path) -> None:
    with pytest.raises(WrongUsage) as fault:
        flow_land.read(Plan(**{kind: str(tmp_path / "none.gpkg")}))
    for language in ("en", "zh"):
        assert fault.value.text(language).startswith(land_layers.option(kind))
        assert "none.gpkg" in fault.value.text(language)


def test_a_layer_without_polygons_or_crs_cannot_be_used(place: Path, tmp_path: Path) -> None:
    points = gpd.GeoDataFrame({"n": [1]}, geometry=gpd.points_from_xy([117], [36]), crs=4490)
    points.to_file(tmp_path / "points.gpkg")
    bare = gpd.GeoDataFrame({"XZQDM": ["370112"]}, geometry=[box(0, 0, 9, 9)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bare.to_file(tmp_path / "bare.shp")
    (tmp_path / "text.gpkg").write_text("no layer")
    for name in ("points.gpkg", "text.gpkg", "bare.shp"):
        for kind in ("redline", "places"):
            with pytest.raises(UnusableInput, match=f"^--{kind}: "):
                flow_land.read(Plan(**{kind: str(tmp_path / name)}))
    with pytest.raises(WrongUsage, match=r"^--survey: .*nowhere"):
        flow_land.read(Plan(survey=f"{place / 'land.gpkg'}|layername=nowhere"))


def test_options_are_checked_before_anything_is_read(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["detect", str(SAMPLE / "parcels.gpkg"), "--catalog", "nowhere.json", "--offline"]
    asked += ["--out", str(place / "never.gpkg"), "--grain-zone", str(place / "none.shp")]
    assert main([*asked, "--lang", "zh"]) == 2
    assert "--grain-zone：" in capsys.readouterr().err
    assert not (place / "never.gpkg").exists()


@pytest.mark.parametrize(
    ("rows_of", "sentence"),
    [("farmland.flow.reading.RUN_ROW_BYTES", "parcels.gpkg has "),
     ("farmland.flow.land.LAYER_ROW_BYTES", "--pbf: pbf.gpkg has ")],
)  # fmt: skip
def test_rows_that_do_not_fit_are_refused_before_anything_else(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    rows_of: str, sentence: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(rows_of, 10**9)
    asked = ["detect", str(SAMPLE / "parcels.gpkg"), "--catalog", "nowhere.json", "--offline"]
    asked += ["--out", str(place / "never.gpkg"), "--pbf", str(place / "pbf.gpkg")]
    assert main([*asked, "--memory", "1GB", "--lang", "en"]) == 2
    assert sentence in capsys.readouterr().err
    assert not (place / "never.gpkg").exists()


def test_a_plan_names_layers_beside_it(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(
        'pbf = "a.gdb|layername=YJJBNTBHTB"\ngrain-zone = "sub/zone.shp"\n', "utf-8"
    )
    assert read_plan(tmp_path / "plan.toml") == {
        "pbf": str(tmp_path / "a.gdb|layername=YJJBNTBHTB"),
        "grain_zone": str(tmp_path / "sub/zone.shp"),
    }


def test_only_what_is_needed_of_a_layer_is_kept(place: Path) -> None:
    found = land_layers.read("pbf", str(place / "pbf.gpkg"))
    assert set(found.fields) == {"SJNF"}
    assert list(found.frame.columns) == ["parcel_id", "SJNF", "geometry"]
    assert found.frame["parcel_id"][3] == "3701120010010000003"
    assert found.kind == "pbf"
    whole = parcel_layers.read(place / "pbf.gpkg")
    assert (whole.input_hash, whole.notes, whole.faults) == (
        found.input_hash, found.notes, found.faults,
    )  # fmt: skip


def test_a_layer_that_looks_like_the_other_is_pointed_at() -> None:
    parcels = layer([square(0, 0, 100, 100)])
    result = geopackage.Result(
        patches([square(0, 0, 50, 50)], ["F000001"]), parcels.frame, None, None, {}, {}, None, None
    )  # fmt: skip
    given = flow_land.Given(
        {"pbf": layer([square(0, 0, 20, 50)], "survey", SJNF=[2026])}, flow_land.Places()
    )
    _, facts = flow_land.overlaid(result, parcels, given, example.RULES, 1)
    said = [note["en"] for note in facts["layers"][0]["notes"]]
    assert said[0] == (
        "It was given as --pbf and looks like a land survey: check which of the two it is."
    )
    assert said[1].startswith("It is of 2026, newer than 1 of the changes")
    assert [note.zh for note in flow_land.notes(facts)][1].startswith(
        "survey.gpkg：数据年份为 2026"
    )


def test_sums_by_place_take_the_parts(found: dict[str, Any]) -> None:
    outflow = found["result"].outflow
    parts = found["overlay"][found["overlay"]["patch_id"].isin(outflow["patch_id"])]
    summary = found["result"].summary
    whole = summary[(summary["conversion"] == "all") & (summary["cover"] == "all")]
    towns = whole[whole["level"] == "township"].set_index("code")["area_m2"]
    expected = parts.groupby("place_code")["area_m2"].sum().round(2)
    assert {code: towns[code] for code in expected.index} == expected.to_dict()
    assert dict(zip(whole["code"], whole["name"], strict=True))["370112001"] == "甲镇"
    accounts = found["result"].accounts
    reasonable = accounts[(accounts["item"] == "reasonable") & (accounts["level"] == "all")]
    approved = parts[(parts["approved"] == 1) & (parts["land"] != "other")]
    approved = approved[approved["survey_code"].isin(["0102", "0103"])]
    assert reasonable["area_m2"].iloc[0] <= parts[parts["approved"] == 1]["area_m2"].sum()
    assert reasonable["area_m2"].iloc[0] == pytest.approx(approved["area_m2"].sum(), abs=0.01)
