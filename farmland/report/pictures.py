"""Pictures beside the result: the overview, and one picture for each patch with its evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.path import Path as Outline
from shapely.geometry.base import BaseGeometry

from farmland import layers, palette
from farmland.report import fonts, words
from farmland.report.clues import Clue
from farmland.report.drawing import FAINT, INK, Box
from farmland.report.drawing.evidence import TITLE, chips_of, draw_chip, draw_curve
from farmland.report.drawing.pixels import Picture
from farmland.report.maps import Frame, draw_parcels, outline, png
from farmland.report.told import Told
from farmland.result import Evidence, Result
from farmland.rules import Words

SIDE, GAP, HIGH, CURVE_WIDE = 140.0, 8.0, 184.0, 250.0
"""Of the picture of a patch: a side of a chip, between panels, all of it, its curve; points."""

SCALE = 1.6
"""Pixels per point of the picture of a patch."""


def overview(result: Result, frames: tuple[Frame, ...], language: str) -> bytes:
    """All frames side by side with headline, legend, scale bars and sources."""
    figure = Figure(figsize=(13.5, 8.2), dpi=130, facecolor="white")
    style: dict[str, Any] = {"fontfamily": fonts.families(), "color": INK, "parse_math": False}
    found = result.outflow
    said = words.headline(len(found), int((found["stage"] == "confirmed").sum()))
    figure.text(0.04, 0.945, words.TITLE.text(language), fontsize=19, weight="bold", **style)
    figure.text(0.04, 0.905, said.text(language), fontsize=11.5, **style)
    widths = [frame.bounds[2] - frame.bounds[0] for frame in frames]
    room = 0.92 - 0.02 * (len(frames) - 1)
    left = 0.04
    for frame, width in zip(frames, widths, strict=True):
        share = room * width / sum(widths)
        axes = figure.add_axes((left, 0.17, share, 0.71))
        draw_parcels(axes, frame, share * 13.5 * 130)
        _draw_patches(axes, frame)
        _draw_bar(axes, frame, style)
        left += share + 0.02
    _legend(figure, result, language)
    told = Told.of(result.run)
    sources = f"{words.IMAGERY.text(language)} · {told.attribution}"
    figure.text(0.04, 0.045, told.clue.text(language), fontsize=9, **(style | {"color": FAINT}))
    figure.text(0.04, 0.02, sources, fontsize=9, **(style | {"color": FAINT}))
    return png(figure)


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


def _draw_patches(axes: Axes, frame: Frame) -> None:
    """Confirmed patches filled, candidates hatched inside a broken line; alike ones together."""
    alike: defaultdict[tuple[bool, str], list[Outline]] = defaultdict(list)
    for clue, shape in frame.patches:
        alike[clue.confirmed, clue.colour].append(outline(shape))
    for (confirmed, colour), outlines in sorted(alike.items()):
        axes.add_collection(
            PathCollection(
                outlines,
                facecolors=f"{colour}{'DD' if confirmed else '44'}",
                edgecolors=colour,
                linewidths=1.6,
                linestyles="solid" if confirmed else "dashed",
                hatch=None if confirmed else "////",
                zorder=3,
            )
        )


def _draw_bar(axes: Axes, frame: Frame, style: dict[str, Any]) -> None:
    """A scale bar in the lower left corner."""
    left, bottom, right, top = frame.bounds
    length = frame.bar()
    x, y = left + (right - left) * 0.02, bottom + (top - bottom) * 0.02
    axes.plot([x, x + length], [y, y], color=INK, linewidth=2, solid_capstyle="butt")
    label = f"{length // 1000} km" if length >= 1000 else f"{length} m"
    axes.text(x, y + (top - bottom) * 0.012, label, fontsize=8.5, **style)


def _legend(figure: Figure, result: Result, language: str) -> None:
    """Only what is on the map."""
    handles: list[Patch] = []
    pairs = zip(result.conversions["conversion"], result.conversions["cover"], strict=True)
    present = {palette.class_of(conversion, cover) for conversion, cover in pairs}
    for name, colour in palette.CLASSES.items():
        if name in present:
            label = layers.words("conversions", "policy_class", name).text(language)
            handles.append(Patch(facecolor=colour, edgecolor=colour, label=label))
    if (result.conversions["stage"] == "candidate").any():
        label = layers.words("conversions", "stage", "candidate").text(language)
        handles.append(Patch(facecolor="#FFFFFF", edgecolor=FAINT, hatch="////", label=label))
    seen = set(result.parcels["status"]) - {"confirmed", "candidate", "invalid_geometry"}
    for status in (name for name in palette.PARCELS if name in seen):
        label = layers.words("parcels", "status", status).text(language)
        quiet, colour = status == "stable", palette.PARCELS[status]
        face = "#EDF4EC" if quiet else f"{colour}66"
        handles.append(Patch(facecolor=face, edgecolor=colour, label=label))
    figure.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0.033, 0.07),
        ncols=6,
        frameon=False,
        prop={"family": fonts.families(), "size": 9},
    )
