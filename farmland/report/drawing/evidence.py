"""The pictures and the NDVI curve of a patch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from farmland.report import words
from farmland.report.clues import Clue
from farmland.report.drawing import (
    FAINT,
    GREEN,
    HAIR,
    INK,
    MARK,
    Box,
    Canvas,
    Points,
    legend,
    scale_bar,
    seen,
    shortened,
)
from farmland.result import Chip, Curve, Evidence
from farmland.rules import Words

OWN, NEAR, MISSED = "#C4DFBA", "#6D8FB3", "#A9B3AD"
"""Bands of the own past and of the neighbours; looks that were not clear."""

LOW, HIGH = -0.33, 1.0
"""Range of NDVI shown; what lies beyond is drawn at the edge."""

CURVE = Words("NDVI, look by look", "NDVI 逐次观测")
NO_CURVE = Words("no curve was kept", "未保存曲线")

BEFORE, ONSET, AFTER = (
    Words("Before", "前时相"),
    Words("At the change", "变化时"),
    Words("After", "后时相"),
)

TITLE = 12.0
"""Height of a line of title above a panel, in points."""

SMALL = 7.0
"""Size of the letters in a panel, in points."""


def chips_of(item: Evidence | None) -> list[tuple[Words, Chip | None]]:
    """The pictures of a patch with their titles, in the order of their days: two or three."""
    if item is None:
        return [(BEFORE, None), (AFTER, None)]
    between = [(ONSET, item.onset)] if item.onset is not None else []
    return [(BEFORE, item.before), *between, (AFTER, item.after)]


def draw_chip(
    canvas: Canvas,
    box: Box,
    title: Words,
    chip: Chip | None,
    outline: BaseGeometry | None,
    language: str,
    absent: Words,
) -> None:
    """One true-colour picture under its title: north up, with the patch and a scale bar.

    Parameters
    ----------
    canvas : Canvas
    box : Box
        Title included; the picture is a square of its width at most.
    title : Words
    chip : Chip or None
    outline : geometry or None
        The patch in the CRS of the chip.
    language : {"zh", "en"}
    absent : Words
        Why there is no picture, where there is none.
    """
    frame = Box(box.x, box.y + TITLE, box.width, box.height - TITLE)
    said = title.text(language)
    canvas.text(box.x, box.y + TITLE - 4, said, SMALL + 0.5, bold=True)
    if chip is None:
        canvas.line(frame.corners(), HAIR, 0.5, closed=True)
        note = absent.text(language)
        middle = frame.y + frame.height / 2
        canvas.text(frame.x + frame.width / 2, middle, note, SMALL, FAINT, align="centre")
        return
    taken = words.day(chip.day.item()).text(language)
    after = box.x + canvas.width(said, SMALL + 0.5, bold=True) + 6
    canvas.text(after, box.y + TITLE - 4, taken, SMALL + 0.5)
    view = _middle(chip, frame.width / frame.height)
    rows, columns = view
    canvas.picture(np.ascontiguousarray(seen(chip)[rows, columns]), frame)
    left, _, _, top = chip.window.bounds
    left, top = left + columns.start * 10.0, top - rows.start * 10.0
    scale = frame.width / ((columns.stop - columns.start) * 10.0)
    if outline is not None:
        with canvas.clipped(frame):
            for ring in rings_on(outline, left, top, scale, frame):
                canvas.line(ring, INK, 2.0, closed=True)
                canvas.line(ring, MARK, 1.0, closed=True)
    draw_scale(canvas, frame, scale)
    canvas.line(frame.corners(), HAIR, 0.5, closed=True)


def draw_scale(canvas: Canvas, frame: Box, scale: float) -> None:
    """A scale bar on a white plate in the lower left corner; ``scale`` in points per metre."""
    metres = scale_bar(frame.width * 0.35 / scale)
    said = f"{metres} m" if metres < 1000 else f"{metres // 1000} km"
    long = metres * scale
    plate = Box(frame.x + 4, frame.bottom - 16, max(long, canvas.width(said, 6)) + 8, 12)
    canvas.area(plate.corners(), "#FFFFFF", 0.85)
    canvas.text(plate.x + 4, plate.y + 6.5, said, 6)
    ends = np.array([[plate.x + 4, plate.y + 9.5], [plate.x + 4 + long, plate.y + 9.5]])
    canvas.line(ends, INK, 1.4)


def draw_north(canvas: Canvas, frame: Box) -> None:
    """An arrow to the north in the upper right corner."""
    x, y = frame.right - 10, frame.y + 5
    canvas.area(np.array([[x, y], [x + 3.5, y + 9], [x, y + 7], [x - 3.5, y + 9]]), INK)
    canvas.text(x, y + 16, "N", 6.5, bold=True, align="centre")


def draw_curve(canvas: Canvas, box: Box, curve: Curve, clue: Clue, language: str) -> None:
    """NDVI look by look, what it was compared with, and when it changed; a legend below."""
    frame = Box(box.x + 20, box.y + TITLE + 3, box.width - 20, box.height - TITLE - 29)
    canvas.text(box.x, box.y + TITLE - 4, CURVE.text(language), SMALL + 0.5, bold=True)
    if not len(curve.days):
        note = NO_CURVE.text(language)
        middle = frame.y + frame.height / 2
        canvas.text(frame.x + frame.width / 2, middle, note, SMALL, FAINT, align="centre")
        return
    days = curve.days.astype("datetime64[D]")
    axis = _Axis(days[0], days[-1], frame)
    _grid(canvas, frame, axis)
    x = axis.across(days)
    for low, high, colour, opacity in (
        (curve.own_low, curve.own_high, OWN, 1.0),
        (curve.neighbours_low, curve.neighbours_high, NEAR, 0.4),
    ):
        for band in _bands(x, axis.up(low), axis.up(high)):
            canvas.area(band, colour, opacity)
    _dates(canvas, frame, axis, clue)
    _looks(canvas, axis, x, curve, clue)
    _keys(canvas, frame, clue, language)


def rings_on(
    shape: BaseGeometry, left: float, top: float, scale: float, frame: Box
) -> Iterator[Points]:
    """Rings of polygons in metres as points on the paper."""
    for ring in shapely.get_rings(shapely.get_parts(shape)):
        places = shapely.get_coordinates(ring)[:-1]
        yield (places - (left, top)) * (scale, -scale) + (frame.x, frame.y)


def faces_on(
    shape: BaseGeometry, left: float, top: float, scale: float, frame: Box
) -> Iterator[Points]:
    """Each polygon as one ring that can be filled: a seam leads from its shell to each hole."""
    for face in shapely.get_parts(shapely.normalize(shape)):
        rings = list(rings_on(face, left, top, scale, frame))
        shell = rings[0]
        holes = [part for hole in rings[1:] for part in (shell[:1], hole, hole[:1])]
        yield np.concatenate([shell, *holes]) if holes else shell


@dataclass(frozen=True, slots=True)
class _Axis:
    """Time from left to right, NDVI from below."""

    first: np.datetime64
    last: np.datetime64
    frame: Box

    def across(self, days: NDArray[np.datetime64]) -> NDArray[np.float64]:
        """Places of days, within the frame."""
        long = max(1, int((self.last - self.first).astype(int)))
        share = np.clip((days - self.first).astype(float) / long, 0.0, 1.0)
        return np.asarray(self.frame.x + share * self.frame.width, np.float64)

    def day(self, day: date) -> float:
        """Place of one day."""
        return float(self.across(np.array([day], "datetime64[D]"))[0])

    def up(self, ndvi: NDArray[np.float32]) -> NDArray[np.float64]:
        """Places of NDVI, within the frame; NaN stays."""
        share = (np.clip(ndvi.astype(np.float64), LOW, HIGH) - LOW) / (HIGH - LOW)
        return np.asarray(self.frame.bottom - share * self.frame.height, np.float64)

    def months(self) -> Iterator[tuple[float, str]]:
        """Places and names of the months that are marked: few enough to be read."""
        one = np.timedelta64(1, "M")
        start = self.first.astype("datetime64[M]") + one
        stop = self.last.astype("datetime64[M]") + one
        fits = max(2, int(self.frame.width / 46))
        every = 1 + int((stop - start).astype(int)) // fits
        step = next((n for n in (1, 2, 3, 6) if n >= every), 12)
        for month in np.arange(start, stop, one):
            if month.astype(int) % step == 0:
                place = self.across(np.array([month], "datetime64[D]"))[0]
                yield float(place), str(month)


def _middle(chip: Chip, shape: float) -> tuple[slice, slice]:
    """The largest part of a chip around its middle that is ``shape`` times as wide as high."""
    height, width = chip.window.shape
    wide, high = min(width, round(height * shape)), min(height, round(width / shape))
    row, column = (height - high) // 2, (width - wide) // 2
    return slice(row, row + max(high, 1)), slice(column, column + max(wide, 1))


def _grid(canvas: Canvas, frame: Box, axis: _Axis) -> None:
    """Levels of NDVI and months."""
    for level in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = float(axis.up(np.array([level], np.float32))[0])
        canvas.line(np.array([[frame.x, y], [frame.right, y]]), "#E6EAE7", 0.5)
        canvas.text(frame.x - 3, y + 2, f"{level:g}", 6, FAINT, align="right")
    for x, month in axis.months():
        canvas.line(np.array([[x, frame.bottom], [x, frame.bottom + 2]]), FAINT, 0.5)
        canvas.text(x, frame.bottom + 8.5, month, 6, FAINT, align="centre")
    canvas.line(np.array([[frame.x, frame.bottom], [frame.right, frame.bottom]]), FAINT, 0.5)


def _bands(
    x: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> Iterator[Points]:
    """Polygons between two edges, broken where either is not known."""
    known = np.isfinite(low) & np.isfinite(high)
    for run in np.split(np.arange(len(x)), np.flatnonzero(np.diff(known.astype(int))) + 1):
        if len(run) > 1 and known[run[0]]:
            back = run[::-1]
            across = np.concatenate([x[run], x[back]])
            yield np.column_stack([across, np.concatenate([high[run], low[back]])])


def _dates(canvas: Canvas, frame: Box, axis: _Axis, clue: Clue) -> None:
    """Between which looks it changed, and which look confirmed it."""
    if clue.date_to is not None:
        right = axis.day(clue.date_to)
        left = axis.day(clue.date_from) if clue.date_from is not None else right
        left = min(left, right - 1.5)
        canvas.area(Box(left, frame.y, right - left, frame.height).corners(), INK, 0.16)
    if clue.confirmed_on is not None:
        x = axis.day(clue.confirmed_on)
        canvas.line(np.array([[x, frame.y], [x, frame.bottom]]), clue.colour, 1.0, dashed=True)


def _looks(canvas: Canvas, axis: _Axis, x: NDArray[np.float64], curve: Curve, clue: Clue) -> None:
    """A dot for each clear look, a tick for each other."""
    days, clear = curve.days.astype("datetime64[D]"), np.isfinite(curve.ndvi)
    since = np.zeros(len(days), bool)
    if clue.date_to is not None:
        since = days >= np.datetime64(clue.date_to)
    places = np.column_stack([x, axis.up(curve.ndvi)])
    for chosen, colour in ((clear & ~since, GREEN), (clear & since, clue.colour)):
        canvas.dots(places[chosen], 1.5, colour)
    foot = float(axis.up(np.array([LOW], np.float32))[0])
    for place in x[~clear]:
        canvas.line(np.array([[place, foot - 4], [place, foot - 1]]), MISSED, 0.5)


def _keys(canvas: Canvas, frame: Box, clue: Clue, language: str) -> None:
    """What the marks mean, in two lines."""
    keys = [
        ("area", OWN, "key_own"),
        ("area", "#C5D2E1", "key_near"),
        ("area", "#DBDEDC", "key_when"),
        ("dot", GREEN, "key_dot"),
        ("dot", clue.colour, "key_hit"),
        ("tick", MISSED, "key_miss"),
    ]
    if clue.confirmed_on is not None:
        keys.append(("tick", clue.colour, "key_confirmed"))
    said = [(form, colour, words.UI[key].text(language)) for form, colour, key in keys]
    for row, line in enumerate((said[:3], said[3:])):
        short = [(form, paint, shortened(canvas, text, 6, 120)) for form, paint, text in line]
        legend(canvas, frame.x, frame.bottom + 18 + 8.5 * row, short, 6)
