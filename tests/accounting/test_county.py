"""A county worked by hand: the numbers of docs/accounts.md."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import by_hand
import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

from farmland import layers, rules
from farmland.accounting import accounts, summary
from farmland.cli import closing
from farmland.cli.detect import as_json
from farmland.flow import sums
from farmland.flow.land import Given
from farmland.parcels import Parcels
from farmland.places import Places
from farmland.result import Result

RULES = rules.load("cn")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "accounts.md"
A, B, C, D = "370112001001", "370112001002", "370112002001", "370112002002"
GROUND = box(500_000, 4_000_000, 500_100, 4_000_100)

PATCHES = {
    "a": ("built", 0, [(A, "pbf", "0102", 0, 2000.00), (A, "cultivated", "0102", 1, 1000.00)]),
    "b": ("pond", 1, [(A, "pbf", "0101", 0, 1500.00), (B, "cultivated", "0101", 0, 3500.00)]),
    "c": ("orchard", 0, [(B, "cultivated", "0103", 0, 1234.56)]),
    "d": ("earthwork", None, [(C, "pbf", "0102", 0, 800.00)]),
    "e": ("abandoned", 0, [(C, "cultivated", "0103", 0, 2000.00)]),
    "f": ("greenhouse", 0, [(C, "other", "1104", 0, 600.00)]),
    "g": ("turf", 0, [(B, "cultivated", "0102", 0, 700.00)]),
}
"""Cover, legacy, and parts: place, land, class before, approved, square metres."""

BASE = accounts.Base(cultivated={A: 100_000.0, B: 80_000.0, C: 60_000.0, D: 40_000.0})


def tables_of(patches: dict[str, Any]) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """The layers conversions and overlay of some patches."""
    whole, parts = [], []
    for number, (name, (cover, legacy, pieces)) in enumerate(patches.items()):
        ruled = RULES.covers[cover]
        m2 = round(sum(part[-1] for part in pieces), 2)
        whole.append(
            {"patch_id": name, "parcel_id": f"P{number % 4}", "conversion": ruled.conversion,
             "cover": cover, "land_code": ruled.land_code or None, "stage": "confirmed",
             "area_m2": m2, "area_mu": m2 * 3 / 2000}
        )  # fmt: skip
        parts += [
            {"patch_id": name, "part": n, "place_code": place, "land": land,
             "pbf": int(land == "pbf"), "survey_code": code, "approved": approved,
             "legacy": legacy, "area_m2": area}
            for n, (place, land, code, approved, area) in enumerate(pieces, start=1)
        ]  # fmt: skip
    return _layer(layers.CONVERSIONS, whole), _layer(layers.OVERLAY, parts)


def _layer(layer: layers.Layer, rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    shapes = gpd.GeoSeries([GROUND] * len(rows), crs=by_hand.ZONE)
    return layers.coerce(layer, gpd.GeoDataFrame(rows, geometry=shapes))


def book(patches: dict[str, Any] = PATCHES, **settings: Any) -> pd.DataFrame:
    found, overlay = tables_of(patches)
    given = {"codes": [A, B, C, D], "base": BASE, "approvals": True} | settings
    return accounts.table(found, overlay, RULES, **given)


def of(table: pd.DataFrame, code: str, item: str) -> dict[str, Any]:
    (row,) = table[(table["code"] == code) & (table["item"] == item)].to_dict("records")
    return {str(key): value for key, value in row.items()}


def test_the_county_is_the_one_on_the_page() -> None:
    county = book()[lambda table: table["level"] == "county"]
    text = PAGE.read_text("utf-8").split("<!-- the county")[1].split("\n## ")[0]
    lines = [line.strip("| ").split("|") for line in text.splitlines() if line.startswith("|")]
    page = [[cell.strip() for cell in (*line, "")][:5] for line in lines[2:]]
    shown = [
        [str(row["item"]), *(_cell(row[name]) for name in
                             ("patches", "area_m2", "area_mu", "pbf_m2"))]
        for row in county.to_dict("records")
        if not str(row["item"]).startswith(("non_agri_", "non_grain_"))
    ]  # fmt: skip
    assert shown == page


def _cell(value: Any) -> str:
    if pd.isna(value):
        return ""
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def test_villages_have_their_parts_and_a_patch_is_counted_where_most_of_it_lies() -> None:
    table = book()
    assert of(table, A, "other_agricultural")["area_m2"] == 1500.00
    assert of(table, A, "other_agricultural")["patches"] == 0
    assert of(table, B, "other_agricultural")["area_m2"] == 3500.00
    assert of(table, B, "other_agricultural")["patches"] == 1
    assert of(table, A, "cultivated_after")["area_m2"] == 100_000 - 2000 - 1500
    assert of(table, D, "outflow")["area_m2"] == 0
    assert of(table, D, "cultivated_after")["area_m2"] == 40_000
    assert set(table[table["code"] == D]["item"]) == {
        "cultivated_before", "outflow", "cultivated_after"
    }  # fmt: skip


def test_a_patch_is_counted_in_the_largest_village_of_the_largest_township() -> None:
    sizes = {A: 300.00, C: 200.00, D: 200.00, "370113001001": 350.00}
    parts = [(place, "pbf", "0102", 0, m2) for place, m2 in sizes.items()]
    table = book({"a": ("built", 0, parts)})
    rows = table[(table["item"] == "outflow") & (table["patches"] > 0)]
    assert rows["code"].tolist() == ["", "370000", "370100", "370112", "370112002", C]
    found, overlay = tables_of(PATCHES)
    parcels = pd.DataFrame({"parcel_id": ["P0", "P1", "P2", "P3"], "status": "stable"})
    total = summary.table(found, parcels, overlay, [A, A, A, A]).iloc[0]
    assert total[["patches", "confirmed", "parcels"]].tolist() == [7, 7, 4]


def test_without_approvals_all_outflow_is_divided_and_it_says_so() -> None:
    table = book(approvals=False)
    assert set(table["approvals"]) == {"not_checked"}
    assert layers.words("accounts", "approvals", "not_checked").zh == "未套合审批信息"
    for item in ("reasonable", "unreasonable"):
        row = of(table, "370112", item)
        assert all(pd.isna(row[name]) for name in ("patches", "area_m2", "area_mu", "pbf_m2"))
    assert of(table, "370112", "non_agri")["area_m2"] == 3000.00
    assert of(table, "370112", "cultivated_after")["area_m2"] == 280_000 - 10_734.56


def test_another_crop_is_never_outflow() -> None:
    crop = {"h": ("crop", 0, [(D, "pbf", "0102", 0, 9000.00)])}
    pd.testing.assert_frame_equal(book(PATCHES | crop), book())


def test_where_no_layer_tells_of_farmland_the_part_on_it_is_not_known() -> None:
    found, overlay = tables_of(PATCHES)
    overlay["pbf"] = pd.NA
    overlay["land"], overlay["survey_code"] = "unknown", None
    table = accounts.table(found, layers.coerce(layers.OVERLAY, overlay), RULES)
    row = of(table, "370112", "outflow")
    assert row["area_m2"] == 10_734.56 + 600
    assert pd.isna(row["pbf_m2"])
    assert pd.isna(row["pbf_mu"])


def test_farmland_that_the_survey_calls_a_pond_was_not_cultivated() -> None:
    table = book({"a": ("built", 0, [(A, "pbf", "1104", 0, 500.00)])})
    row = of(table, A, "not_cultivated")
    assert (row["area_m2"], row["pbf_m2"], row["patches"]) == (500.00, 500.00, 1)
    assert of(table, A, "outflow")["area_m2"] == 0


@pytest.mark.parametrize(
    ("cover", "conversion", "code", "item"),
    [
        ("greenhouse", "non_grain", "0102", "kept"),
        ("road", "non_agricultural", "1006", "other_agricultural"),
        ("road", "non_agricultural", "1003", "non_agri"),
        ("lake", "non_agricultural", "1102", "unused_outflow"),
        ("built", "non_agricultural", None, "non_agri"),
        ("turf", "non_grain", None, "other_agricultural"),
        ("unknown", "undetermined", None, "undetermined"),
        ("earthwork", "non_agricultural", None, "earthwork"),
    ],
)
def test_the_land_class_decides_and_without_one_the_conversion(
    cover: str, conversion: str, code: str | None, item: str
) -> None:
    assert accounts.item_of(cover, conversion, code, RULES) == item
    plain = accounts.item_of(cover, conversion, None, rules.load("generic"))
    assert plain in accounts.FLOWS


@pytest.mark.parametrize(
    ("item", "code", "destination"),
    [
        ("non_agri", "0601", "construction"),
        ("non_agri", None, "construction"),
        ("other_agricultural", "1006", "rural_road"),
        ("forest_garden", "0203", "garden"),
        ("forest_garden", "0307", "forest"),
        ("forest_garden", "0303", "other"),
        ("other_agricultural", "0403", "grass"),
        ("unused_outflow", "0404", "grass"),
        ("other_agricultural", "1104A", "pond"),
        ("other_agricultural", "1103", "other"),
        ("other_agricultural", "1202", "facility"),
        ("unused_outflow", "1102", "other"),
        ("other_agricultural", None, "pending"),
        ("earthwork", "0601", "pending"),
        ("undetermined", "1104", "pending"),
    ],
)
def test_the_land_use_tells_where_land_went(item: str, code: str | None, destination: str) -> None:
    assert accounts.destination_of(item, code, RULES) == destination


def test_the_base_of_other_counties_is_left_out_and_rounded_rows_add_up() -> None:
    base = accounts.Base(pbf={A: 1000 / 3, B: 1000 / 3, D: 1000 / 3, "370113001001": 5000.0})
    table = book(base=base)
    rows = table[(table["item"] == "pbf_before") & (table["level"] == "village")]
    assert rows["area_m2"].tolist() == [333.34, 333.33, 333.33]
    assert rows["pbf_m2"].tolist() == rows["area_m2"].tolist()
    assert of(table, "370112", "pbf_before")["area_m2"] == 1000.00
    assert of(table, "370112", "pbf_before")["area_mu"] == 1.5
    assert not (table["item"] == "cultivated_after").any()
    assert "370113" not in set(table["code"])


def test_without_any_code_the_base_is_all_that_is_given() -> None:
    found, overlay = tables_of({"a": ("built", 0, [(None, "cultivated", "0102", 0, 500.00)])})
    table = accounts.table(found, overlay, RULES, codes=["", ""], base=BASE)
    assert set(table["level"]) == {"all"}
    assert of(table, "", "cultivated_after")["area_m2"] == 279_500.00


# --- from layers -------------------------------------------------------------


def result_of(parcels: Parcels) -> Result:
    found, overlay = tables_of(PATCHES)
    frame = pd.DataFrame({"parcel_id": parcels.frame["parcel_id"], "status": "stable"})
    shapes = gpd.GeoDataFrame(frame, geometry=parcels.frame.geometry, crs=by_hand.ZONE)
    return Result(
        conversions=found, parcels=layers.coerce(layers.PARCELS, shapes), overlay=overlay,
        summary=layers.empty(layers.SUMMARY), accounts=layers.empty(layers.ACCOUNTS),
        scenes=layers.empty(layers.SCENES, "EPSG:4326"), run={}, evidence={},
    )  # fmt: skip


def summed(parcels: Parcels, known: Places | None = None, **given: Parcels) -> Result:
    return sums.added(result_of(parcels), parcels, RULES, Given(given, known or Places()))


def fields(codes: list[str | None]) -> dict[str, Any]:
    names = [None if code is None else f"村{code[-1]}" for code in codes]
    long = [None if code is None else f"{code}0000000" for code in codes]
    return {"ZLDWDM": long, "ZLDWMC": names, "DLBM": ["0102", "0103", "1104", "0101"]}


def test_a_survey_given_as_parcels_is_its_own_base() -> None:
    shapes = [box(500_000 + 200 * n, 4_000_000, 500_100 + 200 * n, 4_000_100) for n in range(4)]
    held = fields([A, B, C, D])
    layer = by_hand.parcels(*shapes, **held)
    survey = replace(layer, kind="survey", fields={name: name for name in held})
    result = summed(survey)
    cultivated = survey.area_m2[[0, 1, 3]]
    before = of(result.accounts, "370112", "cultivated_before")["area_m2"]
    assert before == pytest.approx(cultivated.sum(), abs=0.006)
    assert of(result.accounts, A, "cultivated_before")["area_m2"] == pytest.approx(
        survey.area_m2[0], abs=0.006
    )
    assert of(result.accounts, A, "outflow")["name"] == "村1"
    assert of(result.accounts, "370000", "outflow")["name"] == "山东省"
    assert not (result.accounts["item"] == "pbf_before").any()
    assert D in set(result.summary["code"])
    protected = replace(survey, kind="pbf")
    base = summed(survey, pbf=protected).accounts
    assert of(base, D, "pbf_before")["area_m2"] == round(float(survey.area_m2[3]), 2)


def test_the_map_of_places_speaks_where_attributes_say_nothing_and_goes_on_in_them() -> None:
    shapes = [box(500_000 + 200 * n, 4_000_000, 500_100 + 200 * n, 4_000_100) for n in range(4)]
    layer = by_hand.parcels(*shapes, None, XZQDM=[None, "370112", "370113", A, None])
    layer = replace(layer, fields={"XZQDM": "XZQDM"})
    around = box(499_000, 3_999_000, 502_000, 4_001_000)
    outlines = gpd.GeoDataFrame({"code": [B]}, geometry=[around], crs=by_hand.ZONE)
    known = Places({B: "王家村"}, outlines)
    table = summed(layer, known=known).summary
    rows = table[(table["level"] == "village") & (table["conversion"] == "all")]
    counts = dict(zip(rows["code"], rows["monitored_parcels"], strict=True))
    assert counts == {"": 1, A: 1, B: 2, C: 0, "370113": 1}
    assert dict(zip(rows["code"], rows["name"], strict=True))[B] == "王家村"


def test_parts_of_a_patch_share_its_rounded_mu() -> None:
    found, overlay = tables_of(
        {"a": ("built", 0, [(place, "pbf", "0102", 0, 222.22) for place in (A, B, C)])}
    )
    parcels = pd.DataFrame({"parcel_id": ["P0"], "status": ["candidate"]})
    table = summary.table(found, parcels, overlay, [A])
    villages = table[(table["level"] == "village") & (table["conversion"] == "all")]
    assert found["area_mu"].tolist() == [1.0]
    assert villages["area_mu"].tolist() == [0.34, 0.33, 0.33]


def test_the_command_says_how_many_places_there_are() -> None:
    shapes = [box(500_000 + 200 * n, 4_000_000, 500_100 + 200 * n, 4_000_100) for n in range(4)]
    held = fields([A, B, None, "469005003001"])
    parcels = replace(by_hand.parcels(*shapes, **held), fields={name: name for name in held})
    result = summed(parcels)
    counts = {"province": 2, "prefecture": 1, "county": 2, "township": 3, "village": 4}
    told = replace(result, run={**result.run, "cases": {}})
    assert as_json(told, (), 0)["places"] == counts
    (said,) = closing.places(result)
    assert said.en == (
        "Summed up by place: province 2, prefecture 1, county 2, township 3, village 4."
    )
    assert said.zh.startswith("已按区划汇总：省级 2、市级 1、")
    nowhere = by_hand.parcels(*shapes)
    plain = result_of(nowhere)
    plain = replace(plain, overlay=layers.empty(layers.OVERLAY, by_hand.ZONE))
    assert not list(closing.places(sums.added(plain, nowhere, RULES, Given({}, Places()))))
