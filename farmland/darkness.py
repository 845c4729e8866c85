"""What the pixels of a whole scene say about the 1000 counts of processing baseline 04.00.

A scene of 110 km without the 1000 has dark pixels far under 1000 in several bands; one with it
cannot. A scene whose darkest pixels lie a little over 1000 in every band, short-wave infrared
included, has it: water and shade are dark there through any haze. A clear scene that shows neither
is compared, cell by cell and in all bands at once, with those of the same place that do: soil,
crops, haze and snow move the bands apart, only the offset moves all of them by 1000.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.scene import BANDS, SCL

OFFSET_COUNTS = -1000
"""BOA_ADD_OFFSET from baseline 04.00 on (Sentinel-2 Products Specification Document, L2A)."""

DARK_QUANTILE = 0.005
"""Share of a scene's pixels that may be darker: single pixels reach -0.09, half a percent does
not (harmonised openEO series of Flanders and Denmark, 2021-2023)."""

DARK_COUNTS, DARK_BANDS = 800, 2
"""Darker than this in this many bands: without the 1000. All 40 clear dates but one of a real
640 m series of fields pass, no date with 1000 added does (Flanders 2018-2019)."""

FLOOR_COUNTS = (950, 1400)
"""Darkest pixels of every band between these: with the 1000."""

LOWEST_FLOOR = 900
"""A scene with the 1000 has its darkest half percent no lower than a reflectance of -0.01."""

CELLS = 8
"""Cells along one side of a scene for the comparison of the same place."""

CELL_SHARE, CLEAR_SHARE, COMMON_CELLS, COMMON_BANDS = 0.5, 0.7, 6, 4
"""Least clear share of a cell and of a scene; least cells and bands that two scenes share."""

NEAR_COUNTS, NEAR_SPREAD, NEAR_RATIO, WITNESSES = 350, 500, 0.5, 2
"""A scene is like the record when two other scenes lie within 350 counts of it in every band, the
bands no more than 500 apart, and half or less of what the other answer would give. On the
Flanders series 65 % of clear dates are found with 1000 added, and none, hazy ones and windows of
bare soil included, without."""


@dataclass(frozen=True, slots=True, eq=False)
class PixelEvidence:
    """What an overview of a whole scene says about its counts."""

    darkest: Mapping[str, float]
    """Counts that half a percent of the pixels with data stay under, by band."""
    cells: NDArray[np.float64]
    """Median of the clear pixels; shape (bands, 64) in the order of ``scene.BANDS``; NaN where
    less than half of a cell is clear or the band is absent."""
    clear_share: float
    """Share of SCL 4, 5, 6 and 7; 0 where there is no SCL."""
    data_share: float
    """Share of pixels with data in the fullest band."""
    file_offset: float | None = None
    """Offset written in the band files, in reflectance; ``None`` when they say nothing."""


def observe(
    overviews: Mapping[str, NDArray[np.uint16]], file_offset: float | None = None
) -> PixelEvidence:
    """Sum up the overviews of one scene.

    Parameters
    ----------
    overviews : mapping of band to array of shape (height, width)
        Counts of the *whole* scene, 0 for no data, coarse; shapes may differ between bands.
        With ``scl`` among them, clouds are left out of the comparison of places.
    file_offset : float, optional
        Offset written in the files.
    """
    scl = overviews.get(SCL)
    clear = np.isin(scl, (4, 5, 6, 7)) if scl is not None else None
    counts = {band: overviews[band] for band in BANDS if band in overviews}
    held = {band: values[values > 0] for band, values in counts.items()}
    empty = np.full(CELLS * CELLS, np.nan)
    return PixelEvidence(
        darkest={b: float(np.quantile(v, DARK_QUANTILE)) for b, v in held.items() if v.size},
        cells=np.array(
            [_cells(counts[band], clear) if band in counts else empty for band in BANDS]
        ),
        clear_share=float(clear.mean()) if clear is not None else 0.0,
        data_share=max((held[band].size / counts[band].size for band in counts), default=0.0),
        file_offset=file_offset,
    )


def alone(evidence: PixelEvidence) -> int | None:
    """What a scene's darkest pixels say by themselves: 0, -1000, or ``None`` for can't tell."""
    floors = list(evidence.darkest.values())
    if sum(floor < DARK_COUNTS for floor in floors) >= DARK_BANDS:
        return 0
    low, high = FLOOR_COUNTS
    if len(floors) == len(BANDS) and all(low <= floor <= high for floor in floors):
        return OFFSET_COUNTS
    return None


def compared(evidence: PixelEvidence, witnesses: Iterable[tuple[PixelEvidence, int]]) -> int | None:
    """What a scene says beside others of the same place whose offset is known.

    Parameters
    ----------
    evidence : PixelEvidence
    witnesses : iterable of (PixelEvidence, int)
        Scenes of the same place, each with what is added to its counts.

    Returns
    -------
    int or None
        0, -1000, or ``None`` for can't tell.
    """
    if evidence.clear_share < CLEAR_SHARE:
        return None
    shifts = [
        shift
        for other, counts in witnesses
        if (shift := _shift(evidence.cells, other.cells + counts)) is not None
    ]
    misfit = {counts: _misfit(shifts, counts) for counts in (0, OFFSET_COUNTS)}
    for counts, other in ((0, OFFSET_COUNTS), (OFFSET_COUNTS, 0)):
        fits = misfit[counts] <= min(NEAR_COUNTS, NEAR_RATIO * misfit[other])
        too_dark = counts and min(evidence.darkest.values()) < LOWEST_FLOOR
        if fits and not too_dark:
            return counts
    return None


def _cells(values: NDArray[np.uint16], clear: NDArray[np.bool_] | None) -> NDArray[np.float64]:
    """Median of the clear pixels of each of 8 × 8 cells, as one row."""
    usable = values > 0
    if clear is not None:
        rows = np.arange(values.shape[0]) * clear.shape[0] // values.shape[0]
        columns = np.arange(values.shape[1]) * clear.shape[1] // values.shape[1]
        usable &= clear[np.ix_(rows, columns)]
    tall, wide = (-(-side // CELLS) for side in values.shape)
    counts = np.full((tall * CELLS, wide * CELLS), np.nan)
    counts[: values.shape[0], : values.shape[1]] = np.where(usable, values, np.nan)
    cells = counts.reshape(CELLS, tall, CELLS, wide).swapaxes(1, 2).reshape(CELLS * CELLS, -1)
    held = np.isfinite(cells).sum(axis=1)
    middle = np.sort(cells, axis=1)[np.arange(CELLS * CELLS), np.maximum(held - 1, 0) // 2]
    return np.where(held >= CELL_SHARE * tall * wide, middle, np.nan)


def _shift(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """By how much the bands of one scene lie over those of another; ``None``: too little shared."""
    bands = np.isfinite(one).any(axis=1) & np.isfinite(other).any(axis=1)
    difference = (one - other)[bands]
    shared = np.isfinite(difference).all(axis=0)
    if bands.sum() < COMMON_BANDS or shared.sum() < COMMON_CELLS:
        return None
    shift: NDArray[np.float64] = np.median(difference[:, shared], axis=1)
    return shift


def _misfit(shifts: list[NDArray[np.float64]], counts: int) -> float:
    """How badly the worst band fits, for the second best witness, if ``counts`` is added."""
    near = [shift + counts for shift in shifts if np.ptp(shift) <= NEAR_SPREAD]
    worst = sorted(float(np.abs(shift).max()) for shift in near)
    return worst[WITNESSES - 1] if len(worst) >= WITNESSES else float("inf")
