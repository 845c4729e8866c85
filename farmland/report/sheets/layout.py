"""One evidence sheet on one A4 page: what was seen above, room for the inspector below."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from shapely.geometry.base import BaseGeometry

from farmland.report.clues import Clue
from farmland.report.drawing import (
    FAINT,
    HAIR,
    INK,
    Box,
    Canvas,
    fitting_size,
    lines_of,
    shortened,
)
from farmland.report.drawing.evidence import chips_of, draw_chip, draw_curve
from farmland.report.drawing.paper import HEIGHT, WIDTH
from farmland.report.drawing.surroundings import Surroundings, draw_map
from farmland.report.sheets import wording as said
from farmland.report.sheets.facts import Fact
from farmland.result import Curve, Evidence
from farmland.rules import Words

LEFT, RIGHT = 40.0, WIDTH - 40.0
WIDE = RIGHT - LEFT

ROW = 15.0
"""Height of a line of facts."""

LABEL = 62.0
"""Room for the label of a fact."""

GAP = 9.0
"""Between panels."""

REASON_LINES = 4

FORM = 20.0
"""Height of a line of the form."""

BODY, LEAST = 8.0, 5.5
"""Sizes of text: usual, and the smallest that is still read before a text is cut."""

EMPTY = Curve(*(np.empty(0, kind) for kind in ("datetime64[D]", *["f4"] * 5)))


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """Everything that stands on one sheet."""

    clue: Clue
    number: int
    """In the order of the list of clues, from 1."""
    headline: tuple[Words, Words]
    """What it seems to be; how sure that is."""
    facts: tuple[tuple[Fact, ...], ...]
    item: Evidence | None
    absent: Words
    """Why a picture is not there."""
    outlines: Mapping[str, BaseGeometry]
    """The patch by CRS of its chips."""
    around: Surroundings
    basic: BaseGeometry | None
    """Permanent basic farmland around the patch, in the CRS of the map."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What is the same on all sheets of a run."""

    total: int
    """Sheets altogether."""
    clue: Words
    """The sentence every output carries."""
    made: Words
    sources: Words
    notice: Words | None
    """Said above the foot, e.g. which font is missing."""
    language: str


def draw(canvas: Canvas, sheet: Sheet, frame: Frame, page: Words) -> None:
    """Draw one sheet; ``page`` says which page of the file it is."""
    y = _head(canvas, sheet, frame)
    y = _facts(canvas, sheet.facts, y, frame.language)
    y = _reason(canvas, sheet.clue, y, frame.language)
    y = _pictures(canvas, sheet, y, frame.language)
    _form(canvas, sheet, y + 4, frame.language)
    _foot(canvas, frame, page)


def _head(canvas: Canvas, sheet: Sheet, frame: Frame) -> float:
    """Title, number, and what it seems to be."""
    language = frame.language
    number = Words(*(text.format(number=sheet.number, total=frame.total)
                     for text in (said.NUMBER.en, said.NUMBER.zh)))  # fmt: skip
    canvas.text(LEFT, 48, said.TITLE.text(language), 16, bold=True)
    canvas.text(RIGHT, 48, number.text(language), BODY, FAINT, align="right")
    canvas.area(Box(LEFT, 56, WIDE, 1.6).corners(), sheet.clue.colour)
    what, sure = (each.text(language) for each in sheet.headline)
    canvas.area(Box(LEFT, 65, 4, 14).corners(), sheet.clue.colour)
    canvas.text(LEFT + 10, 76, what, 11.5, bold=True)
    canvas.text(RIGHT, 76, sure, 9, align="right")
    return 86.0


def _facts(canvas: Canvas, rows: tuple[tuple[Fact, ...], ...], y: float, language: str) -> float:
    """The facts in two columns between hair lines."""
    _rule(canvas, y)
    for row in rows:
        wide = WIDE / len(row)
        for place, (label, value) in enumerate(row):
            x = LEFT + place * (WIDE / 2)
            canvas.text(x + 3, y + 10.5, label.text(language), 7.5, FAINT)
            _fit(canvas, x + LABEL, y + 10.5, value.text(language), wide - LABEL - 6)
        y += ROW
        _rule(canvas, y)
    return y


def _reason(canvas: Canvas, clue: Clue, y: float, language: str) -> float:
    """Why, in one sentence with the numbers."""
    canvas.text(LEFT + 3, y + 12, said.REASON.text(language), 7.5, FAINT)
    text = clue.reason.text(language)
    lines = lines_of(canvas, text, BODY, WIDE - LABEL - 6, REASON_LINES)
    for number, line in enumerate(lines):
        canvas.text(LEFT + LABEL, y + 12 + 11 * number, line, BODY)
    y += 17 + 11 * max(0, len(lines) - 1)
    _rule(canvas, y)
    return y + 6


def _pictures(canvas: Canvas, sheet: Sheet, y: float, language: str) -> float:
    """Chips and map above, the curve below."""
    item, shown = sheet.item, chips_of(sheet.item)
    wide = (WIDE - 2 * GAP) / 3
    boxes = [Box(LEFT + n * (wide + GAP), y, wide, wide + 12) for n in range(3)]
    for box, (title, chip) in zip(boxes, shown, strict=False):
        outline = sheet.outlines.get(chip.crs) if chip else None
        draw_chip(canvas, box, title, chip, outline, language, sheet.absent)
    if sheet.item is not None:
        note = said.ALIKE.text(language)
        canvas.text(boxes[len(shown) - 1].right, y + 8, note, 6, FAINT, align="right")
    below = y + wide + 18
    high = _form_top() - below - 2
    curve = item.curve if item else EMPTY
    place, plot = boxes[2], Box(LEFT, below + 8, WIDE, high - 8)
    if len(shown) == 3:
        place = Box(boxes[2].x, below, wide, min(wide, high) - 12)
        plot = Box(LEFT, below, WIDE - wide - GAP, high)
    draw_map(canvas, place, sheet.around, sheet.basic, sheet.clue, language)
    draw_curve(canvas, plot, curve, sheet.clue, language)
    return _form_top()


def _form_top() -> float:
    return HEIGHT - 54 - 6 * FORM - 16


def _form(canvas: Canvas, sheet: Sheet, y: float, language: str) -> None:
    """Blank fields for the inspector."""
    canvas.text(LEFT, y + 7, said.FIELD.text(language), BODY, bold=True)
    if sheet.clue.cover == "greenhouse":
        canvas.text(RIGHT, y + 7, said.FLOOR.text(language), 7, FAINT, align="right")
    top = y + 12
    for number in (0, 1, 2, 3, 4, 6):
        _rule(canvas, top + number * FORM, INK, 0.5)
    for x in (LEFT, RIGHT):
        canvas.line(np.array([[x, top], [x, top + 6 * FORM]]), INK, 0.5)
    half = LEFT + WIDE / 2
    _blanks(canvas, top, ((LEFT, said.WHO), (half, said.WHEN)), language)
    _blanks(canvas, top + FORM, ((LEFT, said.FOUND), (half, said.NAME)), language)
    _photos(canvas, top + 2 * FORM, language)
    _choices(canvas, top + 3 * FORM, language)
    _blanks(canvas, top + 4 * FORM, ((LEFT, said.REMARKS),), language)
    _blanks(canvas, top + 5 * FORM, ((half, said.SIGNED),), language)
    canvas.line(np.array([[half, top + 5 * FORM], [RIGHT, top + 5 * FORM]]), HAIR, 0.5)


def _blanks(
    canvas: Canvas, y: float, labels: tuple[tuple[float, Words], ...], language: str
) -> None:
    """Labels with nothing behind them."""
    for x, label in labels:
        canvas.text(x + 5, y + 13, label.text(language), BODY, FAINT)
        if x > LEFT:
            canvas.line(np.array([[x, y], [x, y + FORM]]), HAIR, 0.5)


def _photos(canvas: Canvas, y: float, language: str) -> None:
    """Room for the numbers of eight photos, each under its name."""
    canvas.text(LEFT + 5, y + 13, said.PHOTOS.text(language), BODY, FAINT)
    wide = (WIDE - LABEL) / len(said.PHOTO)
    for number, label in enumerate(said.PHOTO):
        x = LEFT + LABEL + number * wide
        canvas.line(np.array([[x, y], [x, y + FORM]]), HAIR, 0.5)
        canvas.text(x + 2.5, y + 7, label.text(language), 5.5, FAINT)


def _choices(canvas: Canvas, y: float, language: str) -> None:
    """Boxes to tick."""
    canvas.text(LEFT + 5, y + 13, said.RESULT.text(language), BODY, FAINT)
    wide = (WIDE - LABEL) / len(said.CHOICES)
    for number, label in enumerate(said.CHOICES):
        x = LEFT + LABEL + number * wide
        canvas.line(Box(x + 4, y + 6, 8, 8).corners(), INK, 0.6, closed=True)
        canvas.text(x + 17, y + 13, label.text(language), BODY)


def _foot(canvas: Canvas, frame: Frame, page: Words) -> None:
    """The sentence every output carries, and how the sheet was made."""
    y = HEIGHT - 38
    clue = frame.clue.text(frame.language)
    canvas.text(LEFT, y, shortened(canvas, clue, 8, WIDE, bold=True), 8, bold=True)
    _fit(canvas, LEFT, y + 11, frame.made.text(frame.language), WIDE - 110, 6.5, FAINT)
    canvas.text(RIGHT, y + 11, page.text(frame.language), 6.5, FAINT, align="right")
    _fit(canvas, LEFT, y + 20, frame.sources.text(frame.language), WIDE, 6.5, FAINT)
    if frame.notice is not None:
        _fit(canvas, LEFT, y + 29, frame.notice.text(frame.language), WIDE, 6.5, INK)


def _fit(
    canvas: Canvas,
    x: float,
    y: float,
    text: str,
    width: float,
    size: float = BODY,
    colour: str = INK,
) -> None:
    """Write a text smaller where it is long, and cut it where that is not enough."""
    size = fitting_size(canvas, text, size, width, LEAST)
    canvas.text(x, y, shortened(canvas, text, size, width), size, colour)


def _rule(canvas: Canvas, y: float, colour: str = HAIR, width: float = 0.4) -> None:
    canvas.line(np.array([[LEFT, y], [RIGHT, y]]), colour, width)
