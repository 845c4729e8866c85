"""The memory promised and what layers take of it: judged while they are read, before any work."""

from __future__ import annotations

import math
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from farmland.errors import WrongUsage

SHAPE_BYTES, VERTEX_BYTES = 700, 16
"""A polygon of GEOS with its Python object and its place in a tree; each of its vertices."""

BASE_BYTES = 380_000_000
"""What the process holds beside layers: libraries, and a portion (measured, as all below)."""

RUN_ROW_BYTES = 2000
"""What a run makes of a parcel beside its row: the outline on the grid, what was seen of it, its
row of the result with the outline once more."""

LAYER_ROW_BYTES = 500
"""What an overlay makes of a polygon of land: what it tells, and with whom it shares ground."""

CHECK_ROW_BYTES = 1000
"""What the check of a layer makes of a row: codes of its columns, its box, findings."""


@dataclass(frozen=True, slots=True)
class Room:
    """Memory for a layer that is to be read."""

    promised: float = math.inf
    """Bytes of ``--memory``."""
    taken: int = 0
    """By everything else."""
    row_bytes: int = 0
    """Taken by each row for what is made of it."""

    def hold(self, name: str, rows: int, held: float) -> None:
        """Refuse a layer that does not fit.

        Parameters
        ----------
        name : str
            Of its file.
        rows : int
        held : float
            Bytes of all its rows.

        Raises
        ------
        WrongUsage
        """
        need = self.taken + held + rows * self.row_bytes
        if need <= self.promised:
            return
        need, promised = need / 1024**3, self.promised / 1024**3
        raise WrongUsage(
            f"{name} has {rows} rows, with which a run needs {need:.1f} GB, and --memory promises "
            f"{promised:.1f} GB: give more memory, or a part of the layer at a time.",
            f"{name} 有 {rows} 行，运行共需 {need:.1f} GB 内存，而 --memory 只给了 "
            f"{promised:.1f} GB：请增加内存，或将图层分成几部分处理。",
        )


ENDLESS = Room()
"""For who has promised nothing."""


def held_bytes(frame: pd.DataFrame) -> int:
    """What a table takes up in memory, about: its vertices, shapes and texts."""
    total = 0
    for name, values in frame.items():
        if isinstance(frame, gpd.GeoDataFrame) and name == frame.geometry.name:
            vertices = shapely.get_num_coordinates(np.asarray(values.array, dtype=object))
            total += SHAPE_BYTES * len(frame) + VERTEX_BYTES * int(vertices.sum())
            continue
        total += int(values.memory_usage(index=False))
        if getattr(values.dtype, "storage", "python") == "python" and values.dtype.kind == "O":
            different = pd.Series(values.unique())  # equal texts are one object
            total += int(different.memory_usage(index=False, deep=True))
    return total
