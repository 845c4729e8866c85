"""Patches over layers of land: worked by hand, and that the parts add up whatever is given."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from land import land_example as example
from land.land_example import RULES, layer, patches, square
from shapely import Polygon, affinity

from farmland import areas
from farmland.land import cadastre, clues
from farmland.land.clues import Clues
from farmland.parcels import Parcels


def told(
    parcels: Parcels,
    found: gpd.GeoDataFrame,
    given_: Mapping[str, Parcels],
    places: gpd.GeoDataFrame | None = None,
    workers: int = 2,
) -> Clues:
    """What the flow does with layers once they are read."""
    crs, near = parcels.frame.crs, np.asarray(parcels.frame.geometry.array, object)
    ready = {
        kind: (cadastre.told(one, RULES), np.asarray(one.frame.geometry.to_crs(crs).array, object))
        for kind, one in given_.items()
    }
    if places is not None:
        codes = cadastre.told_of_places(places["code"].to_numpy(object))
        ready = {"places": (codes, np.asarray(places.geometry.array, object)), **ready}
    grounds = {
        kind: cadastre.laid(attributes, shapes, near, crs, workers)
        for kind, (attributes, shapes) in ready.items()
    }
    names = {name: row for row, name in enumerate(parcels.frame["parcel_id"])}
    rows = found["parcel_id"].map(names).to_numpy(np.intp)
    own = cadastre.told(parcels, RULES)
    return clues.told(found, grounds, own, rows, RULES, workers, is_pbf=parcels.kind == "pbf")


def rows_of(table: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    plain = table[list(columns)].astype(object)
    return list(plain.where(plain.notna(), None).itertuples(index=False, name=None))


FIELD = layer([square(0, 0, 200, 200)])
OF_FIELD = ["F000001"]


def test_a_patch_over_two_kinds_of_land_by_hand() -> None:
    """40 x 50 m on protected farmland, 40 x 50 m beside it; the south is paddy, the north a pond.

    The second row of protected farmland lies over the first and adds 10 x 30 m only.
    """
    found = patches([square(10, 10, 90, 60)], OF_FIELD)
    pbf = layer([square(0, 0, 50, 100), square(40, 0, 60, 40)], "pbf", ids=["A", "B"])
    survey = layer(
        [square(0, 0, 200, 30), square(0, 30, 200, 200)], "survey",
        DLBM=["0101", "1104"], KCXS=[0.1, None], ZZSXDM=["LS", None],
    )  # fmt: skip
    made = told(FIELD, found, {"pbf": pbf, "survey": survey})
    assert rows_of(
        made.overlay, "part", "land", "pbf", "pbf_id", "survey_code", "planting_code", "net_m2"
    ) == [
        (1, "pbf", 1, "A;B", "1104", None, None),
        (2, "other", 0, None, "1104", None, None),
        (3, "pbf", 1, "A;B", "0101", "LS", 900.0),
        (4, "cultivated", 0, None, "0101", "LS", 540.0),
    ]
    assert made.overlay["area_m2"].tolist() == [1300, 1100, 1000, 600]
    assert made.overlay[["approved", "redline", "grain_zone"]].isna().all(axis=None)
    assert made.conversions["rule"].tolist() == [f"cn:pond:pbf@{RULES.version}"]
    assert made.conversions["policy_class"].tolist() == ["non_grain_A"]
    assert made.slivers == 0


def test_holes_and_crossed_figures_are_cut_as_what_they_cover() -> None:
    ring = square(0, 0, 60, 60).difference(square(20, 20, 40, 40))
    crossed = affinity.translate(
        Polygon([(0, 0), (80, 80), (80, 0), (0, 80)]), example.EAST + 100, example.NORTH
    )
    mended = shapely.make_valid(crossed, method="structure", keep_collapsed=False)
    found = patches([ring, mended], OF_FIELD * 2)
    pbf = layer([square(-50, -50, 30, 300), square(140, 0, 300, 300)], "pbf", ids=["W", "E"])
    made = told(FIELD, found, {"pbf": pbf})
    assert rows_of(made.overlay, "patch_id", "land", "pbf_id", "area_m2") == [
        ("000000000001", "pbf", "W", 1600.0),
        ("000000000001", "unknown", None, 1600.0),
        ("000000000002", "pbf", "E", 1600.0),
        ("000000000002", "unknown", None, 1600.0),
    ]


def test_a_border_that_only_touches_is_no_part() -> None:
    found = patches([square(0, 0, 50, 50)], OF_FIELD)
    given_ = {
        "pbf": layer([square(50, 0, 99, 50)], "pbf"),
        "approved": layer([square(0, 50, 50, 99)]),
        "redline": layer([square(0, 0, 50, 50)]),
    }
    made = told(FIELD, found, given_)
    assert rows_of(made.overlay, "land", "pbf", "approved", "redline", "grain_zone") == [
        ("unknown", 0, 0, 1, None)
    ]
    assert made.overlay.geometry[0].equals(found.geometry[0])


def test_a_layer_beyond_the_map_meets_nothing() -> None:
    """The other side of the earth has no place in the zone of the parcels."""
    far = layer([shapely.box(-66, 1, -65, 2)], "pbf", crs="EPSG:4490")
    made = told(FIELD, patches([square(0, 0, 50, 50)], OF_FIELD), {"pbf": far})
    assert rows_of(made.overlay, "land", "pbf") == [("unknown", 0)]


def test_an_approved_part_stays_listed() -> None:
    found = patches([square(0, 0, 50, 40)], OF_FIELD, ["built"])
    made = told(FIELD, found, {"approved": layer([square(0, 0, 20, 40)])})
    assert rows_of(made.overlay, "approved", "area_m2", "policy_class") == [
        (0, 1200.0, "non_agri"), (1, 800.0, "non_agri"),
    ]  # fmt: skip
    assert len(made.conversions) == 1


def test_what_the_parcels_tell_counts_too() -> None:
    parcels = layer(
        [square(0, 0, 100, 100), square(100, 0, 200, 100)], "pbf", ids=["3701", "3702"],
        DLBM=["0103", "0102"], KCXS=[0.05, 7.0], ZLDWDM=["3701120010020000000", None],
        XZQDM=["370112", "370112"],
    )  # fmt: skip
    found = patches([square(0, 0, 50, 50), square(150, 0, 200, 50)], ["3701", "3702"])
    made = told(parcels, found, {})
    assert rows_of(
        made.overlay, "land", "pbf", "pbf_id", "survey_code", "ridge_share", "place_code", "net_m2"
    ) == [
        ("pbf", 1, "3701", "0103", 0.05, "370112001002", 2375.0),
        ("pbf", 1, "3702", "0102", None, "370112", None),
    ]


def test_a_layer_of_protected_farmland_counts_instead_of_the_parcels() -> None:
    parcels = layer([square(0, 0, 100, 100)], "pbf", DLBM=["0103"])
    found = patches([square(0, 0, 80, 50)], OF_FIELD)
    made = told(parcels, found, {"pbf": layer([square(0, 0, 30, 50)], "pbf", ids=["newer"])})
    assert rows_of(made.overlay, "land", "pbf", "pbf_id", "survey_code", "area_m2") == [
        ("cultivated", 0, None, "0103", 2500.0), ("pbf", 1, "newer", "0103", 1500.0),
    ]  # fmt: skip


def test_the_survey_knows_the_class_before_the_parcel_and_the_parcel_before_the_pbf() -> None:
    parcels = layer([square(0, 0, 100, 100)], DLBM=["0103"], KCXS=[0.2], ZLDWDM=["370112"])
    survey = layer([square(0, 0, 30, 100)], "survey", DLBM=["0201"], ZLDWDM=["370112003"])
    pbf = layer([square(0, 0, 60, 100)], "pbf", DLBM=["0101"], KCXS=[0.3])
    found = patches([square(0, 0, 90, 30)], OF_FIELD)
    made = told(parcels, found, {"pbf": pbf, "survey": survey})
    assert rows_of(made.overlay, "land", "survey_code", "ridge_share", "place_code", "area_m2") == [
        ("pbf", "0201", None, "370112003", 900.0),
        ("pbf", "0103", 0.2, "370112", 900.0),
        ("cultivated", "0103", 0.2, "370112", 900.0),
    ]
    bare = told(FIELD, found, {"pbf": pbf})
    assert rows_of(bare.overlay, "land", "survey_code", "ridge_share") == [
        ("pbf", "0101", 0.3), ("unknown", None, None),
    ]  # fmt: skip


def test_places_cut_a_patch_and_the_longest_code_is_said() -> None:
    parcels = layer([square(0, 0, 200, 200)], ZLDWDM=["3701120010010000000"])
    villages = gpd.GeoDataFrame(
        {"code": ["370112001002", "370113"]},
        geometry=[square(0, 0, 30, 200), square(30, 0, 60, 200)], crs=example.CRS,
    )  # fmt: skip
    found = patches([square(0, 0, 100, 10)], OF_FIELD)
    made = told(parcels, found, {}, villages)
    assert rows_of(made.overlay, "place_code", "area_m2") == [
        ("370112001001", 700.0), ("370112001002", 300.0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("width", "governing"), [(3, "unknown"), (5, "unknown"), (10, "pbf"), (90, "pbf")]
)
def test_protected_farmland_governs_from_400_m2(width: int, governing: str) -> None:
    found = patches([square(0, 0, 100, 40)], OF_FIELD)
    made = told(FIELD, found, {"pbf": layer([square(0, 0, width, 40)], "pbf")})
    assert made.conversions["rule"].tolist() == [f"cn:pond:{governing}@{RULES.version}"]


def test_of_equal_halves_protected_farmland_governs() -> None:
    found = patches([square(0, 0, 20, 15)] * 2, OF_FIELD * 2, ["built", "pond"])
    given_ = {
        "pbf": layer([square(0, 0, 10, 15)], "pbf"),
        "survey": layer([square(0, 0, 99, 99)], DLBM=["0101"]),
    }
    made = told(FIELD, found, given_)
    assert [rule.split(":")[2].split("@")[0] for rule in made.conversions["rule"]] == ["pbf"] * 2


def test_without_protected_farmland_the_largest_land_governs() -> None:
    found = patches([square(0, 0, 100, 40)], OF_FIELD)
    survey = layer([square(0, 0, 45, 40), square(45, 0, 100, 40)], DLBM=["0101", "0201"])
    made = told(FIELD, found, {"survey": survey})
    assert made.conversions["rule"].tolist() == [f"cn:pond:other@{RULES.version}"]
    assert rows_of(made.overlay, "land", "area_m2") == [("other", 2200.0), ("cultivated", 1800.0)]


def test_slivers_are_counted_with_the_largest_neighbour_and_said() -> None:
    """Two strips of 0.1 m: 4 m² each is under 0.01 mu; the patch keeps its area."""
    found = patches([square(0, 0, 100, 40)], OF_FIELD)
    survey = layer(
        [square(0, 0, 30, 40), square(30, 0, 30.1, 40), square(30.1, 0, 99.9, 40),
         square(99.9, 0, 120, 40)],
        DLBM=["0101", "0201", "0103", "1104"],
    )  # fmt: skip
    made = told(FIELD, found, {"survey": survey})
    assert rows_of(made.overlay, "survey_code", "area_m2") == [("0103", 2800.0), ("0101", 1200.0)]
    assert made.slivers == 2
    assert made.slivers_m2 == pytest.approx(8, abs=0.01)
    assert shapely.area(made.overlay.geometry).tolist() == pytest.approx([2800, 1200])


def test_a_sliver_leaves_the_patch_as_it_was_and_its_id_unsaid() -> None:
    found = patches([square(0, 0, 100, 40)], OF_FIELD)
    made = told(FIELD, found, {"pbf": layer([square(0, 0, 0.1, 40)], "pbf")})
    assert rows_of(made.overlay, "land", "pbf", "pbf_id", "area_m2") == [
        ("unknown", 0, None, 4000.0)
    ]
    assert made.overlay.geometry[0].equals(found.geometry[0])


def test_a_patch_smaller_than_a_sliver_is_a_part() -> None:
    made = told(FIELD, patches([square(0, 0, 2, 2)], OF_FIELD), {"pbf": layer([square(0, 0, 1, 2)],
                "pbf")})  # fmt: skip
    assert rows_of(made.overlay, "part", "area_m2") == [(1, 4.0)]


def test_without_layers_a_patch_is_one_part_and_nothing_is_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clues.overlay, "cut", None)
    found = patches([square(0, 0, 9, 9), square(5, 5, 20, 30)], OF_FIELD * 2, ["built", "orchard"])
    made = told(FIELD, found, {})
    assert rows_of(made.overlay, "patch_id", "part", "land", "pbf", "area_m2") == [
        ("000000000001", 1, "unknown", None, 81.0), ("000000000002", 1, "unknown", None, 375.0),
    ]  # fmt: skip
    assert made.overlay.geometry.tolist() == found.geometry.tolist()


def test_without_patches_there_is_a_table() -> None:
    made = told(FIELD, patches([], []), {"pbf": layer([square(0, 0, 9, 9)], "pbf")})
    assert len(made.overlay) == len(made.conversions) == 0


def test_dates_decide_what_is_legacy() -> None:
    found = patches([square(0, 0, 50, 50)], OF_FIELD, days=("2019-03-01", "2019-08-01"))
    assert told(FIELD, found, {}).overlay["legacy"].tolist() == [1]
    later = patches([square(0, 0, 50, 50)], OF_FIELD, days=("2024-03-01", "2024-08-01"))
    assert told(FIELD, later, {}).overlay["legacy"].tolist() == [0]


METRES = st.integers(0, 90)
BOXES = st.lists(st.tuples(METRES, METRES, st.integers(1, 60), st.integers(1, 60)), max_size=5)


def squares(boxes: list[tuple[int, int, int, int]]) -> list[Polygon]:
    turned = [square(x, y, x + width, y + height) for x, y, width, height in boxes]
    return [affinity.rotate(one, 7 * number) for number, one in enumerate(turned)]


@settings(max_examples=40)
@given(BOXES.filter(bool), BOXES, BOXES, BOXES, st.sampled_from([example.CRS, "EPSG:4490"]))
def test_parts_add_up_to_the_cent(
    found_boxes: list[tuple[int, int, int, int]],
    pbf: list[tuple[int, int, int, int]],
    survey: list[tuple[int, int, int, int]],
    marks: list[tuple[int, int, int, int]],
    crs: str,
) -> None:
    parcels = layer([square(-50, -50, 250, 250)])
    moved = gpd.GeoSeries(squares(found_boxes), crs=example.CRS).to_crs(crs)
    found = patches(list(moved), OF_FIELD * len(moved), crs=crs)
    there = Parcels(
        parcels.frame.to_crs(crs), parcels.area_m2, {}, {}, (), "", "", "", "", {}
    )  # fmt: skip
    codes = ["0101", "1104", "0201", None, "0103"][: len(survey)]
    given_ = {
        "pbf": layer(squares(pbf), "pbf"),
        "survey": layer(squares(survey), DLBM=codes, KCXS=[0.0777] * len(survey)),
        "approved": layer(squares(marks)),
    }
    made = told(there, found, given_)
    sums = made.overlay.groupby("patch_id")["area_m2"].sum().round(2)
    assert sums.tolist() == made.conversions["area_m2"].tolist()
    parts = made.overlay
    assert (parts.groupby("patch_id")["part"].max() == parts.groupby("patch_id").size()).all()
    if len(found) == 1:
        assert (parts["area_m2"].diff().dropna() <= 0).all()
    measured = areas.ellipsoidal(parts.geometry)
    assert np.abs(measured - parts["area_m2"]).max() < 0.02
    assert parts.geometry.is_valid.all()
    for name, shape in zip(made.conversions["patch_id"], made.conversions.geometry, strict=True):
        own = parts.geometry[parts["patch_id"] == name]
        union = shapely.union_all(own.to_numpy())
        assert union.symmetric_difference(shape).area < 1e-6 * shape.area
