"""Summary and accounts add up: identities of DOMAIN 1.8, places, covers; and slow oracles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from accounting.generated import AROUND, CRS, RULES, VILLAGES, County, county
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from land import land_example

from farmland import layers, places
from farmland.accounting import accounts, summary
from farmland.flow import sums
from farmland.flow.land import Given, overlaid
from farmland.places import Places
from farmland.result import Result

TOLERANCE = 0.01

ITEM_OF_COVER = {
    "built": "non_agri", "road": "non_agri", "pit": "non_agri", "solar": "non_agri",
    "pond": "other_agricultural", "greenhouse": "other_agricultural",
    "orchard": "forest_garden", "nursery": "forest_garden", "forest": "forest_garden",
    "lake": "unused_outflow", "turf": "unused_outflow",
    "earthwork": "earthwork", "unknown": "undetermined", "abandoned": "idle",
}  # fmt: skip
"""By hand from the candidate codes of the covers and the table of DOMAIN 2.2."""

LAND_OF_COVER = {
    "built": "construction", "road": "construction", "pit": "construction",
    "solar": "construction", "pond": "pond", "greenhouse": "facility", "orchard": "garden",
    "nursery": "forest", "forest": "forest", "lake": "other", "turf": "grass",
    "earthwork": "pending", "unknown": "pending",
}  # fmt: skip
"""By hand as well, by the columns of DOMAIN 8.2, table C."""

BEFORE = {code: 123_456.789 + 1000 * n for n, code in enumerate(VILLAGES)}

some = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def summary_of(one: County) -> pd.DataFrame:
    return summary.table(one.patches, one.parcels, one.overlay, one.codes)


def accounts_of(one: County) -> pd.DataFrame:
    base = accounts.Base(BEFORE, BEFORE)
    return accounts.table(one.patches, one.overlay, RULES, codes=one.codes, base=base,
                          approvals=one.approvals)  # fmt: skip


# --- identities --------------------------------------------------------------


@some
@given(county())
def test_identities_hold_and_all_adds_up(one: County) -> None:
    hold(one, accounts_of(one), summary_of(one))


def hold(one: County, book: pd.DataFrame, table: pd.DataFrame) -> None:
    """Hold everything that must add up."""
    for _, rows in book.groupby(["level", "code"]):
        for column in ("area_m2", "area_mu", "pbf_m2", "pbf_mu"):
            identities(rows, column, approvals=one.approvals)
        for part, whole in (("pbf_m2", "area_m2"), ("pbf_mu", "area_mu")):
            known = rows.dropna(subset=[part, whole])
            assert (known[part] <= known[whole] + TOLERANCE).all()
    every_patch_counts_once(one, book, table)
    covers_add_up(table)
    kinds, watched = ["conversion", "cover"], ["monitored_parcels", "unmonitored_parcels"]
    additive(table, kinds, ["patches", "confirmed", "parcels", "area_m2", "area_mu"])
    additive(table[table["conversion"] == "all"], kinds, watched)
    additive(book, ["item"], ["patches", "area_m2", "area_mu"])


def identities(rows: pd.DataFrame, column: str, *, approvals: bool) -> None:
    """Hold those of DOMAIN 1.8 in one place; where land is not known they say nothing."""
    of = dict(zip(rows["item"], rows[column], strict=True))
    if "idle" not in of:
        assert of["outflow"] == 0
        of |= dict.fromkeys(accounts.FLOWS, 0.0)
    divided = of["unreasonable"] if approvals else of["outflow"]
    sums = [
        (divided, [of[item] for item in accounts.DIVIDED]),
        (of["non_grain"], [of["forest_garden"], of["other_agricultural"]]),
        (of["pending"], [of["earthwork"], of["undetermined"]]),
        (divided, [of[f"to_{use}"] for use in accounts.TOLD_APART]),
        (of["non_agri"], [of["to_construction"]]),
    ]
    sums += [(of[item], [of[f"{item}_{age}"] for age in accounts.AGES]) for item in accounts.DATED]
    if approvals:
        sums.append((of["outflow"], [of["reasonable"], of["unreasonable"]]))
    if column.startswith("area") and "cultivated_before" in of:
        sums.append((of["cultivated_after"], [of["cultivated_before"], -divided]))
    for total, parts in sums:
        unknown = any(pd.isna(value) for value in (total, *parts))
        assert unknown or total == pytest.approx(sum(parts), abs=TOLERANCE)
        assert not unknown or column.startswith("pbf")


def every_patch_counts_once(one: County, book: pd.DataFrame, table: pd.DataFrame) -> None:
    whole = book[book["level"] == "all"].set_index("item")["area_m2"]
    counted = sum(whole.get(item, 0.0) for item in ("outflow", *accounts.NO_OUTFLOW))
    expected = one.patches.loc[one.patches["cover"] != "crop", "area_m2"].sum()
    assert counted == pytest.approx(expected, abs=TOLERANCE)
    total = table[(table["level"] == "all") & (table["conversion"] == "all")].iloc[0]
    assert total["area_m2"] == pytest.approx(one.patches["area_m2"].sum(), abs=TOLERANCE)
    assert total["patches"] == len(one.patches)


def covers_add_up(table: pd.DataFrame) -> None:
    """Hold that covers add up to conversions and these to all, to the cent."""
    for _, rows in table.groupby(["level", "code"]):
        total = rows[rows["conversion"] == "all"].iloc[0]
        by_conversion = rows[(rows["conversion"] != "all") & (rows["cover"] == "all")]
        by_cover = rows[rows["cover"] != "all"]
        for column in ("patches", "confirmed", "area_m2", "area_mu"):
            for part in (by_conversion, by_cover):
                exact = sum((Decimal(str(value)) for value in part[column]), Decimal())
                assert exact == Decimal(str(total[column]))


def additive(table: pd.DataFrame, keys: list[str], columns: list[str]) -> None:
    """Hold that the rows below a place add up to its own, in every column."""
    levels = [level for level in ("all", *places.LEVELS) if level in set(table["level"])]
    for level in levels[1:]:
        sums: dict[Any, Any] = defaultdict(lambda: defaultdict(Decimal))
        for row in table[table["level"] == level].to_dict("records"):
            above, parent = places.parent(row["code"], level, levels[1:])
            for column in columns:
                if not pd.isna(row[column]):
                    key = (above, parent, *(row[name] for name in keys))
                    sums[key][column] += Decimal(str(row[column]))
        for row in table.to_dict("records"):
            key = (row["level"], row["code"], *(row[name] for name in keys))
            if row["level"] == levels[levels.index(level) - 1]:
                for column in columns:
                    if not pd.isna(row[column]):
                        assert sums[key][column] == Decimal(str(row[column])), (key, column)


# --- with the overlay of a detection ---------------------------------------


def given_of(one: County) -> Given:
    """The random rectangles as layers that a user gives."""
    pbf, survey, approved = (one.grounds[name] for name in ("pbf", "survey", "approved"))
    read = {}
    if pbf is not None:
        read["pbf"] = land_example.layer([pbf], "pbf", CRS)
    if survey is not None:
        read["survey"] = land_example.layer(survey, "survey", CRS, DLBM=["0102", "1104"])
    if approved is not None:
        read["approved"] = land_example.layer([approved], "", CRS)
    names, shapes = zip(*one.places, strict=True) if one.places else ((), ())
    outlines = gpd.GeoDataFrame({"code": list(names)}, geometry=list(shapes), crs=CRS)
    return Given(read, Places({}, outlines) if names else Places())


@settings(some, max_examples=5)
@given(county())
def test_the_same_holds_of_what_a_detection_cuts(one: County) -> None:
    fields = gpd.GeoSeries([AROUND] * 4, crs=CRS)
    parcels = land_example.layer(fields, crs=CRS, ids=[f"P{n}" for n in range(4)])
    empty = {name: layers.empty(layers.LAYERS[name], CRS) for name in ("scenes", "summary")}
    bare = Result(one.patches, one.parcels, run={}, evidence={}, overlay=one.overlay,
                  accounts=layers.empty(layers.ACCOUNTS), **empty)  # fmt: skip
    land = given_of(one)
    found, _ = overlaid(bare, parcels, land, RULES, 1)
    cut = replace(one, patches=found.conversions, overlay=found.overlay)
    hold(cut, accounts_of(cut), summary_of(cut))
    summed = sums.added(found, parcels, RULES, land)
    for _, rows in summed.accounts.groupby(["level", "code"]):
        identities(rows, "area_m2", approvals=one.approvals)


# --- slow oracles ------------------------------------------------------------


def home(parts: list[tuple[str, float]], levels: list[str]) -> dict[str, str]:
    """Where a patch is counted: from above, in the place that holds most of it."""
    found = {"all": ""}
    for level in levels:
        sizes: dict[str, Decimal] = defaultdict(Decimal)
        for code, m2 in parts:
            sizes[places.at(code, level)] += Decimal(str(m2))
        found[level] = min(sizes, key=lambda code: (-sizes[code], code))
        parts = [(code, m2) for code, m2 in parts if places.at(code, level) == found[level]]
    return found


def at(code: str, level: str) -> str:
    return places.at(code, level) if level != "all" else ""


def pieces_of(one: County) -> list[dict[str, Any]]:
    """Parts with what is told of their patch, in plain values."""
    patches = {row["patch_id"]: row for row in one.patches.to_dict("records")}
    return [
        {**patches[part["patch_id"]], **part, "place": part["place_code"] or ""}
        for part in one.overlay.to_dict("records")
    ]


@some
@given(county())
def test_a_summary_is_what_loops_count(one: County) -> None:
    parts = pieces_of(one)
    codes = {*one.codes, *(part["place"] for part in parts)}
    levels = [name for name in places.LEVELS if name in
              {places.level(places.at(c, name)) for c in codes}]  # fmt: skip
    table = summary_of(one)
    assert set(table["level"]) == {"all", *levels}
    named = set(zip(table["level"], table["code"], strict=True))
    assert named >= {(places.level(code), code) for code in codes - {""}}
    for row in table.to_dict("records"):

        def fits(cover: str, conversion: str, row: dict[str, Any] = row) -> bool:
            return row["conversion"] in {"all", conversion} and row["cover"] in {"all", cover}

        mine = [part for part in parts if fits(part["cover"], part["conversion"])]
        here = [part for part in mine if at(part["place"], row["level"]) == row["code"]]
        assert row["area_m2"] == pytest.approx(sum(part["area_m2"] for part in here), abs=1e-6)
        ids = {part["patch_id"] for part in mine}
        counted = {
            name
            for name in ids
            if home([(p["place"], p["area_m2"]) for p in parts if p["patch_id"] == name],
                    levels)[row["level"]] == row["code"]
        }  # fmt: skip
        assert row["patches"] == len(counted)
        stages = {part["patch_id"]: part["stage"] for part in parts}
        assert row["confirmed"] == sum(stages[name] == "confirmed" for name in counted)
        belongs = [at(code, row["level"]) == row["code"] for code in one.codes]
        own = {name for name, is_in in zip(one.parcels["parcel_id"], belongs, strict=True) if is_in}
        assert row["parcels"] == len({part["parcel_id"] for part in mine} & own)
        watched = one.parcels[belongs]["status"].isin(layers.MONITORED).sum()
        assert row["monitored_parcels"] == watched
        assert row["unmonitored_parcels"] == sum(belongs) - watched


def in_item(item: str, part: dict[str, Any], *, approvals: bool) -> bool:
    """Whether a part is counted in an item, said as plainly as can be."""
    if part["cover"] == "crop":
        return False
    was = part["land"] != "other" and part["survey_code"] != "1104"
    narrow = ITEM_OF_COVER[part["cover"]] if was else "not_cultivated"
    flow = narrow not in {"idle", "kept", "not_cultivated"}
    approved = approvals and part["approved"] == 1
    legacy = None if pd.isna(part["legacy"]) else int(part["legacy"])
    if item.startswith("to_"):
        return flow and not approved and LAND_OF_COVER[part["cover"]] == item[3:]
    name, _, age = item.rpartition("_")
    if age in {"legacy", "new", "undated"}:
        same = legacy == {"legacy": 1, "new": 0, "undated": None}[age]
        return same and in_item(name, part, approvals=approvals)
    wide: dict[str, Callable[[], bool]] = {
        "outflow": lambda: flow,
        "reasonable": lambda: flow and approved,
        "unreasonable": lambda: flow and not approved,
        "non_grain": lambda: narrow in {"forest_garden", "other_agricultural"} and not approved,
        "pending": lambda: narrow in {"earthwork", "undetermined"} and not approved,
        "idle": lambda: narrow == "idle",
        "not_cultivated": lambda: narrow == "not_cultivated",
        "kept": lambda: narrow == "kept",
    }
    return wide[item]() if item in wide else narrow == item and not approved


@some
@given(county())
def test_accounts_are_what_loops_count(one: County) -> None:
    parts = pieces_of(one)
    table = accounts_of(one)
    levels = [level for level in places.LEVELS if level in set(table["level"])]
    for row in table[table["item"].isin(accounts.FLOWS)].to_dict("records"):
        if row["item"] in {"reasonable", "unreasonable"} and not one.approvals:
            assert all(pd.isna(row[name]) for name in ("patches", "area_m2", "pbf_mu"))
            assert row["approvals"] == "not_checked"
            continue
        mine = [part for part in parts if in_item(row["item"], part, approvals=one.approvals)]
        here = [part for part in mine if at(part["place"], row["level"]) == row["code"]]
        assert row["area_m2"] == pytest.approx(sum(part["area_m2"] for part in here), abs=1e-6)
        if any(pd.isna(part["pbf"]) for part in here):
            assert pd.isna(row["pbf_m2"])
        else:
            on_pbf = sum(part["area_m2"] for part in here if part["pbf"] == 1)
            assert row["pbf_m2"] == pytest.approx(on_pbf, abs=1e-6)
        homes = [
            home([(p["place"], p["area_m2"]) for p in mine if p["patch_id"] == name], levels)
            for name in {part["patch_id"] for part in mine}
        ]
        assert row["patches"] == sum(found[row["level"]] == row["code"] for found in homes)


# --- what is there and what is not -------------------------------------------


@given(county(), st.randoms())
@settings(max_examples=6, deadline=None)
def test_the_order_of_parts_and_patches_does_not_matter(one: County, random: Any) -> None:
    rows = list(range(len(one.overlay)))
    random.shuffle(rows)
    shuffled = replace(
        one,
        patches=one.patches.iloc[::-1].reset_index(drop=True),
        overlay=one.overlay.iloc[rows].reset_index(drop=True),
    )
    same = ["patches", "area_m2"]
    for table in (summary_of, accounts_of):
        first, second = table(one), table(shuffled)
        pd.testing.assert_frame_equal(first[["level", "code", *same]],
                                      second[["level", "code", *same]])  # fmt: skip


def test_a_patch_without_parts_is_counted_where_nothing_is_known() -> None:
    patches = layers.coerce(layers.CONVERSIONS, layers.empty(layers.CONVERSIONS, "EPSG:4490"))
    nothing = layers.empty(layers.OVERLAY, "EPSG:4490")
    (row,) = accounts.table(patches, nothing, RULES).to_dict("records")
    assert (row["level"], row["item"], row["patches"], row["area_m2"]) == ("all", "outflow", 0, 0)
