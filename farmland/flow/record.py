"""Indices of parcels on looks, as arrays and as the rows of a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from farmland.imagery.looks import Look


@dataclass(frozen=True, slots=True, eq=False)
class Vegetation:
    """Indices of some parcels; i = indices, g = parcels, t = looks of the record."""

    rows: NDArray[np.int64]
    """(g,) positions in the input layer, ascending."""
    pixels: NDArray[np.float64]
    """(g,) pixels of 10 m, each by how much of it the parcel covers."""
    seen: NDArray[np.float64]
    """(t, g) pixels for which a scene has data, whatever the weather."""
    clear: NDArray[np.float64]
    """(i, t, g) pixels that count: the ground was seen, the bands have data, and the index a
    value that means something."""
    unread: NDArray[np.bool_]
    """(t, g) whether something that was needed stayed unread."""
    means: NDArray[np.float64]
    """(i, t, g) of the index over the clear pixels, weighted like them, NaN where there is none."""


Row = tuple[str, date, tuple[float | None, ...], float, float, float, bool]
"""Parcel id, solar day, each index or ``None``, pixels clear (for the index that has the most of
them), seen and in all, whether unread."""


@dataclass(frozen=True, slots=True, eq=False)
class IndexRecord:
    """Indices of a plan's parcels, to be read once."""

    names: tuple[str, ...]
    """Of the indices i, lower case."""

    parcel_ids: tuple[str, ...]
    """In input order."""
    looks: tuple[Look, ...]
    """Ascending in time: the rows t of the tables."""
    tables: Iterator[Vegetation]
    """Every parcel once, a sheet at a time; files are read as it is taken."""

    def rows(self) -> Iterator[Row]:
        """One row per parcel and look that shows it, or should: parcel by parcel, in time."""
        for table in self.tables:
            for g, row in enumerate(table.rows):
                for t in np.flatnonzero((table.seen[:, g] > 0) | table.unread[:, g]):
                    means = table.means[:, t, g].tolist()
                    yield (
                        self.parcel_ids[row],
                        self.looks[t].day,
                        tuple(None if np.isnan(mean) else mean for mean in means),
                        float(table.clear[:, t, g].max()),
                        float(table.seen[t, g]),
                        float(table.pixels[g]),
                        bool(table.unread[t, g]),
                    )
