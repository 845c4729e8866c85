"""A layer read by GDAL a portion at a time: beside the table itself, memory holds one portion.

GDAL gives every cell as an object of its own. A table of a county has twenty million cells and few
different texts in them, so each portion is brought into its final, smaller form before the next.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from farmland.io.parcels.datasets import Source
from farmland.room import held_bytes

FINDS_ROWS = (".gpkg", ".gdb", ".shp")
"""Formats in which GDAL goes to a row by its number; of all others it reads what lies before."""

ROWS, BYTES = 20_000, 16_000_000
"""Of a portion, at most; bytes as they lie in the file."""

Read = Callable[..., Any]
"""Reads the layer with the options of :func:`pyogrio.read_dataframe` that are given."""

Compact = Callable[[pd.DataFrame], pd.DataFrame]
"""Brings a portion into its final form."""


Fits = Callable[[int, float], None]
"""Told of all rows and of the bytes that they take, as far as is known; may end the reading."""


def read(source: Source, about: Any, take: Read, compact: Compact, fits: Fits) -> Any:
    """Read a layer.

    Parameters
    ----------
    source : Source
    about : mapping
        What :func:`pyogrio.read_info` tells of the layer.
    take : callable
        Reads the layer, or some rows or columns of it.
    compact : callable
    fits : callable

    Returns
    -------
    GeoDataFrame, or DataFrame where the layer has no geometry
        The same as if it were read at once.
    """
    if source.suffix not in FINDS_ROWS or not about["capabilities"]["fast_set_next_by_index"]:
        whole = compact(take())
        fits(len(whole), held_bytes(whole))
        return whole
    size, parts, skip = _rows(source, about["features"]), [], 0
    count, held = 0, 0
    while True:
        part = take(skip_features=skip, max_features=size, fid_as_index=True)
        numbers = part.index
        parts.append(compact(part.reset_index(drop=True)))
        count, held = count + len(part), held + held_bytes(parts[-1])
        rows = max(count, about["features"])
        fits(rows, held / max(count, 1) * rows)
        if len(part) < size:
            break
        # A shapefile is counted with the rows that were deleted, which are not read.
        skip = int(numbers[-1]) + 1 if source.suffix == ".shp" else skip + size
    return joined(parts, lambda names: compact(take(columns=names, read_geometry=False)))


def _rows(source: Source, count: int) -> int:
    """Rows of a portion: fewer where they are large."""
    file = Path(source.dataset)
    beside = file.iterdir() if file.is_dir() else file.parent.glob(f"{file.stem}.*")
    size = sum(each.stat().st_size for each in beside) if file.exists() else 0
    return max(1, min(ROWS, BYTES * max(count, 1) // max(size, 1)))


def joined(parts: Sequence[Any], again: Callable[[list[str]], pd.DataFrame]) -> Any:
    """Portions as one table; ``again`` reads columns whole whose kind depends on all rows."""
    if len(parts) == 1:
        return parts[0]
    shaped = isinstance(parts[0], gpd.GeoDataFrame)
    names = [name for name in parts[0].columns if not shaped or name != parts[0].geometry.name]
    columns = {name: _column([part[name] for part in parts]) for name in names}
    unlike = [name for name, column in columns.items() if column is None]
    if unlike:
        columns |= dict(again(unlike).items())
    table = pd.DataFrame(columns)
    if not shaped:
        return table
    shapes = np.concatenate([np.asarray(part.geometry.array, dtype=object) for part in parts])
    return gpd.GeoDataFrame(table, geometry=shapes, crs=parts[0].crs)


def _column(parts: Sequence[pd.Series[Any]]) -> pd.Series[Any] | None:
    """A column of all portions; ``None`` where one has another kind than the others."""
    if all(isinstance(part.dtype, np.dtype) and part.dtype.kind in "biuf" for part in parts):
        return pd.Series(np.concatenate([part.to_numpy() for part in parts]))
    kinds = {part.dtype for part in parts if part.dtype != object or part.notna().any()}
    if len(kinds) > 1 or not all(pd.api.types.is_string_dtype(kind) for kind in kinds):
        return None if len({part.dtype for part in parts}) > 1 else _below(parts)
    kind = kinds.pop() if kinds else parts[0].dtype
    return _below([part.astype(kind) for part in parts])


def _below(parts: Sequence[pd.Series[Any]]) -> pd.Series[Any]:
    return pd.concat(parts, ignore_index=True)
