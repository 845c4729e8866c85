"""What the detector says of one cell: a finding per patch, a record per parcel. Frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.detect.cropping import Cropping
from farmland.detect.crops import Switch
from farmland.detect.evidence import Evidence
from farmland.grid import Window
from farmland.result import Curve, Greenness, Series


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """One patch that is listed."""

    row: int
    """Position of its parcel in the input layer."""
    crs: str
    rows: NDArray[np.int32]
    """Pixels in the zone-wide grid."""
    columns: NDArray[np.int32]
    first: tuple[int, int]
    """Row and column of the pixel that changed first."""
    stage: str
    cover: str
    believed: Mapping[str, float]
    ground: Mapping[str, float]
    """How it looked since, and its outline: the numbers covers are learnt from."""
    cover_before: str
    date_from: np.datetime64 | None
    date_to: np.datetime64
    confirmed_on: np.datetime64 | None
    evidence: Evidence
    kinds: tuple[str, ...]
    clear_before: int
    clear_after: int
    day_before: np.datetime64 | None
    """The look to show from before."""
    day_after: np.datetime64
    curve: Curve
    changed_before: bool
    """Whether the onset lies before the period after."""

    @property
    def window(self) -> Window:
        """Smallest window that holds the patch."""
        row, column = int(self.rows.min()), int(self.columns.min())
        return Window(
            row, column, int(self.rows.max()) - row + 1, int(self.columns.max()) - column + 1
        )


@dataclass(frozen=True, slots=True, eq=False)
class Dismissed:
    """One patch that was weighed and is not listed."""

    row: int
    """Position of its parcel in the input layer."""
    pixels: int
    since: np.datetime64
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Record:
    """What was seen of one parcel."""

    row: int
    pixels: int
    full_pixels: int
    imaged: bool
    """Whether any scene had data here."""
    seen_share: float
    """Share of its pixels with at least one clear look in either period."""
    clear_history: int
    clear_before: int
    clear_after: int
    history_days: int
    """From its first to its last look in the history."""
    cropping: Cropping
    peak_before: float
    """90 % quantile of NDVI in the period before; NaN without looks."""
    peak_after: float
    watched: int = 0
    """Days since it may have left cropping slowly, too few to list it; 0 = no sign of it."""
    switch: Switch | None = None
    """The other crop that grows where grain grew, where that is sure."""


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """Everything about one cell."""

    patches: tuple[Finding, ...]
    records: tuple[Record, ...]
    dismissed: tuple[Dismissed, ...]
    series: Series
    """What every look showed of the cell's parcels."""
    greenness: Greenness | None
    """None of a cell without pixels."""
