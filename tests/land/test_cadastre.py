"""What layers tell by their attributes, how old they are, and how much of the parcels they hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from land.land_example import RULES, layer, patches, square

from farmland.land import cadastre
from farmland.land.cadastre import Ground
from farmland.parcels import Parcels


def grounds(parcels: Parcels, **given_: Parcels) -> dict[str, Ground]:
    near = np.asarray(parcels.frame.geometry.array, object)
    crs = parcels.frame.crs
    return {
        kind: cadastre.laid(
            cadastre.told(one, RULES), np.asarray(one.frame.geometry.array, object), near, crs, 1
        )
        for kind, one in given_.items()
    }


def base(parcels: Parcels, **given_: Parcels) -> dict[str, float]:
    own = cadastre.told(parcels, RULES)
    found = cadastre.base(
        parcels, own, grounds(parcels, **given_), 2, is_pbf=parcels.kind == "pbf"
    )  # fmt: skip
    return {name: round(size, 1) for name, size in found.items() if not np.isnan(size)}


def test_attributes_of_a_row() -> None:
    told = cadastre.told(
        layer([square(0, 0, 1, 1)] * 3, DLBM=[" 0101 ", None, "0201"], KCXS=["0.08", "", "1.2"],
              ZZSXDM=["LS", "", None]),
        RULES,
    )  # fmt: skip
    assert told.code.tolist() == ["0101", None, "0201", None]
    assert told.cultivated.tolist() == [True, None, False, None]
    assert told.planting.tolist() == ["LS", None, None, None]
    assert told.ridge[0] == 0.08
    assert np.isnan(told.ridge[1:]).all()
    assert told.place.tolist() == [""] * 4


def test_how_much_of_the_parcels_is_what() -> None:
    parcels = layer([square(0, 0, 100, 100), None, square(100, 0, 150, 100)])
    assert base(parcels) == {"area_m2": 15000}
    pbf = layer([square(50, 0, 120, 100), square(60, 0, 130, 100), None], "pbf")
    survey = layer([square(0, 0, 30, 100), square(30, 0, 40, 100)], DLBM=["0101", "0201"])
    assert base(parcels, pbf=pbf, survey=survey) == {
        "area_m2": 15000, "pbf_m2": 8000, "cultivated_m2": 3000,
    }  # fmt: skip


def test_overlapping_rows_are_counted_and_measured() -> None:
    parcels = layer([square(0, 0, 100, 100)])
    pbf = layer([square(0, 0, 60, 100), None, square(50, 0, 90, 100), square(90, 0, 99, 9)])
    found = grounds(parcels, pbf=pbf)["pbf"]
    assert found.overlapping == 1
    assert found.overlapping_m2 == pytest.approx(1000, abs=0.1)


def test_where_the_survey_has_a_hole_the_parcel_speaks_for_itself() -> None:
    parcels = layer([square(0, 0, 100, 100)], "pbf", DLBM=["0103"])
    assert base(parcels) == {"area_m2": 10000, "pbf_m2": 10000, "cultivated_m2": 10000}
    survey = layer([square(0, 0, 30, 100)], DLBM=["1104"])
    assert base(parcels, survey=survey)["cultivated_m2"] == 7000
    assert base(parcels, pbf=layer([square(0, 0, 10, 100)]))["pbf_m2"] == 1000


@given(st.lists(st.sampled_from([1999, 2019, 2023, 2024, 0, None]), max_size=6))
def test_years_of_a_layer(years: list[int | None]) -> None:
    told = layer([square(0, 0, 1, 1)] * len(years), SJNF=years)
    assert cadastre.years(told) == tuple(sorted({year for year in years if year}))


def test_a_layer_without_years_is_of_none() -> None:
    assert cadastre.years(layer([square(0, 0, 1, 1)])) == ()


@pytest.mark.parametrize(
    ("year", "expected"), [(2022, (0, 1)), (2023, (0, 0)), (2024, (0, 0)), (2025, (1, 0))]
)
def test_a_layer_may_be_of_another_time(year: int, expected: tuple[int, int]) -> None:
    found = patches([square(0, 0, 9, 9)], ["F000001"], days=("2024-03-01", "2024-05-01"))
    assert cadastre.out_of_date((year,), found) == expected
    assert cadastre.out_of_date((), found) == (0, 0)


def test_a_change_without_a_first_day_is_as_old_as_its_last() -> None:
    found = patches([square(0, 0, 9, 9)], ["F000001"], days=("2024-03-01", "2024-05-01"))
    found["date_from"] = pd.NaT
    assert cadastre.out_of_date((2020,), found) == (0, 1)
