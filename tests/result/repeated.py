"""A large result out of a small one: the same township over and over, each evidence made anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from result.example import ZONE

from farmland.grid import PIXEL_M
from farmland.result import Chip, Evidence, Result

APART_PX = 140
"""Pixels from one township to the next."""


@dataclass(frozen=True)
class Repeated(Mapping[str, Evidence]):
    """Evidence of all townships, none of it kept."""

    few: Mapping[str, Evidence]
    copies: int

    def __getitem__(self, name: str) -> Evidence:
        item = self.few[original(name)]
        east, south = place(int(name[:6], 16), self.copies)
        moved = {side: shifted(getattr(item, side), east, south)
                 for side in ("before", "onset", "after")}  # fmt: skip
        return replace(item, patch_id=name, **moved)

    def __iter__(self) -> Iterator[str]:
        return (again(name, copy) for copy in range(self.copies) for name in self.few)

    def __len__(self) -> int:
        return self.copies * len(self.few)


def repeated(result: Result, copies: int) -> Result:
    """``copies`` townships side by side."""
    return replace(
        result,
        conversions=_tables(result.conversions, copies),
        parcels=_tables(result.parcels, copies),
        overlay=_tables(result.overlay, copies),
        evidence=Repeated(result.evidence, copies),
    )


def again(name: str, copy: int) -> str:
    """Id of a patch in a copy."""
    return f"{copy:06x}{name[6:]}"


def original(name: str) -> str:
    """Id of the patch it is a copy of."""
    return f"{0:06x}{name[6:]}"


def place(copy: int, copies: int) -> tuple[int, int]:
    """Pixels by which a copy lies further east and further south."""
    side = int(np.ceil(np.sqrt(copies)))
    return APART_PX * (copy % side), APART_PX * (copy // side)


def shifted(chip: Chip | None, east: int, south: int) -> Chip | None:
    """A chip of another township."""
    if chip is None:
        return None
    window = replace(chip.window, row=chip.window.row + south, column=chip.window.column + east)
    return replace(chip, window=window)


def _tables(table: gpd.GeoDataFrame, copies: int) -> gpd.GeoDataFrame:
    """A table of one township as one of all; parcels and patches get names of their own."""
    plain = pd.concat([table.drop(columns="geometry")] * copies, ignore_index=True)
    number = np.repeat(np.arange(copies), len(table))
    if "parcel_id" in plain:
        plain["parcel_id"] = [f"{name}~{n}" for name, n in zip(plain["parcel_id"], number,
                                                              strict=True)]  # fmt: skip
    if "patch_id" in plain:
        plain["patch_id"] = [again(name, n) for name, n in zip(plain["patch_id"], number,
                                                               strict=True)]  # fmt: skip
    metric = table.geometry.to_crs(ZONE).to_numpy()
    shapes: list[Any] = []
    for copy in range(copies):
        east, south = place(copy, copies)
        move = np.array([east * PIXEL_M, -south * PIXEL_M])
        shapes += list(shapely.transform(metric, lambda points, move=move: points + move))
    moved = gpd.GeoSeries(shapes, crs=ZONE).to_crs(table.crs)
    return gpd.GeoDataFrame(plain, geometry=moved.to_numpy(), crs=table.crs)
