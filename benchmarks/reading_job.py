"""What every path reads and what it gives: one clean NDVI for each parcel and look."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 1e-5
"""Largest difference of two means: single and double precision may differ so much."""

PART = 1e-4
"""Largest difference of two areas in pixels: a share in single precision may be off by 1e-7."""


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
class Part:
    """What is known of some parcels; t = looks ascending, p = parcels."""

    rows: NDArray[np.int64]
    """(p,) positions in the layer."""
    pixels: NDArray[np.float64]
    """(p,) pixels, each by how much of it the parcel covers."""
    clear: NDArray[np.float64]
    """(t, p) clear pixels among them."""
    ndvi: NDArray[np.float64]
    """(t, p) mean NDVI of the clear pixels, NaN where there is none."""

    @classmethod
    def of_sums(
        cls, pixels: NDArray[np.float64], clear: NDArray[np.float64], sums: NDArray[np.float64]
    ) -> Part:
        """All parcels, from sums over clear pixels."""
        means = np.divide(sums, clear, out=np.full(sums.shape, np.nan), where=clear > 0)
        return cls(np.arange(pixels.size), pixels, clear, means)


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What a path gives: all parts together hold every parcel once."""

    days: NDArray[np.datetime64]
    """(t,) solar days."""
    parts: Iterable[Part]

    def write(self, path: Path) -> None:
        """Write part after part, so that no more than one need be held."""
        with path.open("wb") as file:
            np.save(file, self.days)
            for part in self.parts:
                for field in fields(part):
                    np.save(file, getattr(part, field.name))

    def whole(self) -> Clean:
        """All parts as one table."""
        parts = list(self.parts)
        order = np.argsort(np.concatenate([part.rows for part in parts]))
        pixels = np.concatenate([part.pixels for part in parts])[order]
        clear, ndvi = (
            np.concatenate([getattr(part, name) for part in parts], axis=1)[:, order]
            for name in ("clear", "ndvi")
        )
        return Clean(self.days, pixels, clear, ndvi)


@dataclass(frozen=True, slots=True, eq=False)
class Clean:
    """The finished table, parcels in the order of the layer; arrays as in :class:`Part`."""

    days: NDArray[np.datetime64]
    pixels: NDArray[np.float64]
    clear: NDArray[np.float64]
    ndvi: NDArray[np.float64]


def written(path: Path) -> Clean:
    """What ``Reading.write`` wrote."""
    size = path.stat().st_size
    parts = []
    with path.open("rb") as file:
        days = np.load(file)
        while file.tell() < size:
            parts.append(Part(*(np.load(file) for _ in fields(Part))))
    return Reading(days, parts).whole()


def demand_equal(ours: Clean, theirs: Clean) -> None:
    """Demand the same looks, pixels within ``PART``, and means within ``TOLERANCE``.

    Raises
    ------
    AssertionError
        When one cell differs.
    """
    np.testing.assert_array_equal(ours.days, theirs.days)
    np.testing.assert_allclose(ours.pixels, theirs.pixels, rtol=0, atol=PART)
    np.testing.assert_allclose(ours.clear, theirs.clear, rtol=0, atol=PART)
    np.testing.assert_allclose(ours.ndvi, theirs.ndvi, rtol=0, atol=TOLERANCE)
