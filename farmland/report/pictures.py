"""The picture of a patch: what was seen of it, beside the result and in QGIS."""

from __future__ import annotations

from collections.abc import Mapping

from shapely.geometry.base import BaseGeometry

from farmland import layers
from farmland.report import fonts
from farmland.report.clues import Clue
from farmland.report.drawing import FAINT, Box
from farmland.report.drawing.evidence import TITLE, chips_of, draw_chip, draw_curve
from farmland.report.drawing.pixels import Picture
from farmland.result import Evidence
from farmland.rules import Words

SIDE, GAP, HIGH, CURVE_WIDE = 140.0, 8.0, 184.0, 284.0
"""Of the picture of a patch: a side of a chip, between panels, all of it, its curve; points."""

SCALE = 1.6
"""Pixels per point of the picture of a patch."""


def evidence(
    item: Evidence, clue: Clue, shapes: Mapping[str, BaseGeometry], language: str, absent: Words
) -> bytes:
    """What was seen of one patch, as PNG: its chips and its NDVI curve.

    Parameters
    ----------
    item : Evidence
    clue : Clue
    shapes : mapping
        Outline of the patch by CRS of the chips.
    language : {"zh", "en"}
    absent : Words
        Why there is no picture, where there is none.
    """
    shown = chips_of(item)
    wide = len(shown) * (SIDE + GAP) + CURVE_WIDE + 2 * GAP
    canvas = Picture(fonts.faces(), wide, HIGH, SCALE)
    parts = (("conversion", clue.conversion), ("cover", clue.cover), ("stage", clue.stage))
    title = " · ".join(layers.words("conversions", *part).text(language) for part in parts)
    canvas.area(Box(GAP, 8, 3, 11).corners(), clue.colour)
    canvas.text(GAP + 8, 17, title, 10, bold=True)
    canvas.text(wide - GAP, 17, clue.patch_id, 7, FAINT, align="right")
    x = GAP
    for panel, chip in shown:
        outline = shapes[chip.crs] if chip else None
        draw_chip(canvas, Box(x, 23, SIDE, SIDE + TITLE), panel, chip, outline, language, absent)
        x += SIDE + GAP
    draw_curve(canvas, Box(x, 23, CURVE_WIDE, SIDE + TITLE), item.curve, clue, language)
    return canvas.png()
