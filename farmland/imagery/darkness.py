"""What the pixels of a whole scene say about the 1000 counts of processing baseline 04.00.

A scene of 110 km without the 1000 has dark pixels far under 1000 in several bands; one with it
cannot. A scene whose darkest pixels lie a little over 1000 in every band, and hardly over it in
the infrared, has it: water is dark there through any haze. A clear scene that shows neither
is compared, cell by cell and in several bands at once, with those of the same place that do: soil,
crops, haze and snow move the bands apart, only the offset moves all of them by 1000.

Bands are read one by one, and no further than they can still tell something: :func:`next_band`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.rules.radiometry import Radiometry
from farmland.rules.sentinel2 import CLEAR
from farmland.scene import BANDS, SCL

OFFSET_COUNTS = -1000
"""BOA_ADD_OFFSET from baseline 04.00 on (Sentinel-2 Products Specification Document, L2A)."""

INFRARED = ("nir", "swir16", "swir22")
"""Bands that water absorbs almost entirely, and that haze hardly lifts."""


_CLEAR = np.zeros(256, np.bool_)
_CLEAR[list(CLEAR)] = True


@dataclass(frozen=True, slots=True, eq=False)
class PixelEvidence:
    """What an overview of a whole scene says about its counts."""

    read: frozenset[str]
    """Bands that were looked at, and ``scl``."""
    darkest: Mapping[str, float]
    """Counts that half a percent of the pixels with data stay under, by band."""
    cells: NDArray[np.float64]
    """Median of the clear pixels; shape (bands, 64) in the order of ``scene.BANDS``; NaN where
    less than half of a cell is clear or the band was not read."""
    clear_share: float
    """Share of SCL 4, 5, 6 and 7; 0 where there is no SCL."""
    data_share: float
    """Share of pixels with data in the fullest band."""
    file_offsets: tuple[float, ...] = ()
    """Offsets written in the band files, in reflectance, each once; empty: they say nothing."""


def observe(
    overviews: Mapping[str, NDArray[np.uint16]],
    rules: Radiometry,
    file_offsets: Iterable[float] = (),
) -> PixelEvidence:
    """Sum up the overviews of one scene.

    Parameters
    ----------
    overviews : mapping of band to array of shape (height, width)
        Counts of the *whole* scene, 0 for no data, coarse; shapes may differ between bands.
        With ``scl`` among them, clouds are left out of the comparison of places.
    rules : Radiometry
    file_offsets : iterable of float
        Offsets written in the files.
    """
    scl = overviews.get(SCL)
    clear = _CLEAR.take(scl, mode="clip") if scl is not None else None
    counts = {band: overviews[band] for band in BANDS if band in overviews}
    held = {band: values[values > 0] for band, values in counts.items()}
    absent = np.full(rules.cells**2, np.nan)
    return PixelEvidence(
        read=frozenset(overviews),
        darkest={
            band: _quantile(values, rules.dark_quantile)
            for band, values in held.items()
            if values.size >= rules.dark_pixels
        },
        cells=np.array(
            [_cells(counts[band], clear, rules) if band in counts else absent for band in BANDS]
        ),
        clear_share=float(clear.mean()) if clear is not None else 0.0,
        data_share=max((held[band].size / counts[band].size for band in counts), default=0.0),
        file_offsets=tuple(sorted(set(file_offsets))),
    )


def join(one: PixelEvidence, other: PixelEvidence) -> PixelEvidence:
    """Evidence of one scene that was read in two parts, each masked by its classification."""
    return PixelEvidence(
        read=one.read | other.read,
        darkest={**one.darkest, **other.darkest},
        cells=np.where(np.isfinite(one.cells), one.cells, other.cells),
        clear_share=max(one.clear_share, other.clear_share),
        data_share=max(one.data_share, other.data_share),
        file_offsets=tuple(sorted({*one.file_offsets, *other.file_offsets})),
    )


def next_band(evidence: PixelEvidence, at_hand: Collection[str], rules: Radiometry) -> str | None:
    """Which overview ``at_hand`` may still bring an answer; ``None``: none can, or one has.

    The classification comes first, then the bands that are dark most often. More are read while a
    second dark one may follow a first, while all of them may lie a little over 1000, or as far as
    a clear scene is compared with others.
    """
    order = (SCL, *rules.reading_order)
    unread = [band for band in order if band in at_hand and band not in evidence.read]
    if not unread or alone(evidence, rules) is not None:
        return None
    if unread[0] in order[: rules.first_bands + 1]:
        return unread[0]
    dark = any(floor < rules.dark_counts for floor in evidence.darkest.values())
    if dark or (evidence.darkest and _are_floors(evidence, rules)):
        return unread[0]
    if evidence.clear_share < rules.compared_clear_share:
        return None
    return next((band for band in unread if band in rules.compared_bands), None)


def alone(evidence: PixelEvidence, rules: Radiometry) -> int | None:
    """What a scene's darkest pixels say by themselves: 0, -1000, or ``None`` for can't tell."""
    dark = sum(floor < rules.dark_counts for floor in evidence.darkest.values())
    if dark >= rules.dark_bands:
        return 0
    if len(evidence.darkest) == len(BANDS) and _are_floors(evidence, rules):
        return OFFSET_COUNTS
    return None


def comparable(evidence: PixelEvidence, rules: Radiometry) -> bool:
    """Whether a scene is clear enough to be compared with others."""
    return evidence.clear_share >= rules.compared_clear_share and bool(evidence.darkest)


def testifies(evidence: PixelEvidence, rules: Radiometry) -> bool:
    """Whether enough of a scene is clear for others to be compared with it."""
    clear = np.isfinite(evidence.cells).any(axis=0)
    return bool(clear.sum() >= rules.common_cells)


def compared(
    evidence: PixelEvidence, witnesses: Iterable[tuple[PixelEvidence, int]], rules: Radiometry
) -> int | None:
    """What a scene says beside others of the same place whose offset is known.

    Parameters
    ----------
    evidence : PixelEvidence
    witnesses : iterable of (PixelEvidence, int)
        Scenes of the same place, each with what is added to its counts.
    rules : Radiometry

    Returns
    -------
    int or None
        0, -1000, or ``None`` for can't tell.
    """
    if not comparable(evidence, rules):
        return None
    others = [other.cells + counts for other, counts in witnesses]
    if not others:
        return None
    shifts = _shifts(evidence.cells, np.array(others), rules)
    misfit = {counts: _misfit(shifts, counts, rules) for counts in (0, OFFSET_COUNTS)}
    for counts, other in ((0, OFFSET_COUNTS), (OFFSET_COUNTS, 0)):
        fits = misfit[counts] <= min(rules.near_counts, rules.near_ratio * misfit[other])
        too_dark = counts and min(evidence.darkest.values()) < rules.floor_lowest
        if fits and not too_dark:
            return counts
    return None


def _are_floors(evidence: PixelEvidence, rules: Radiometry) -> bool:
    """Whether the darkest pixels of every band read are where those of water with the 1000 are."""
    return all(
        rules.floor_least
        <= floor
        <= (rules.floor_most_infrared if band in INFRARED else rules.floor_most)
        for band, floor in evidence.darkest.items()
    )


def _quantile(counts: NDArray[np.uint16], share: float) -> float:
    """Quantile of counts (n,), linear between ranks."""
    position = share * (counts.size - 1)
    below = int(position)
    ranks = [below, min(below + 1, counts.size - 1)]
    low, high = np.partition(counts, ranks)[ranks].tolist()
    return float(low + (position - below) * (high - low))


def _cells(
    values: NDArray[np.uint16], clear: NDArray[np.bool_] | None, rules: Radiometry
) -> NDArray[np.float64]:
    """Median of the clear pixels of each of 8 × 8 cells, as one row.

    What is not clear is taken for the brightest there is: it stands behind the others.
    """
    side, usable = rules.cells, values > 0
    if clear is not None:
        rows = np.arange(values.shape[0]) * clear.shape[0] // values.shape[0]
        columns = np.arange(values.shape[1]) * clear.shape[1] // values.shape[1]
        usable &= clear[np.ix_(rows, columns)] if clear.shape != values.shape else clear
    tall, wide = (-(-length // side) for length in values.shape)
    shape = side, tall, side, wide
    whole = np.zeros((tall * side, wide * side), np.bool_)
    whole[: values.shape[0], : values.shape[1]] = usable
    counts = np.full(whole.shape, np.iinfo(np.uint16).max, np.uint16)
    np.copyto(counts[: values.shape[0], : values.shape[1]], values, where=usable)
    held = np.count_nonzero(whole.reshape(shape), axis=(1, 3)).ravel()
    cells = np.sort(counts.reshape(shape).swapaxes(1, 2).reshape(side * side, -1), axis=1)
    middle = cells[np.arange(side * side), np.maximum(held - 1, 0) // 2]
    return np.where(held >= rules.cell_share * tall * wide, middle, np.nan)


def _shifts(
    cells: NDArray[np.float64], others: NDArray[np.float64], rules: Radiometry
) -> NDArray[np.float64]:
    """By how much each band lies over that of each other scene, shape (scenes, bands).

    The median over the cells that are clear in both. Scenes that share too few cells, or whose
    bands lie apart, are left out.
    """
    chosen = [BANDS.index(band) for band in rules.compared_bands]
    difference = (cells - others)[:, chosen]
    shared: NDArray[np.int64] = np.asarray(np.isfinite(difference).all(axis=1).sum(axis=1))
    enough = shared >= rules.common_cells
    difference, shared = difference[enough], shared[enough]
    lost = ~np.isfinite(difference).all(axis=1, keepdims=True)
    ranked = np.sort(np.where(lost, np.nan, difference), axis=2)
    middle = np.array([(shared - 1) // 2, shared // 2])[:, :, None, None]
    shifts = np.take_along_axis(ranked[None], middle, axis=3).mean(axis=0)[:, :, 0]
    alike: NDArray[np.float64] = shifts[np.ptp(shifts, axis=1) <= rules.near_spread]
    return alike


def _misfit(shifts: NDArray[np.float64], counts: int, rules: Radiometry) -> float:
    """How badly the worst band fits, for the second best witness, if ``counts`` is added."""
    worst = np.sort(np.abs(shifts + counts).max(axis=1))
    return float(worst[rules.witnesses - 1]) if len(worst) >= rules.witnesses else float("inf")
