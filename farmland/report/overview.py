"""The overview beside a result: where the clues lie, and the clearest of them before and after."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.patches import Patch
from matplotlib.path import Path as Outline
from numpy.typing import NDArray

from farmland import layers, palette
from farmland.grid import Window
from farmland.report import clues, fonts, maps, words
from farmland.report.clues import Clue
from farmland.report.drawing import FAINT, INK, PAPER, Box
from farmland.report.drawing.evidence import AFTER, BEFORE, TITLE, draw_chip
from farmland.report.drawing.pixels import Picture
from farmland.report.maps import FARMED, Frame, draw_parcels, outline, png
from farmland.report.told import Told
from farmland.result import AROUND, Chip, Result

WIDE, DPI = 13.5, 130
"""Of the picture, inches and pixels an inch."""

LEFT, HEAD, FOOT = 0.54, 1.18, 1.32
"""Margin at both sides; title above and legend with sources below the map; inches."""

SLIMMEST, BESIDE, TALLEST = 3.6, 8.6, 6.3
"""Least height of the map; its width with pictures at its side; its greatest height; inches."""

SQUARE = 1.75
"""Maps less wide for their height have the pictures at their side, others below."""

PAIRS = 4
"""Patches shown before and after below the map; one less at its side."""

SIDE, BETWEEN, LINE = 1.44, 0.06, 0.27
"""Of a picture; between the two of a patch; the line above them; inches."""

POINTS = 2.0
"""Pixels per point of these pictures."""

NEAR = 8
"""Pixels around a patch in these pictures: enough to know the field by."""

LOOKED_AT = 200
"""Patches among which those to show are sought."""

GROUND = "#F6F5EF"
"""Behind the parcels."""

Pair = tuple[Chip, Chip]
"""A patch before and after."""


def draw(result: Result, language: str) -> bytes:
    """Draw all frames side by side, the clearest patches, the legend and the sources, as PNG.

    Parameters
    ----------
    result : Result
    language : {"zh", "en"}
        One that the fonts at hand can write (``fonts.language_of_pictures``).
    """
    found = clues.of(result.conversions)
    frames = maps.frames(result, found)
    style: dict[str, Any] = {"fontfamily": fonts.families(), "color": INK, "parse_math": False}
    shape = _shape(frames)
    chosen = clearest(result, found)
    beside = bool(chosen) and shape < SQUARE
    chosen = chosen[: PAIRS - beside]
    pair = TITLE * POINTS / DPI + SIDE + LINE
    wide = BESIDE if beside else WIDE - 2 * LEFT
    high = TALLEST if beside else float(np.clip(wide / shape, SLIMMEST, TALLEST))
    below = 0.0 if beside or not chosen else pair + 0.24
    tall = HEAD + high + below + FOOT
    figure = Figure(figsize=(WIDE, tall), dpi=DPI, facecolor=PAPER)
    _head(figure, result, language, style)
    numbers = {clue.patch_id: number for number, (clue, _) in enumerate(chosen, 1)}
    _draw_maps(figure, frames, (LEFT, tall - HEAD - high, wide, high), numbers, style)
    right, step = WIDE - LEFT - (2 * SIDE + BETWEEN), (high - 3 * pair) / 2 + pair
    across = (WIDE - 2 * LEFT - (2 * SIDE + BETWEEN)) / (PAIRS - 1)
    for n, (clue, chips) in enumerate(chosen):
        x, y = (right, HEAD + n * step) if beside else (LEFT + n * across, HEAD + high + 0.24)
        drawn = _pair(result, clue, chips, n + 1, language)
        figure.figimage(drawn, round(x * DPI), round((tall - y - pair) * DPI))
    _legend(figure, result, language)
    return png(figure)


def _shape(frames: Sequence[Frame]) -> float:
    """Width of all frames side by side, for a height of one."""
    sides = [
        (right - left, top - bottom) for left, bottom, right, top in (f.bounds for f in frames)
    ]
    return sum(wide for wide, _ in sides) / max(high for _, high in sides) if sides else 2.5


def clearest(result: Result, found: tuple[Clue, ...]) -> list[tuple[Clue, Pair]]:
    """Patches to show: whole pictures first, then confirmed ones, then one of each cover."""
    seen: defaultdict[str, int] = defaultdict(int)
    ranked = []
    worth = clues.by_worth(found)[:LOOKED_AT]
    for clue in sorted(worth, key=lambda clue: not clue.confirmed):
        item = result.evidence.get(clue.patch_id)
        if item is None or item.before is None or item.after is None:
            continue
        pair = _near(item.before), _near(item.after)
        torn = any(bool((chip.rgb.max(axis=2) == 0).any()) for chip in pair)
        ranked.append(((torn, not clue.confirmed, seen[clue.cover]), clue, pair))
        seen[clue.cover] += not torn
    ranked.sort(key=lambda entry: entry[0])
    return [(clue, pair) for _, clue, pair in ranked[:PAIRS]]


def _near(chip: Chip) -> Chip:
    """The middle of a picture: the patch with less around it, as square as it can be."""
    height, width = chip.window.shape
    side = max(height, width) - 2 * (AROUND - NEAR)
    high, wide = min(height, side), min(width, side)
    row, column = (height - high) // 2, (width - wide) // 2
    window = Window(chip.window.row + row, chip.window.column + column, high, wide)
    return replace(chip, window=window, rgb=chip.rgb[row : row + high, column : column + wide])


def _head(figure: Figure, result: Result, language: str, style: dict[str, Any]) -> None:
    """The title, the result in one sentence, and at the foot what it rests on."""
    tall = figure.get_figheight()
    found = result.outflow
    said = words.headline(len(found), int((found["stage"] == "confirmed").sum()))
    told = Told.of(result.run)
    sources = f"{words.IMAGERY.text(language)} · {told.attribution}"
    faint = style | {"color": FAINT}
    left = LEFT / WIDE
    title = words.TITLE.text(language)
    figure.text(left, 1 - 0.52 / tall, title, fontsize=19, weight="bold", **style)
    figure.text(left, 1 - 0.88 / tall, said.text(language), fontsize=12, **style)
    figure.text(left, 0.4 / tall, told.clue.text(language), fontsize=9.5, **faint)
    figure.text(left, 0.17 / tall, sources, fontsize=9.5, **faint)


def _draw_maps(
    figure: Figure,
    frames: Sequence[Frame],
    room: tuple[float, float, float, float],
    numbers: dict[str, int],
    style: dict[str, Any],
) -> None:
    """The frames in a room (left, bottom, width, height in inches), all at one scale."""
    left, bottom, wide, high = room
    gap, tall = 0.14, figure.get_figheight()
    widths = [frame.bounds[2] - frame.bounds[0] for frame in frames]
    for whole, width in zip(frames, widths, strict=True):
        share = (wide - gap * (len(frames) - 1)) * width / sum(widths)
        axes = figure.add_axes((left / WIDE, bottom / tall, share / WIDE, high / tall))
        frame = replace(whole, bounds=_filled(whole.bounds, share / high))
        draw_parcels(axes, frame, share * DPI)
        axes.set_axis_on()
        axes.set(xticks=[], yticks=[], facecolor=GROUND)
        axes.spines[:].set_visible(False)
        _draw_patches(axes, frame)
        _draw_bar(axes, frame, style)
        _draw_numbers(axes, frame, numbers, style)
        left += share + gap


def _filled(
    bounds: tuple[float, float, float, float], shape: float
) -> tuple[float, float, float, float]:
    """Bounds with ground added at both sides, ``shape`` times as wide as high."""
    left, bottom, right, top = bounds
    wide, high = right - left, top - bottom
    x, y = max(0.0, high * shape - wide) / 2, max(0.0, wide / shape - high) / 2
    return left - x, bottom - y, right + x, top + y


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


def _draw_numbers(axes: Axes, frame: Frame, numbers: dict[str, int], style: dict[str, Any]) -> None:
    """The numbers of the patches whose pictures are shown."""
    disc = {"boxstyle": "circle,pad=0.25", "facecolor": INK, "edgecolor": PAPER, "linewidth": 1.2}
    white = style | {"color": PAPER}
    for clue, shape in frame.patches:
        if clue.patch_id in numbers:
            _, _, right, top = shape.bounds
            axes.annotate(str(numbers[clue.patch_id]), (right, top), (5, 5),
                          textcoords="offset points", fontsize=9, weight="bold", ha="center",
                          va="center", bbox=disc, zorder=5, **white)  # fmt: skip


def _draw_bar(axes: Axes, frame: Frame, style: dict[str, Any]) -> None:
    """A scale bar in the lower left corner."""
    left, bottom, right, top = frame.bounds
    length = frame.bar()
    x, y = left + (right - left) * 0.015, bottom + (top - bottom) * 0.03
    axes.plot([x, x + length], [y, y], color=INK, linewidth=2, solid_capstyle="butt")
    label = f"{length // 1000} km" if length >= 1000 else f"{length} m"
    axes.text(x, y + (top - bottom) * 0.015, label, fontsize=9.5, **style)


def _pair(
    result: Result, clue: Clue, chips: Pair, number: int, language: str
) -> NDArray[np.float32]:
    """A patch before and after under its number, cover and area."""
    unit = DPI / POINTS
    side, gap, line = SIDE * unit, BETWEEN * unit, LINE * unit
    canvas = Picture(fonts.faces(), 2 * side + gap, line + TITLE + side, POINTS)
    canvas.dots(np.array([[6.0, 7.0]]), 5.5, INK)
    canvas.text(6, 10, str(number), 8, PAPER, bold=True, align="centre")
    cover = layers.words("conversions", "cover", clue.cover).text(language)
    canvas.text(16, 10.4, cover, 9, bold=True)
    area = words.area(clue.area_m2, clue.area_mu).text(language)
    canvas.text(2 * side + gap, 10.4, area, 7.5, FAINT, align="right")
    for n, (title, chip) in enumerate(zip((BEFORE, AFTER), chips, strict=True)):
        box = Box(n * (side + gap), line, side, TITLE + side)
        shape = clues.outline(clue, result.conversions.crs, chip.crs)
        draw_chip(canvas, box, title, chip, shape, language, words.absent(True))
    return np.asarray(imread(io.BytesIO(canvas.png()), format="png"), np.float32)


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
        handles.append(Patch(facecolor=PAPER, edgecolor=FAINT, hatch="////", label=label))
    seen = set(result.parcels["status"]) - {"confirmed", "candidate", "invalid_geometry"}
    for status in (name for name in palette.PARCELS if name in seen):
        label = layers.words("parcels", "status", status).text(language)
        quiet, colour = status == "stable", palette.PARCELS[status]
        face, edge = FARMED if quiet else (f"{colour}66", colour)
        handles.append(Patch(facecolor=face, edgecolor=edge, label=label))
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=((LEFT - 0.1) / WIDE, (FOOT - 0.1) / figure.get_figheight()),
        ncols=4 if len(handles) <= 8 else 6,
        frameon=False,
        columnspacing=1.6,
        prop={"family": fonts.families(), "size": 10},
    )
