"""NDVI with mask and offset from integers: counts of red and nir and the classification."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numexpr
import numpy as np
import pytest
import xarray as xr
from races import limits
from races.race import THREADS, Goal, in_threads

from farmland.kernels import index

OFFSET = -1000
LOWEST, HIGHEST = 4, 7
"""Classes that show ground: vegetation, soil, water, unclassified."""
KEPT = np.uint32(sum(1 << class_ for class_ in range(LOWEST, HIGHEST + 1)))

GOALS = (
    Goal("numexpr", 8, 14),
    Goal("numpy in blocks", 8, 14),
    Goal("xarray + dask", 18, 25),
    Goal("limit", 0.7, 0.9, by="limit"),
)


BLOCK, PATCH = 1 << 17, 25
"""Pixels that the blocks of numpy hold, found by trying; pixels of one class in a row."""


def tile(side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Red and nir from a reflectance of 0.02 on, some without data; classes, in patches."""
    chance, size = np.random.default_rng(side), side * side
    red, nir = chance.integers(1200, 7000, (2, size), np.uint16)
    red[: size // 20] = 0
    return red, nir, chance.integers(0, 12, size // PATCH + 1, np.uint8).repeat(PATCH)[:size]


class Numpy:
    """What a tuned user writes: one mask, every step in place, in blocks that stay in a cache."""

    def __init__(self, red: np.ndarray, nir: np.ndarray, classes: np.ndarray) -> None:
        self.red, self.nir, self.classes = red, nir, classes
        self.out = np.zeros(red.size, np.float32)
        self.bad, self.room = np.zeros(red.size, np.bool_), np.zeros(red.size, np.bool_)
        self.total = np.zeros(BLOCK, np.float32)

    def mask(self, part: slice) -> np.ndarray:
        bad, room = self.bad[part], self.room[part]
        np.less(self.classes[part], LOWEST, out=bad)
        for ufunc, values, value in (
            (np.greater, self.classes, HIGHEST),
            (np.equal, self.red, 0),
            (np.equal, self.nir, 0),
        ):
            np.logical_or(bad, ufunc(values[part], value, out=room), out=bad)
        return bad

    def ndvi(self) -> np.ndarray:
        for start in range(0, self.red.size, BLOCK):
            part = slice(start, start + BLOCK)
            red, nir, out = self.red[part], self.nir[part], self.out[part]
            total = self.total[: out.size]
            np.subtract(nir, red, out=out, dtype=np.float32)
            np.add(nir, red, out=total, dtype=np.float32)
            np.add(total, np.float32(2 * OFFSET), out=total)
            np.divide(out, total, out=out)
            np.putmask(out, self.mask(part), np.float32(np.nan))
        return self.out


@pytest.mark.parametrize("side", [2745, 5490, 10980])
def test_ndvi_from_integers(race: Any, side: int) -> None:
    red, nir, classes = tile(side)
    ours, theirs = np.zeros((2, side * side), np.float32)
    plain = Numpy(red, nir, classes)

    def fused() -> np.ndarray:
        def piece(first: int, after: int) -> None:
            part = slice(first, after)
            index.normalised_difference(
                nir[part], red[part], classes[part], KEPT, OFFSET, ours[part]
            )

        in_threads(piece, side * side)
        return ours

    constants = {"one": np.float32(1), "missing": np.float32(np.nan)}

    def by_numexpr() -> np.ndarray:
        numexpr.set_num_threads(THREADS)
        return numexpr.evaluate(
            f"where(bad, missing, (nir - red) * one / (nir + red + {2 * OFFSET}))",
            {"red": red, "nir": nir, "bad": plain.mask(slice(None)), **constants},
            out=theirs,
        )

    def lazily() -> np.ndarray:
        at = {name: _chunked(values, side) for name, values in bands.items()}
        low, high = (at[name].astype(np.float32) + OFFSET for name in ("red", "nir"))
        kept = (at["classes"] >= LOWEST) & (at["classes"] <= HIGHEST)
        ndvi = ((high - low) / (high + low)).where(kept & (at["red"] > 0) & (at["nir"] > 0))
        return ndvi.compute(scheduler="threads", num_workers=THREADS).values.reshape(-1)

    bands = {"red": red, "nir": nir, "classes": classes}
    race(
        "NDVI with mask and offset, from integers",
        f"{side} x {side}",
        ours=fused,
        peers={"numexpr": by_numexpr, "numpy in blocks": plain.ndvi, "xarray + dask": lazily},
        equal=lambda _, one, other: np.testing.assert_allclose(one, other, atol=2e-6),
        moved=9 * side * side,
        limit=limits.copy(9 * side * side),
        goals=GOALS if side == 10980 else (),
    )


def _chunked(values: np.ndarray, side: int) -> xr.DataArray:
    image = da.from_array(values.reshape(side, side), chunks=(1373, 1373), name=False)
    return xr.DataArray(image, dims=("y", "x"))
