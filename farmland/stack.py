"""A stack: every look at the farmland pixels of one cell, as integers, from file to kernel.

Only pixels inside parcels are kept. Dims: p = pixels, t = looks in order of time, b = bands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farmland.grid import Window
from farmland.scene import BANDS
from farmland.tiles import Cell, Pixels

NO_DATA = np.iinfo(np.int16).min


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Integers of one cell, looks ascending."""

    cell: Cell
    days: NDArray[np.int32]
    """(t,) days since 1970-01-01."""
    parcel: NDArray[np.int32]
    """(p,) position in ``cell.parcels``."""
    rows: NDArray[np.int32]
    """(p,) row in the zone-wide grid."""
    columns: NDArray[np.int32]
    full: NDArray[np.bool_]
    """(p,) whether the pixel lies whole inside the parcel."""
    values: NDArray[np.int16]
    """(p, t, b) reflectance x 1e4, offset applied; ``NO_DATA`` where nothing was read."""
    clear: NDArray[np.bool_]
    """(p, t)"""
    lonely: NDArray[np.bool_]
    """(p, t) called cloud under a clear sky."""
    imaged: NDArray[np.bool_]
    """(p,) whether any scene had data here, whatever the weather."""


class StackBuilder:
    """Collects the looks of one cell; the only mutable thing of a run, alive for one block."""

    def __init__(self, cell: Cell, pixels: Sequence[Pixels], looks: int) -> None:
        self.cell = cell
        self.rows = np.concatenate([one.rows for one in pixels])
        self.columns = np.concatenate([one.columns for one in pixels])
        self.full = np.concatenate([one.full for one in pixels])
        counts = [one.rows.size for one in pixels]
        self.parcel = np.repeat(np.arange(len(pixels), dtype=np.int32), counts)
        size = self.rows.size
        self._values = np.full((size, looks, len(BANDS)), NO_DATA, np.int16)
        self._clear = np.zeros((size, looks), np.bool_)
        self._lonely = np.zeros((size, looks), np.bool_)
        self._imaged = np.zeros(size, np.bool_)
        self.covered = np.zeros((len(pixels), looks), np.bool_)
        """(g, t) whether a scene of the look had data over the parcel, whatever the weather."""
        self.unread = np.zeros((len(pixels), looks), np.bool_)
        """(g, t) whether a scene of the look stayed unreadable where the parcel needed it."""

    def take(self, image: NDArray[Any], window: Window) -> NDArray[Any]:
        """Values (p,) of an image (y, x) on ``window``."""
        taken: NDArray[Any] = image[self.rows - window.row, self.columns - window.column]
        return taken

    def note(self, look: int, imaged: NDArray[np.bool_]) -> None:
        """Remember which pixels (p,) a scene of a look had data for."""
        self._imaged |= imaged
        self.covered[self.parcel[imaged], look] = True

    def miss(self, look: int, pixels: NDArray[np.bool_] | None = None) -> None:
        """Remember that a scene stayed unreadable: for these pixels (p,), for all without them."""
        self.unread[self.parcel if pixels is None else self.parcel[pixels], look] = True

    def put(
        self,
        look: int,
        bands: NDArray[np.int16],
        clear: NDArray[np.bool_],
        lonely: NDArray[np.bool_],
    ) -> None:
        """Store one scene of a look: bands (p, b), clear and lonely (p,); ``NO_DATA`` stays out.

        Scenes of one look fill each other's gaps.
        """
        there = (bands != NO_DATA).all(axis=1)
        self._values[there, look] = bands[there]
        self._clear[there, look] = clear[there]
        self._lonely[there, look] = lonely[there]

    def stack(self, days: NDArray[np.int32]) -> Stack:
        """The finished stack without the looks in which nothing was clear."""
        kept = (self._clear | self._lonely).any(axis=0)
        return Stack(
            cell=self.cell,
            days=days[kept],
            parcel=self.parcel,
            rows=self.rows,
            columns=self.columns,
            full=self.full,
            values=np.ascontiguousarray(self._values[:, kept]),
            clear=np.ascontiguousarray(self._clear[:, kept]),
            lonely=np.ascontiguousarray(self._lonely[:, kept]),
            imaged=self._imaged,
        )
