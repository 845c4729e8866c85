"""What is wrong with a parcel layer and where: a small map for each kind of finding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from farmland.report.drawing import FAINT, HAIR, INK, scale_bar
from farmland.report.maps import outline
from farmland.report.plots.plate import DPI, LEFT, RIGHT, WIDE, Plate, lettering, written
from farmland.rules import Words

FAULT, WARNING = "#C4543A", "#D98E04"

GROUND, EDGE = "#E4EAE4", "#A3B3A6"
"""Parcels behind the findings."""

MOST = 8
"""Maps on a plate: the first kinds, faults before warnings; the others are only counted."""

APART, TITLES = 0.35, 0.5
"""Between maps, and above each for its title, inches."""

LEAST_WIDE, NARROWEST, TALLEST = 1.7, 7.5, 7.6
"""Width of a map with its title, of a plate, and height of all maps together, inches."""

SEEN, DRAWN = 2.5, 7.0
"""Pixels along a parcel of usual size from which its outline is drawn; and from which a finding
needs no dot to be seen."""

DOTS = ((50, 4.5), (1000, 3.0), (20_000, 1.2), (np.inf, 0.5))
"""Findings below which a dot is so large, points."""

MANY, GROUND_DOT = 5000, 2.4
"""Parcels above which each is a pixel, below which it is a dot."""

FAR = 20.0
"""Where outlines reach this many times further than nearly all of them do, few lie at a wrong
place and the map shows the many."""

METRES = 111_320.0
"""Of a degree of latitude."""


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One kind of finding."""

    title: Words
    fault: bool
    """Else a warning."""
    count: int
    rows: NDArray[np.intp]
    """Parcels that are concerned, without those that have no outline."""
    places: NDArray[np.object_]
    """(n,) where exactly, as far as that is known; None elsewhere."""
    said: str
    """Ids of the first ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A layer that was checked."""

    name: str
    shapes: NDArray[np.object_]
    """Outlines of all parcels; None where there is none."""
    geographic: bool
    """Whether coordinates are degrees."""
    panels: Sequence[Panel]
    elsewhere: tuple[Words, ...]
    """Kinds that have no place."""


@dataclass(frozen=True, slots=True)
class View:
    """What a map shows."""

    left: float
    bottom: float
    right: float
    top: float
    stretch: float
    """Length of a unit to the right, in units upward: below 1 where coordinates are degrees."""
    outside: int
    """Parcels that lie elsewhere."""

    @property
    def shape(self) -> float:
        """Width for a height of one."""
        return (self.right - self.left) / (self.top - self.bottom) * self.stretch


def view(shapes: NDArray[np.object_], *, geographic: bool) -> View:
    """A box around the outlines, or around nearly all where few lie far off."""
    edges = shapely.bounds(shapes[~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)])
    low, high = edges[:, :2].min(axis=0), edges[:, 2:].max(axis=0)
    near_low = np.quantile(edges[:, :2], 0.02, axis=0)
    near_high = np.quantile(edges[:, 2:], 0.98, axis=0)
    if (high - low).max() > FAR * max(float((near_high - near_low).max()), 1e-12):
        spare = 0.3 * (near_high - near_low)
        low, high = near_low - spare, near_high + spare
    within = (edges[:, 0] <= high[0]) & (edges[:, 2] >= low[0])
    within &= (edges[:, 1] <= high[1]) & (edges[:, 3] >= low[1])
    low, high = edges[within, :2].min(axis=0), edges[within, 2:].max(axis=0)
    margin = 0.04 * float((high - low).max()) or 1.0
    (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
    middle = np.radians(np.clip((bottom + top) / 2, -80, 80))
    stretch = float(np.cos(middle)) if geographic else 1.0
    return View(left, bottom, right, top, stretch, int((~within).sum()))


def picture(layer: Layer, language: str) -> bytes:
    """Draw a layer as PNG."""
    plate, _ = draw(layer, language)
    return plate.png()


def draw(layer: Layer, language: str) -> tuple[Plate, list[Axes]]:
    """The plate and the axes of its maps, in coordinates of the layer."""
    seen = view(layer.shapes, geographic=layer.geographic)
    shown = list(layer.panels[:MOST])
    count = max(1, len(shown))
    across, wide, tall = _laid(count, seen.shape)
    step = max(wide, LEAST_WIDE) if count > 1 else wide
    height = -(-count // across) * (tall + TITLES) + 0.1
    used = across * step + (across - 1) * APART + LEFT + RIGHT
    plate = Plate.of(height, *_said(layer, seen, language), max(used, NARROWEST))
    maps = []
    for number in range(count):
        row, column = divmod(number, across)
        bottom = height - (row + 1) * (tall + TITLES) + 0.1
        axes = plate.axes(LEFT + column * (step + APART), bottom, wide, tall)
        _ground(axes, layer, seen, wide)
        if shown:
            _finding(axes, layer, shown[number], seen, wide, language)
        maps.append(axes)
    _bar(maps[-1], seen, layer, tall)
    plate.legend(list(_keys(shown, language)))
    return plate, maps


def _laid(count: int, shape: float) -> tuple[int, float, float]:
    """How many maps stand side by side, and width and height of one: as large as the plate lets."""
    fits = []
    for across in range(1, count + 1):
        down = -(-count // across)
        tall = min(((WIDE - LEFT - RIGHT + APART) / across - APART) / shape,
                   (TALLEST + TITLES) / down - TITLES)  # fmt: skip
        if tall > 0 and (tall * shape >= LEAST_WIDE or across == 1):
            fits.append((tall * shape * tall, -across, tall))
    _, across, tall = max(fits)
    return -across, tall * shape, tall


def _size(layer: Layer, seen: View, wide: float) -> float:
    """Pixels along a parcel of usual size."""
    areas = shapely.area(layer.shapes)
    side = float(np.sqrt(np.median(areas[areas > 0]))) if (areas > 0).any() else 0.0
    return side * wide * DPI / (seen.right - seen.left)


def _ground(axes: Axes, layer: Layer, seen: View, wide: float) -> None:
    """All parcels, pale; many small ones as points."""
    axes.set_xlim(seen.left, seen.right)
    axes.set_ylim(seen.bottom, seen.top)
    axes.set_aspect(1 / seen.stretch, adjustable="box", anchor="W")
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_color(HAIR)
        side.set_linewidth(0.6)
    there = layer.shapes[~shapely.is_missing(layer.shapes) & ~shapely.is_empty(layer.shapes)]
    if _size(layer, seen, wide) >= SEEN:
        axes.add_collection(_areas(there, GROUND, EDGE, 0.4, "ground"))
    else:
        x, y = _centres(there)
        dot = {"marker": "o", "markersize": GROUND_DOT, "markeredgewidth": 0}
        many = len(there) > MANY
        axes.plot(x, y, linestyle="", color=EDGE, gid="ground", zorder=1,
                  **({"marker": ","} if many else dot))  # fmt: skip


def _finding(
    axes: Axes, layer: Layer, panel: Panel, seen: View, wide: float, language: str
) -> None:
    """Parcels that are concerned, where exactly, and the title."""
    colour = FAULT if panel.fault else WARNING
    parcels = layer.shapes[np.unique(panel.rows)]
    exact = panel.places[~shapely.is_missing(panel.places)]
    if _size(layer, seen, wide) >= SEEN:
        face = f"{colour}55" if len(exact) else f"{colour}CC"
        axes.add_collection(_areas(parcels, face, colour, 0.8, "parcels", zorder=3))
        polygons = exact[np.isin(shapely.get_type_id(exact), (3, 6))]
        axes.add_collection(_areas(polygons, colour, colour, 0.6, "places", zorder=4))
    if _size(layer, seen, wide) < DRAWN:
        x, y = _centres(parcels)
        axes.plot(x, y, "o", color=colour, markersize=_dot(len(parcels)), markeredgewidth=0,
                  alpha=0.85, zorder=5, gid="dots")  # fmt: skip
    room = max(wide, LEAST_WIDE) * 72
    told = f"{panel.count:,}" + (f" · {panel.said}" if panel.said else "")
    above: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points"}
    heading = written(panel.title.text(language), int(room / 6.2))
    axes.annotate(heading, (0, 1), (0, 17), **above, **lettering(9.5, INK, weight="bold"))
    axes.annotate(written(told, int(room / 4.6)), (0, 1), (0, 5), **above, **lettering(8, FAINT))


def _dot(count: int) -> float:
    """Many dots are small ones."""
    return next(size for most, size in DOTS if count < most)


def _areas(
    shapes: NDArray[np.object_], face: str, edge: str, line: float, name: str, zorder: float = 1
) -> PathCollection:
    return PathCollection(
        [outline(shape) for shape in shapes if not shape.is_empty],
        facecolors=face,
        edgecolors=edge,
        linewidths=line,
        gid=name,
        zorder=zorder,
    )


def _centres(shapes: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    middles = shapely.centroid(shapes)
    return shapely.get_x(middles), shapely.get_y(middles)


def _bar(axes: Axes, seen: View, layer: Layer, tall: float) -> None:
    """A scale bar under a map."""
    metres = METRES * seen.stretch if layer.geographic else 1.0
    length = scale_bar((seen.right - seen.left) * metres / 4)
    share = length / metres / (seen.right - seen.left)
    y = -0.12 / tall
    axes.plot([0, share], [y, y], color=INK, linewidth=1.6, solid_capstyle="butt",
              transform=axes.transAxes, clip_on=False)  # fmt: skip
    label = f"{length // 1000} km" if length >= 1000 else f"{length} m"
    axes.text(share + 0.01, y, label, transform=axes.transAxes, va="center",
              **lettering(7.5, INK))  # fmt: skip


def _said(layer: Layer, seen: View, language: str) -> tuple[str, str, str]:
    """Title, counts, and what cannot be shown."""
    title = Words(f"Findings in {layer.name}", f"{layer.name} 检查结果")
    kinds, count = len(layer.panels), sum(panel.count for panel in layer.panels)
    said = Words(
        f"{len(layer.shapes):,} parcels, {count:,} findings of {kinds} kinds",
        f"共 {len(layer.shapes):,} 个地块，{kinds} 类问题 {count:,} 处",
    )
    if not layer.panels:
        said = Words(f"{len(layer.shapes):,} parcels, nothing is wrong on the map",
                     f"共 {len(layer.shapes):,} 个地块，图上未见问题")  # fmt: skip
    if kinds > MOST:
        said = Words(f"{said.en}; the first {MOST} are shown", f"{said.zh}；此处列前 {MOST} 类")
    notes = [words.text(language) for words in layer.elsewhere]
    if seen.outside:
        far = Words(f"{seen.outside} parcels lie far off", f"{seen.outside} 个地块位于远处")
        notes.append(f"{far.text(language)}")
    return title.text(language), said.text(language), " · ".join(notes)


def _keys(panels: Sequence[Panel], language: str) -> Iterator[Any]:
    yield Patch(facecolor=GROUND, edgecolor=EDGE, label=PARCEL.text(language))
    for fault, colour, words in ((True, FAULT, A_FAULT), (False, WARNING, A_WARNING)):
        if any(panel.fault == fault for panel in panels):
            yield Line2D([], [], linestyle="", marker="o", markersize=5, color=colour,
                         label=words.text(language))  # fmt: skip


PARCEL = Words("parcel", "地块")
A_FAULT, A_WARNING = Words("fault", "错误"), Words("warning", "提示")
