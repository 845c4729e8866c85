"""What every detector of the contest is given, and what it gives back. Frozen values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.imagery.stack import Stack
from farmland.plan import Periods


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """One patch that truly was converted."""

    parcel: int
    """Position in the cell."""
    pixels: NDArray[np.int64]
    """Positions in the stack of the pixels of which at least half lies in the patch; may be empty
    for the smallest."""
    cover: str
    onset: np.datetime64
    """First day on which half the patch has left its old cover (DESIGN 7)."""
    area_m2: float
    width_m: float = math.inf
    """Of a road; infinite for everything else."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """The looks at some parcels that lie together, and what truly happened to them."""

    group: str
    """The row of the tables it counts in, e.g. ``"north_china"`` or ``"roofs in Switzerland"``."""
    stack: Stack
    periods: Periods
    quiet: NDArray[np.bool_]
    """(g,) parcels on which nothing was converted from the start of the history on."""
    truths: tuple[Truth, ...]

    @property
    def full_pixels(self) -> NDArray[np.int64]:
        """(g,) full pixels of each parcel."""
        inside = self.stack.parcel[self.stack.full]
        return np.bincount(inside, minlength=len(self.stack.cell.parcels))


@dataclass(frozen=True, slots=True, eq=False)
class Alarm:
    """One row that a detector would list."""

    parcel: int
    """Position in the cell."""
    pixels: NDArray[np.int64]
    """Positions in the stack."""
    date_from: np.datetime64 | None
    """Last look that still fitted; None = the detector does not say."""
    date_to: np.datetime64
    """First look of the change."""
    confirmed: bool
    cover: str
    """``""`` where the detector does not say."""


Detector = Callable[[Stack, Periods], list[Alarm]]
"""Judges the parcels of one stack; must not look at anything but its arguments."""
