"""NDVI with mask and offset from integers: counts of red and nir, and where the ground was seen."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numexpr
import numpy as np
import pytest
import xarray as xr
from races import limits
from races.race import THREADS, Goal, in_threads

from farmland import indices
from farmland.rules.indices import INDICES

OFFSET = -1000
GOALS = (
    Goal("numexpr", 8, 14),
    Goal("numpy in blocks", 8, 14),
    Goal("xarray + dask", 18, 25),
    Goal("limit", 0.7, 0.9, by="limit"),
)


BLOCK, PATCH = 1 << 17, 25
"""Pixels that the blocks of numpy hold, found by trying; pixels that are seen together."""


def tile(side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Red and nir from a reflectance of 0.02 on, some without data; a third seen, in patches."""
    chance, size = np.random.default_rng(side), side * side
    red, nir = chance.integers(1200, 7000, (2, size), np.uint16)
    red[: size // 20] = 0
    seen = chance.random(size // PATCH + 1) < 1 / 3
    return red, nir, seen.repeat(PATCH)[:size]


class Numpy:
    """What a tuned user writes: one mask, every step in place, in blocks that stay in a cache."""

    def __init__(self, red: np.ndarray, nir: np.ndarray, usable: np.ndarray) -> None:
        self.red, self.nir, self.usable = red, nir, usable
        self.out = np.zeros(red.size, np.float32)
        self.bad, self.room = np.zeros(red.size, np.bool_), np.zeros(red.size, np.bool_)
        self.total = np.zeros(BLOCK, np.float32)

    def mask(self, part: slice) -> np.ndarray:
        bad, room = self.bad[part], self.room[part]
        np.logical_not(self.usable[part], out=bad)
        for values in (self.red, self.nir):
            np.logical_or(bad, np.equal(values[part], 0, out=room), out=bad)
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
    red, nir, usable = tile(side)
    ours, theirs = np.zeros((2, side * side), np.float32)
    plain, program = Numpy(red, nir, usable), indices.program(INDICES["NDVI"])

    def fused() -> np.ndarray:
        def piece(first: int, after: int) -> None:
            part = slice(first, after)
            images = nir[part], red[part]
            indices.evaluate(program, images, usable[part], OFFSET, ours[part])

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
        kept = at["usable"] & (at["red"] > 0) & (at["nir"] > 0)
        ndvi = ((high - low) / (high + low)).where(kept)
        return ndvi.compute(scheduler="threads", num_workers=THREADS).values.reshape(-1)

    bands = {"red": red, "nir": nir, "usable": usable}
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
