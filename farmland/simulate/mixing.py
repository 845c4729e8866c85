"""From ground to pixel: what a Sentinel-2 pixel collects from the ground under and around it."""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from farmland.grid import PIXEL_M
from farmland.simulate.layout import SUBPIXEL_M

TAPS = 8
"""Sub-pixels that one pixel collects in each direction: 20 m, twice its own size."""

STEPS = 16
"""Positions inside a sub-pixel for which weights are kept."""

BLUR_M = 3.0
"""Standard deviation of the blur beside the square pixel: with it the response at the Nyquist
frequency is 0.2-0.25 (Sentinel-2 MSI MTF 0.15-0.30, Sentinel-2 User Handbook, section 1.5)."""


def weights(blur_m: float = BLUR_M) -> NDArray[np.float32]:
    """Share of each tap in a pixel, by position inside a sub-pixel, shape (STEPS, TAPS).

    A square of ``PIXEL_M`` folded with a Gaussian of ``blur_m``; every row sums to one.
    """
    table = np.empty((STEPS, TAPS))
    for step in range(STEPS):
        offset = (step + 0.5) / STEPS
        edges = (np.arange(TAPS + 1) - TAPS / 2 + 0.5 - offset) * SUBPIXEL_M
        table[step] = np.diff([_collected(edge, blur_m) for edge in edges])
    return np.asarray(table / table.sum(axis=1, keepdims=True), np.float32)


def _collected(edge: float, blur_m: float) -> float:
    """Integral of the pixel's response from far left to ``edge`` (metres from its centre)."""
    half = PIXEL_M / 2

    def primitive(x: float) -> float:
        z = x / blur_m
        normal = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        return x * (1 + math.erf(z / math.sqrt(2))) / 2 + blur_m * normal

    return (primitive(edge + half) - primitive(edge - half)) / PIXEL_M


@numba.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def collect(
    segments: NDArray[np.int32],
    table: NDArray[np.float32],
    rows: NDArray[np.float32],
    columns: NDArray[np.float32],
    share: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Mean of ``table`` under every pixel.

    Parameters
    ----------
    segments : int32 array (height, width)
        Segment number of every sub-pixel.
    table : float32 array (segments, values)
        What each segment shows.
    rows, columns : float32 arrays (pixel height, pixel width)
        Where pixel centres lie, in sub-pixels from the upper left corner of ``segments``.
    share : float32 array (STEPS, TAPS)
        See ``weights``.

    Returns
    -------
    float32 array (values, pixel height, pixel width)
    """
    height, width = rows.shape
    steps, taps = share.shape
    values = table.shape[1]
    out = np.zeros((values, height, width), np.float32)
    total = np.zeros(values, np.float32)
    for i in range(height):
        for j in range(width):
            row, column = rows[i, j] - 0.5, columns[i, j] - 0.5
            top, left = math.floor(row), math.floor(column)
            down = share[int((row - top) * steps)]
            right = share[int((column - left) * steps)]
            top = min(max(top - taps // 2 + 1, 0), segments.shape[0] - taps)
            left = min(max(left - taps // 2 + 1, 0), segments.shape[1] - taps)
            total[:] = 0
            for a in range(taps):
                held, weight = segments[top + a, left], np.float32(0)
                for b in range(taps):
                    segment = segments[top + a, left + b]
                    if segment != held:
                        for k in range(values):
                            total[k] += weight * table[held, k]
                        held, weight = segment, np.float32(0)
                    weight += down[a] * right[b]
                for k in range(values):
                    total[k] += weight * table[held, k]
            for k in range(values):
                out[k, i, j] = total[k]
    return out
