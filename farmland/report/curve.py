"""The NDVI curve of a patch as a drawing: what was seen, and what it was compared with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from farmland.result import Curve

WIDTH, HEIGHT = 640, 296
"""Size of the drawing in its own units."""

LEFT, RIGHT, TOP, BOTTOM = 34, 10, 16, 36
"""Margins around the plotting area."""

LOW, HIGH = -0.3, 1.0
"""Range of NDVI shown; open water lies below zero. What lies beyond is drawn at the edge."""


@dataclass(frozen=True, slots=True)
class Dot:
    """One clear look."""

    x: float
    y: float
    since: bool
    """Whether the change was there."""
    day: str
    ndvi: float


@dataclass(frozen=True, slots=True)
class Plot:
    """Everything a template needs to draw; coordinates in units of the drawing."""

    own: tuple[str, ...]
    """Paths of the band of the own past, one for each run without a gap."""
    near: tuple[str, ...]
    """Paths of the band of the neighbours."""
    dots: tuple[Dot, ...]
    missed: tuple[float, ...]
    """Where looks were not clear."""
    months: tuple[tuple[float, str], ...]
    levels: tuple[tuple[float, str], ...]
    change: tuple[float, float] | None
    confirmed: float | None
    after: float | None
    """Where the period after begins."""


def plot(
    curve: Curve, changed: tuple[date | None, date | None], confirmed: date | None, after: str
) -> Plot | None:
    """Lay out a curve; None where there is nothing to draw.

    Parameters
    ----------
    curve : Curve
    changed : pair of dates or None
        ``date_from`` and ``date_to`` of the patch.
    confirmed : date or None
    after : str
        The period after, ``"A/B"``, or ``""``.
    """
    if not len(curve.days):
        return None
    days = curve.days.astype("datetime64[D]")
    axis = _Axis(days[0], days[-1])
    x = axis.of(days)
    clear = np.isfinite(curve.ndvi)
    start = changed[1]
    since = days >= np.datetime64(start) if start is not None else np.zeros(len(days), bool)
    return Plot(
        own=tuple(_band(x, curve.own_low, curve.own_high)),
        near=tuple(_band(x, curve.neighbours_low, curve.neighbours_high)),
        dots=tuple(
            Dot(round(float(x[n]), 1), round(_height(curve.ndvi[n]), 1), bool(since[n]),
                str(days[n]), float(curve.ndvi[n]))
            for n in np.flatnonzero(clear)
        ),
        missed=tuple(round(float(place), 1) for place in x[~clear]),
        months=tuple(axis.months()),
        levels=tuple((round(_height(v), 1), f"{v:g}") for v in (0.0, 0.25, 0.5, 0.75, 1.0)),
        change=axis.between(*changed),
        confirmed=axis.place(confirmed),
        after=axis.place(_first(after)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Axis:
    """Time from left to right."""

    first: np.datetime64
    last: np.datetime64

    def of(self, days: NDArray[np.datetime64]) -> NDArray[np.float64]:
        """Places of days."""
        length = max(1, int((self.last - self.first).astype(int)))
        share = (days - self.first).astype(float) / length
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def place(self, day: date | None) -> float | None:
        """Place of one day, kept within the drawing; None for none or a day before it."""
        if day is None or np.datetime64(day) < self.first:
            return None
        spot = np.array([min(np.datetime64(day), self.last)])
        return round(float(self.of(spot)[0]), 1)

    def between(self, first: date | None, last: date | None) -> tuple[float, float] | None:
        """Left end and width of a span."""
        if first is None or last is None:
            return None
        left, right = self.place(first) or LEFT, self.place(last)
        return None if right is None else (left, round(max(1.5, right - left), 1))

    def months(self) -> Iterator[tuple[float, str]]:
        """Places and names of the months that are marked: few enough to be read."""
        month = np.timedelta64(1, "M")
        start = self.first.astype("datetime64[M]") + month
        stop = self.last.astype("datetime64[M]") + month
        every = 1 + (stop - start).astype(int) // 9
        step = next((n for n in (1, 2, 3, 6) if n >= every), 12)
        for first in np.arange(start, stop, month):
            if first.astype(int) % step == 0:
                yield round(float(self.of(np.array([first], "datetime64[D]"))[0]), 1), str(first)


def _height(ndvi: float) -> float:
    """Place of an NDVI from the top."""
    share = (min(max(float(ndvi), LOW), HIGH) - LOW) / (HIGH - LOW)
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _band(
    x: NDArray[np.float64], low: NDArray[np.float32], high: NDArray[np.float32]
) -> Iterator[str]:
    """Outlines between two edges, broken where either is not known."""
    known = np.isfinite(low) & np.isfinite(high)
    for run in np.split(np.arange(len(x)), np.flatnonzero(np.diff(known.astype(int))) + 1):
        if len(run) < 2 or not known[run[0]]:
            continue
        upper = [f"{x[n]:.1f},{_height(high[n]):.1f}" for n in run]
        lower = [f"{x[n]:.1f},{_height(low[n]):.1f}" for n in run[::-1]]
        yield "M" + "L".join(upper + lower) + "Z"


def _first(period: str) -> date | None:
    """First day of a period ``A/B``."""
    try:
        return date.fromisoformat(period.partition("/")[0])
    except ValueError:
        return None
