"""The chart of a bulletin: a bar for each cover, its area behind it."""

from __future__ import annotations

from farmland.report import fonts
from farmland.report.bulletin.content import Bars
from farmland.report.drawing import FAINT, HAIR, INK, Box, shortened
from farmland.report.drawing.pixels import Picture

WIDE, ROW, LABEL, NUMBER = 420.0, 20.0, 120.0, 56.0
"""Points: the picture, a bar with its gap, room for names and for numbers."""

SCALE = 4.0
"""Pixels per point: sharp in print."""


def draw(bars: Bars, language: str) -> bytes:
    """The chart as PNG."""
    canvas = Picture(fonts.faces(), WIDE, ROW * len(bars.bars) + 14, SCALE)
    longest = max(size for _, _, size in bars.bars)
    room = WIDE - LABEL - NUMBER
    for number, (name, colour, size) in enumerate(bars.bars):
        y = 6 + number * ROW
        label = shortened(canvas, name.text(language), 9, LABEL - 8)
        canvas.text(LABEL - 6, y + 12.5, label, 9, INK, align="right")
        long = room * size / longest if longest else 0.0
        canvas.area(Box(LABEL, y + 3, max(long, 1.0), ROW - 7).corners(), colour)
        canvas.text(LABEL + long + 5, y + 12.5, f"{size:.2f}", 8.5, FAINT)
    canvas.area(Box(LABEL - 0.5, 4, 0.6, ROW * len(bars.bars) + 2).corners(), HAIR)
    return canvas.png()
