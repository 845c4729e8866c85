"""Outlines of patches on the grid of their pictures."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from shapely.geometry.base import BaseGeometry

from farmland.report.clues import Clue
from farmland.result import Evidence


def outlines(clue: Clue, item: Evidence | None, crs: Any) -> dict[str, BaseGeometry]:
    """A patch in the CRS of each of its chips.

    Parameters
    ----------
    clue : Clue
    item : Evidence or None
    crs : CRS
        Of the patches.

    Returns
    -------
    dict
        Geometry in metres by CRS; empty where there is no chip.
    """
    chips = (item.before, item.onset, item.after) if item else ()
    source = CRS(crs).to_wkt()
    names = {chip.crs for chip in chips if chip}
    return {name: _moved(clue.geometry, _transformer(source, name)) for name in names}


def _moved(shape: BaseGeometry, change: Transformer) -> BaseGeometry:
    """A geometry in another CRS."""

    def places(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(change.transform(points[:, 0], points[:, 1]))

    moved: BaseGeometry = shapely.transform(shape, places)
    return moved


@cache
def _transformer(source: str, target: str) -> Transformer:
    """One transformer for each pair; making it takes longer than using it."""
    return Transformer.from_crs(source, target, always_xy=True)
