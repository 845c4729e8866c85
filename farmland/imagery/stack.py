"""A stack: every look at the farmland pixels of one cell, as integers, from file to kernel.

Only pixels inside parcels are kept. Dims: p = pixels, t = looks in order of time, b = bands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.kernels import ground
from farmland.tiling.tiles import Cell, pixels

NO_DATA = ground.NO_DATA


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


@dataclass(frozen=True, slots=True, eq=False)
class Farmland:
    """The pixels of a cell's parcels, parcel by parcel."""

    cell: Cell
    rows: NDArray[np.int32]
    """(p,) row in the zone-wide grid."""
    columns: NDArray[np.int32]
    full: NDArray[np.bool_]
    """(p,) whether the pixel lies whole inside the parcel."""
    parcel: NDArray[np.int32]
    """(p,) position in ``cell.parcels``."""

    @classmethod
    def of(cls, cell: Cell, inner_buffer: float) -> Farmland:
        """The pixels of a cell; ``inner_buffer`` in metres decides which are full."""
        held = pixels(cell.parcels, inner_buffer)
        return cls(cell, held.rows, held.columns, held.full, held.parcel)

    def flags(self, flags: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """All flags (g, t) that any pixel of each parcel has, of those of pixels (t, p)."""
        out = np.zeros((len(self.cell.parcels), flags.shape[0]), np.uint8)
        ground.join_flags(flags, self.parcel, out)
        return out


def looks_worth(flags: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Looks (t,) on which anything was measured under a clear sky, of flags (t, p)."""
    measured = (flags & ground.MEASURED) > 0
    return np.flatnonzero((measured & ((flags & (ground.CLEAR | ground.LONELY)) > 0)).any(axis=1))


def stack(
    farmland: Farmland,
    days: NDArray[np.int32],
    flags: NDArray[np.uint8],
    worth: NDArray[np.int64],
    values: NDArray[np.int16],
) -> Stack:
    """Put a cell's looks together.

    Parameters
    ----------
    farmland : Farmland
    days : int32 (t,)
        Of all looks.
    flags : uint8 (t, p)
        :mod:`farmland.kernels.ground` names them.
    worth : int64 (w,)
        The looks that are kept: :func:`looks_worth`.
    values : int16 (w, p, b)
        Reflectance x 1e4; what is not flagged as measured does not count.
    """
    looks, pixels, bands = values.shape
    turned = np.empty((pixels, looks, bands), np.int16)
    clear, lonely = np.empty((2, pixels, looks), np.bool_)
    ground.turn(np.ascontiguousarray(values, np.int16), flags[worth], turned, clear, lonely)
    return Stack(
        cell=farmland.cell,
        days=days[worth],
        parcel=farmland.parcel,
        rows=farmland.rows,
        columns=farmland.columns,
        full=farmland.full,
        values=turned,
        clear=clear,
        lonely=lonely,
        imaged=np.asarray(((flags & ground.SEEN) > 0).any(axis=0)),
    )
