"""Composites of 24 dates: median and maximum of NDVI from integers, geometric median of 4 bands."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import bottleneck
import geomad
import numpy as np
import pytest
import xarray as xr
from races import limits
from races.race import THREADS, Goal, in_threads

from farmland import indices
from farmland.imagery.compositing import Composite, Method, of_index
from farmland.kernels import composite
from farmland.rules.indices import INDICES

LOOKS, BANDS = 24, 4
COUNTED = 2 + 2 + 1
"""Bytes of a pixel and look: red, nir and whether it is usable."""

TILES = 2 * THREADS
"""Those of :func:`races.race.in_threads`."""

SIDES = [512, 1024, 2048]

MEDIAN_GOALS = (
    Goal("numpy + bottleneck", 7, 11),
    Goal("numpy + bottleneck", 4, 6, by="cpu"),
    Goal("numpy + xarray.median", 50, 50),
    Goal("limit", 0.3, 0.3, by="limit"),
)


def stack(side: int) -> tuple[np.ndarray, ...]:
    """Red and nir (t, n) from a reflectance of 0.02 on, usable in six of ten, offsets (t,)."""
    chance = np.random.default_rng(side)
    red, nir = chance.integers(1200, 7000, (2, LOOKS, side * side), np.uint16)
    usable = chance.random(red.shape, np.float32) < 0.6
    return red, nir, usable, np.full(LOOKS, -1000, np.int32)


DAYS = np.arange(LOOKS, dtype=np.int16)


class Composed:
    """NDVI of one look after the other, then the composite, piece by piece as strips of a sheet."""

    def __init__(
        self, method: str, red: np.ndarray, nir: np.ndarray, usable: np.ndarray, shifts: np.ndarray
    ) -> None:
        self.method, self.shifts = Method.parse(method), shifts
        self.program = indices.program(INDICES["NDVI"])
        self.pieces = {
            first: tuple(np.ascontiguousarray(each[:, first:after]) for each in (nir, red, usable))
            for first, after in pairwise(self.edges(red.shape[1]))
        }
        self.ndvi = {
            first: np.zeros(piece[0].shape, np.float32) for first, piece in self.pieces.items()
        }
        self.out = np.zeros(red.shape[1], np.float32)

    @staticmethod
    def edges(pixels: int) -> list[int]:
        return [pixels * tile // TILES for tile in range(TILES + 1)]

    def piece(self, first: int, after: int) -> None:
        nir, red, usable = self.pieces[first]
        values = self.ndvi[first]
        for t, shift in enumerate(self.shifts):
            indices.evaluate(self.program, (nir[t], red[t]), usable[t], int(shift), values[t])
        found: Composite = of_index(self.method, values, DAYS)
        self.out[first:after] = found.values[0]

    def __call__(self) -> np.ndarray:
        in_threads(self.piece, self.out.size)
        return self.out


class Plain:
    """A tuned user of numpy: the NDVI stack in place, one look after the other."""

    def __init__(self, red: np.ndarray, nir: np.ndarray, usable: np.ndarray, shifts: Any) -> None:
        self.bands, self.shifts = (red, nir, usable), shifts
        self.ndvi = np.zeros(red.shape, np.float32)
        self.room = np.zeros(red.shape[1], np.float32)
        self.gaps = np.zeros(red.shape[1], np.bool_)

    def stack(self) -> np.ndarray:
        for t, shift in enumerate(self.shifts):
            red, nir, usable = (values[t] for values in self.bands)
            np.subtract(nir, red, out=self.ndvi[t], dtype=np.float32)
            np.add(nir, red, out=self.room, dtype=np.float32)
            np.add(self.room, np.float32(2 * shift), out=self.room)
            np.divide(self.ndvi[t], self.room, out=self.ndvi[t])
            np.logical_not(usable, out=self.gaps)
            np.copyto(self.ndvi[t], np.float32(np.nan), where=self.gaps)
        return self.ndvi


def same(_: str, one: np.ndarray, other: np.ndarray) -> None:
    np.testing.assert_allclose(one, other, atol=2e-6)


@pytest.mark.filterwarnings("ignore:All-NaN")
@pytest.mark.parametrize("side", SIDES)
def test_median_from_integers(race: Any, side: int) -> None:
    held = stack(side)
    plain, ours = Plain(*held), Composed("median", *held)
    race(
        "masked NDVI median of 24 dates, from integers",
        f"{side} x {side}",
        ours=ours,
        peers={
            "numpy + bottleneck": lambda: bottleneck.nanmedian(plain.stack(), axis=0),
            "numpy + xarray.median": lambda: (
                xr.DataArray(plain.stack(), dims=("time", "pixel")).median("time").values
            ),
        },
        equal=same,
        moved=COUNTED * held[0].size,
        limit=limits.read(COUNTED * held[0].size),
        goals=MEDIAN_GOALS if side == SIDES[-1] else (),
        rounds=5,
    )


@pytest.mark.filterwarnings("ignore:All-NaN")
@pytest.mark.parametrize("side", SIDES)
def test_maximum_with_its_date_from_integers(race: Any, side: int) -> None:
    held = stack(side)
    plain, ours = Plain(*held), Composed("max", *held)
    race(
        "NDVI maximum of 24 dates with its date, from integers",
        f"{side} x {side}",
        ours=ours,
        peers={"numpy + nanmax, without the date": lambda: np.nanmax(plain.stack(), axis=0)},
        equal=same,
        moved=COUNTED * held[0].size,
        limit=limits.read(COUNTED * held[0].size),
        goals=(Goal("numpy + nanmax, without the date", 5, 5),) if side == SIDES[-1] else (),
    )


CLOSE, EPS = 1e-4, 1e-6
"""Wanted nearness to the true geometric median, and the largest last step, of powers of ten, with
which geomad comes that near."""


def spectra(side: int) -> np.ndarray:
    """Reflectance (b, t, n) over a season with noise, some cloud, a third of the looks missing."""
    chance = np.random.default_rng(side)
    pixels = side * side
    season = np.arange(LOOKS)[:, None] / LOOKS * 2 * np.pi + chance.random(pixels) * 2 * np.pi
    green = (0.5 + 0.4 * np.sin(season)).astype(np.float32)
    soil, leaf = np.array([[0.05, 0.08, 0.1, 0.2], [0.02, 0.05, 0.03, 0.45]], np.float32)
    made = soil[:, None, None] + (leaf - soil)[:, None, None] * green
    made += chance.normal(0, 0.01, made.shape).astype(np.float32)
    made += np.float32(0.4) * (chance.random(green.shape) < 0.05)
    made[:, chance.random(green.shape) < 0.33] = np.nan
    return made


def converged(values: np.ndarray) -> np.ndarray:
    """Weiszfeld in float64, until nothing moves any more."""
    x = np.nan_to_num(values.astype(np.float64))
    held = ~np.isnan(values[0])
    point = (x * held).sum(axis=1) / held.sum(axis=0)
    for _ in range(2000):
        away = np.sqrt(((x - point[:, None]) ** 2).sum(axis=0))
        weight = held / np.maximum(away, 1e-12)
        point = (x * weight).sum(axis=1) / weight.sum(axis=0)
    return point


@pytest.mark.parametrize("side", [64, 128, 256])
def test_geometric_median(race: Any, side: int) -> None:
    values = spectra(side)
    out = np.zeros((BANDS, side * side), np.float32)
    theirs = np.ascontiguousarray(values.transpose(2, 0, 1)).reshape(side, side, BANDS, LOOKS)
    sample = slice(0, 2048)
    truth = converged(values[:, :, sample])

    def ours() -> np.ndarray:
        def piece(first: int, after: int) -> None:
            composite.geometric_median(values[:, :, first:after], out[:, first:after])

        in_threads(piece, side * side)
        return out

    def by_geomad() -> np.ndarray:
        found = geomad.nangeomedian_pcm(theirs, eps=EPS, maxiters=1000, num_threads=2, nocheck=True)
        return found.reshape(-1, BANDS).T

    def near_the_truth(_: str, one: np.ndarray, other: np.ndarray) -> None:
        assert np.abs(one[:, sample] - truth).max() < CLOSE
        assert np.abs(other[:, sample] - truth).max() < CLOSE

    race(
        "geometric median of 4 bands and 24 dates",
        f"{side} x {side}",
        ours=ours,
        peers={"geomad": by_geomad},
        equal=near_the_truth,
        moved=values.nbytes + out.nbytes,
        limit=limits.read(values.nbytes),
        goals=(Goal("geomad", 2, 4, by="cpu"),) if side == 256 else (),
    )
