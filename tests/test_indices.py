"""The table of indices against the published one, and formulas through the compiled kernel."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland import indices
from farmland.errors import WrongUsage
from farmland.rules.indices import INDICES, Index, named
from farmland.scene import REFLECTANCE

SEEDS = st.integers(0, 2**32 - 1)

LETTERS = {
    "B": "blue",
    "G": "green",
    "R": "red",
    "RE1": "rededge1",
    "RE2": "rededge2",
    "N": "nir",
    "S1": "swir16",
    "S2": "swir22",
}
NAMES = {"BSI": "BI", "NDRE": "NDREI", "NDTI": "NBR2"}
"""Ours by the name of the published table, where it is another; its NDTI is one of turbidity."""

CONSTANTS: dict[str, dict[str, float]] = {
    "EVI": {"g": 2.5, "C1": 6.0, "C2": 7.5, "L": 1.0},
    "EVI2": {"g": 2.5, "L": 1.0},
    "SAVI": {"L": 0.5},
    "NDPI": {"alpha": 0.74},
}

PLASTIC = {
    "PMLI": "(S1 - R) / (S1 + R)",
    "PGI": "np.where(((N - R) / (N + R) > 0.73) | ((S1 - N) / (S1 + N) > 0.005), 0,"
    " 100 * B * (N - R) / (1 - (B + G + N) / 3))",
}
"""Those of plastic (Lu et al. 2014, Yang et al. 2017), which the published table lacks."""


def reflectance(seed: int = 1, size: int = 1000) -> dict[str, Any]:
    """Of every band, in steps of 1e-4."""
    drawn = np.random.default_rng(seed).integers(200, 6000, (len(LETTERS), size))
    return dict(zip(LETTERS.values(), drawn / 1e4, strict=True))


def worked_out(index: Index, bands: dict[str, Any]) -> Any:
    """Our own formula as Python reads it."""
    if index.name == "PGI":
        return by_letters(PLASTIC["PGI"], bands)
    return eval(index.formula, {"sqrt": np.sqrt}, bands)  # noqa: S307 - of the table


def by_letters(formula: str, bands: dict[str, Any], **constants: float) -> Any:
    letters = {letter: bands[name] for letter, name in LETTERS.items()}
    return eval(formula, {"np": np}, letters | constants)  # noqa: S307 - of the published table


@pytest.fixture(scope="session")
def published(shared: Path) -> dict[str, dict[str, str]]:
    table = shared / "data/refs/asi/output/spectral-indices-table.csv"
    with table.open(encoding="utf-8", newline="") as file:
        return {row["short_name"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("name", [name for name in INDICES if name not in PLASTIC])
def test_a_formula_gives_the_numbers_of_the_published_one(
    name: str, published: dict[str, dict[str, str]]
) -> None:
    row, bands = published[NAMES.get(name, name)], reflectance()
    theirs = by_letters(row["formula"], bands, **CONSTANTS.get(name, {}))
    np.testing.assert_allclose(worked_out(INDICES[name], bands), theirs, rtol=1e-9, atol=1e-12)
    if name != "NDTI":
        title = INDICES[name].title.en
        assert title.replace("Senescence", "Senescing") == row["long_name"]


@pytest.mark.parametrize("name", INDICES)
def test_the_kernel_gives_what_the_formula_says(name: str) -> None:
    index, bands = INDICES[name], reflectance()
    program = indices.program(index)
    images = tuple(np.round(bands[band] * 1e4).astype(np.uint16) + 900 for band in program.bands)
    out = np.empty(1000, np.float32)
    indices.evaluate(program, images, np.ones(1000, np.bool_), -900, out)
    expected = np.array(worked_out(index, bands))
    expected[(expected < index.range[0]) | (expected > index.range[1])] = np.nan
    np.testing.assert_allclose(out, expected, rtol=2e-5, atol=2e-6)
    assert np.isfinite(out).mean() > 0.7


@pytest.mark.parametrize("name", ["NDVI", "EVI"])
@given(SEEDS)
def test_what_cannot_be_known_is_missing(name: str, seed: int) -> None:
    chance = np.random.default_rng(seed)
    program = indices.program(INDICES[name])
    images = tuple(chance.integers(0, 3, (9, 11)).astype(np.uint16) for _ in program.bands)
    usable = chance.random((9, 11)) < 0.5
    out = np.empty((9, 11), np.float32)
    indices.evaluate(program, images, usable, 1000, out)
    known = usable & np.all([image > 0 for image in images], axis=0)
    np.testing.assert_array_equal(np.isfinite(out), known)


def test_ndvi_by_hand() -> None:
    """(0.5 - 0.1) / (0.5 + 0.1) = 2 / 3; dark water has a sum of 0.02 at least; no data is 0."""
    red, nir = (
        np.array([2000, 1030, 0, 2000], np.uint16),
        np.array([6000, 1010, 6000, 0], np.uint16),
    )
    program, out = indices.program(INDICES["NDVI"]), np.empty(4, np.float32)
    assert program.bands == ("nir", "red")
    indices.evaluate(program, (nir, red), np.ones(4, np.bool_), -1000, out)
    np.testing.assert_allclose(out, [2 / 3, -0.1, np.nan, np.nan], rtol=1e-6)


def test_plastic_is_none_where_it_is_green() -> None:
    """NDVI 0.8 > 0.73 gives 0; else 100 x 0.3 x 0.1 / (1 - 1.0 / 3) = 4.5."""
    program, out = indices.program(INDICES["PGI"]), np.empty(2, np.float32)
    at = {"blue": 3000, "green": 3000, "red": (500, 3000), "nir": (4500, 4000), "swir16": 2000}
    images = tuple(np.array(np.broadcast_to(at[band], 2), np.uint16) for band in program.bands)
    indices.evaluate(program, images, np.ones(2, np.bool_), 0, out)
    np.testing.assert_allclose(out, [0, 4.5], rtol=1e-5)


def test_an_index_is_found_however_it_is_written() -> None:
    assert named("ndvi") is INDICES["NDVI"]
    assert named("nirV") is INDICES["NIRv"]
    with pytest.raises(WrongUsage, match="NDVI is the nearest"):
        named("NDVII")


def test_every_band_is_one_that_scenes_may_have() -> None:
    assert {band for index in INDICES.values() for band in index.bands} <= set(REFLECTANCE)


@pytest.mark.parametrize("formula", ["nir ** 3", "log(nir)", "nir < red", "-nir"])
def test_a_formula_beyond_the_kernel_is_refused(formula: str) -> None:
    index = INDICES["NDVI"]
    with pytest.raises(SyntaxError, match="a formula cannot hold"):
        indices.program(replace(index, formula=formula))


def test_output_in_pieces_is_refused() -> None:
    image, out = np.ones((4, 4), np.uint16), np.empty((4, 8), np.float32)[:, ::2]
    with pytest.raises(ValueError, match="contiguous"):
        indices.evaluate(
            indices.program(INDICES["NDVI"]), (image, image), np.ones((4, 4), np.bool_), 0, out
        )
