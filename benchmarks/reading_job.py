"""What every path reads and what it gives: one clean NDVI for each parcel and look."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 1e-5
"""Largest difference of two means: single and double precision may differ so much."""


@dataclass(frozen=True, slots=True)
class Job:
    """Settings of one reading."""

    items: str
    """Path or address of a FeatureCollection of STAC items."""
    parcels: str
    period: str
    threads: int = 2

    @classmethod
    def read(cls, path: str | Path) -> Job:
        """A job from a JSON file."""
        return cls(**json.loads(Path(path).read_text("utf-8")))

    def write(self, path: Path) -> Path:
        """The job as a JSON file."""
        path.write_text(json.dumps(asdict(self)), "utf-8")
        return path


@dataclass(frozen=True, slots=True, eq=False)
class Clean:
    """The finished table; t = looks ascending, p = parcels in the order of the layer."""

    days: NDArray[np.datetime64]
    """(t,) solar days."""
    pixels: NDArray[np.int64]
    """(p,) pixels whose centre lies in the parcel."""
    clear: NDArray[np.int64]
    """(t, p) clear pixels among them."""
    ndvi: NDArray[np.float64]
    """(t, p) mean NDVI of the clear pixels, NaN where there is none."""

    @classmethod
    def of_sums(
        cls,
        days: list[np.datetime64],
        pixels: NDArray[np.int64],
        clear: NDArray[np.int64],
        sums: NDArray[np.float64],
    ) -> Clean:
        """Means from sums over clear pixels."""
        means = np.divide(sums, clear, out=np.full(sums.shape, np.nan), where=clear > 0)
        return cls(np.array(days, "datetime64[D]"), pixels, clear, means)

    def save(self, path: Path) -> None:
        """Keep it for a comparison."""
        np.savez(path, days=self.days, pixels=self.pixels, clear=self.clear, ndvi=self.ndvi)

    @classmethod
    def load(cls, path: Path) -> Clean:
        """What ``save`` kept."""
        with np.load(path) as kept:
            return cls(kept["days"], kept["pixels"], kept["clear"], kept["ndvi"])


def demand_equal(ours: Clean, theirs: Clean) -> None:
    """Demand the same looks, the same counts, and means within ``TOLERANCE``.

    Raises
    ------
    AssertionError
        When one cell differs.
    """
    np.testing.assert_array_equal(ours.days, theirs.days)
    np.testing.assert_array_equal(ours.pixels, theirs.pixels)
    np.testing.assert_array_equal(ours.clear, theirs.clear)
    np.testing.assert_allclose(ours.ndvi, theirs.ndvi, rtol=0, atol=TOLERANCE)
