"""The NDVI curve of a patch in few bytes: what was seen, and what it was compared with.

The browser draws it (``templates/curve.js``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from farmland.report.compact import numbers, text_of
from farmland.result import Curve

UNKNOWN = -128
"""Instead of a hundredth of NDVI: not known."""

LOWEST, HIGHEST = -100, 125
"""Hundredths of NDVI that are told apart; what lies beyond is drawn at the edge anyway."""


def packed(curve: Curve) -> dict[str, Any] | None:
    """A curve as plain values; None where there was no look.

    Returns
    -------
    dict
        ``first``: day of the first look. ``days``: days from look to look, Base64 of
        :func:`~farmland.report.compact.numbers`, the first 0. ``ndvi``: hundredths of NDVI of the
        patch, of the lower and upper edge of its own past, of its neighbours' lower and upper
        quartile, one signed byte each, ``UNKNOWN`` = not known; one series after the other.
    """
    if not len(curve.days):
        return None
    days = curve.days.astype("datetime64[D]")
    rows = (
        curve.ndvi,
        curve.own_low,
        curve.own_high,
        curve.neighbours_low,
        curve.neighbours_high,
    )
    return {
        "first": str(days[0]),
        "days": text_of(numbers(np.diff(days, prepend=days[:1]).astype(np.int64))),
        "ndvi": text_of(np.concatenate([_hundredths(row) for row in rows]).tobytes()),
    }


def _hundredths(ndvi: NDArray[np.float32]) -> NDArray[np.int8]:
    known = np.isfinite(ndvi)
    whole = np.clip(np.round(np.where(known, ndvi, 0.0) * 100), LOWEST, HIGHEST)
    return np.where(known, whole, UNKNOWN).astype(np.int8)
