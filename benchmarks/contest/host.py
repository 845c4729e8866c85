"""What a real scene does to whatever lies in it: texture, the day's own light, displacement.

Dims: p = pixels, t = looks, b = bands (blue, green, red, nir, swir16, swir22).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from contest.cases import Case
from farmland.grid import PIXEL_M, Window
from farmland.imagery.stack import NO_DATA, Stack

VISIBLE = 3
"""Bands to which haze adds."""

AGREED = 0.3
"""Quantile of the pixels that must have moved the same way: what most of the fields did on a day is
its light, what a part of them did is their harvest."""

TELLING = 0.2
"""Share of pixels that must be clear to tell how a day's light was."""

GAP = 40
"""Days between looks over which fields change too much to tell the light (rules: spike_reach)."""

DISPLACED_M = 3.0
"""Standard deviation of where a scene lies against another: 0.3 pixels (METHODS 2.15)."""

FINE_M = 2
"""Side of the squares that outlines are laid on."""


@dataclass(frozen=True, slots=True, eq=False)
class Host:
    """A quiet case and what its scenes do to covers that were never there."""

    case: Case
    texture: NDArray[np.float32]
    """(p, t, b) counts of a pixel above the mean of its surroundings in the parcel."""
    light: NDArray[np.float32]
    """(t,) factor of the day's light and view, one for all bands: the houses of the Flemish window
    scatter by 16-22 % in each, and their NDVI by 0.04."""
    haze: NDArray[np.float32]
    """(t, b) counts that the day's haze adds; 0 beyond the visible."""


def host(case: Case) -> Host:
    """Learn from a quiet case what its scenes do."""
    seen = case.stack.clear & (case.stack.values[..., 0] != NO_DATA)
    counts = np.where(seen[..., None], case.stack.values, np.nan).astype(np.float32)
    expected = _between_looks(counts, case.stack.days)
    ratio = np.median(np.maximum(counts, 1) / np.maximum(expected, 1), axis=2)
    light = _agreed(ratio[..., None], 1.0)
    haze = np.maximum(_agreed(counts - light * expected, 0.0), 0)
    haze[:, VISIBLE:] = 0
    return Host(case, _texture(counts, case.stack), light[:, 0], haze)


def _between_looks(counts: NDArray[np.float32], days: NDArray[np.int32]) -> NDArray[np.float32]:
    """What (p, t, b) would be if it had changed evenly between the looks before and after."""
    pixels, looks = counts.shape[:2]
    known = ~np.isnan(counts[:, :, 0])
    number = np.broadcast_to(np.arange(looks), known.shape)
    last = np.maximum.accumulate(np.where(known, number, -1), axis=1)[:, :-2]
    following = np.where(known, number, looks)[:, ::-1]
    following = np.minimum.accumulate(following, axis=1)[:, ::-1][:, 2:]
    p, before = np.arange(pixels)[:, None], np.maximum(last, 0)
    behind = np.minimum(following, looks - 1)
    span = days[behind] - days[before]
    share = ((days[1:-1] - days[before]) / np.maximum(span, 1))[..., None]
    even = (1 - share) * counts[p, before] + share * counts[p, behind]
    even[(last < 0) | (following == looks) | (span > GAP)] = np.nan
    return np.pad(even, ((0, 0), (1, 1), (0, 0)), constant_values=np.nan).astype(np.float32)


def _agreed(departure: NDArray[np.float32], none: float) -> NDArray[np.float32]:
    """The least departure (t, b) from ``none`` that most pixels (p, t, b) share on a look."""
    out = np.full(departure.shape[1:], none, np.float32)
    for look in range(out.shape[0]):
        known = departure[~np.isnan(departure[:, look, 0]), look]
        if len(known) >= TELLING * len(departure):
            low, high = np.quantile(known, (AGREED, 1 - AGREED), axis=0)
            out[look] = np.where(low > none, low, np.where(high < none, high, none))
    return out


def _texture(counts: NDArray[np.float32], stack: Stack) -> NDArray[np.float32]:
    """How far each pixel lies above the mean of 3 x 3 of its parcel; 0 where unknown."""
    out = np.zeros_like(counts)
    for number, parcel in enumerate(stack.cell.parcels):
        own = np.flatnonzero(stack.parcel == number)
        rows = stack.rows[own] - parcel.window.row + 1
        columns = stack.columns[own] - parcel.window.column + 1
        height, width = parcel.window.shape
        sheet = np.full((height + 2, width + 2, *counts.shape[1:]), np.nan, np.float32)
        sheet[rows, columns] = counts[own]
        known = ~np.isnan(sheet)
        total, size = np.zeros_like(counts[own]), np.zeros(counts[own].shape, np.int8)
        for down in (-1, 0, 1):
            for across in (-1, 0, 1):
                there = rows + down, columns + across
                total += np.where(known[there], sheet[there], 0)
                size += known[there]
        above = counts[own] - total / np.maximum(size, 1)
        out[own] = np.where(np.isnan(above), 0, above)
    return out


def coverage(
    outline: shapely.Geometry, stack: Stack, shifts: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Pixels (n,) that an outline may touch, and its share (n, s, 2) of each in displaced scenes.

    The last axis: share of the pixel of 10 m (visible, nir), of the cell of 20 m that it lies in
    (short-wave infrared). ``shifts`` (s, 2): metres down and across.
    """
    around = Window.around(*outline.bounds).padded(2 + int(np.ceil(abs(shifts).max() / PIXEL_M)))
    top, left = around.row // 2 * 2, around.column // 2 * 2
    height = (around.row + around.height - top + 1) // 2 * 2
    width = (around.column + around.width - left + 1) // 2 * 2
    per = PIXEL_M // FINE_M
    x = left * PIXEL_M + (np.arange(width * per) + 0.5) * FINE_M
    y = -top * PIXEL_M - (np.arange(height * per) + 0.5) * FINE_M
    shapely.prepare(outline)
    fine = shapely.contains_xy(outline, *np.meshgrid(x, y))
    rows, columns = stack.rows - top, stack.columns - left
    near = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    pixels = np.flatnonzero(near)
    rows, columns = rows[pixels], columns[pixels]
    shares = np.empty((pixels.size, len(shifts), 2), np.float32)
    for number, step in enumerate(np.rint(shifts / FINE_M).astype(int)):
        moved = np.roll(fine, step, axis=(0, 1))
        ten = moved.reshape(height, per, width, per).mean(axis=(1, 3))
        twenty = ten.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
        shares[:, number, 0] = ten[rows, columns]
        shares[:, number, 1] = twenty[rows // 2, columns // 2]
    return pixels, shares
