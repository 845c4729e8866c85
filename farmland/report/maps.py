"""Where the patches lie, drawn: the parcels by status, and outlines as paths.

Parcels may lie far apart (two counties, two sides of a zone edge): each group of neighbours gets
its own frame, drawn in its own UTM zone so that north is up and squares are square.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.path import Path as Outline
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from farmland import palette
from farmland.grid import utm_zone
from farmland.report.clues import Clue
from farmland.result import Result

APART_M = 3000.0
"""Groups further apart than this get frames of their own."""

DENSE = 14.0
"""Parcels drawn smaller than this (units of the drawing) lose their outlines: no grey veil."""

MOST_FRAMES = 4
"""With more groups one frame shows all."""

FARMED = "#DCEAD9", "#7FA67F"
"""Fill and outline of parcels that are farmed as before: the quiet ground of every map."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One map."""

    crs: str
    bounds: tuple[float, float, float, float]
    """Left, bottom, right, top in metres, margin included."""
    parcels: gpd.GeoDataFrame
    patches: tuple[tuple[Clue, BaseGeometry], ...]
    """Each with its outline in metres, most probable first."""

    def bar(self) -> int:
        """Length of the scale bar in metres: a round number, about a fifth of the width."""
        fifth = (self.bounds[2] - self.bounds[0]) / 5
        power = 10 ** int(np.floor(np.log10(fifth)))
        return int(max(step * power for step in (1, 2, 5) if step * power <= fifth))


def frames(result: Result, found: tuple[Clue, ...]) -> tuple[Frame, ...]:
    """Frames that together show every parcel that has a geometry, and the patches ``found``."""
    parcels = result.parcels[result.parcels.geometry.notna()]
    if parcels.empty:
        return ()
    places = parcels.geometry.to_crs(4326)
    group = _groups(places)
    home = dict(zip(parcels["parcel_id"], group, strict=True))
    crs = result.conversions.crs
    return tuple(
        _frame(
            parcels[group == number],
            [clue for clue in found if home.get(clue.parcel_id) == number],
            places[group == number],
            crs,
        )
        for number in range(group.max() + 1)
    )


def _groups(places: gpd.GeoSeries) -> NDArray[np.int64]:
    """Number of the group of each parcel, west to east; one group where there would be many."""
    degrees = APART_M / 111_320
    centres = shapely.centroid(places.to_numpy())
    x, y = shapely.get_x(centres), shapely.get_y(centres)
    cells = np.unique(np.floor(np.column_stack([x, y]) / degrees), axis=0) * degrees
    near = shapely.box(*(cells - degrees / 4).T, *(cells + degrees * 1.25).T)
    areas = sorted(shapely.get_parts(shapely.union_all(near)), key=lambda area: area.bounds[0])
    if len(areas) > MOST_FRAMES:
        return np.zeros(len(places), np.int64)
    inside = np.array([shapely.contains_xy(area, x, y) for area in areas])
    group: NDArray[np.int64] = inside.argmax(axis=0)
    return group


def _frame(
    parcels: gpd.GeoDataFrame,
    found: list[Clue],
    places: gpd.GeoSeries,
    crs_of_patches: Any,
) -> Frame:
    """A frame around one group in the UTM zone of its middle."""
    west, south, east, north = places.total_bounds
    crs = utm_zone((west + east) / 2, (south + north) / 2)
    moved = parcels.to_crs(crs)
    left, bottom, right, top = moved.total_bounds
    margin = 0.03 * max(right - left, top - bottom, 200.0)
    bounds = (left - margin, bottom - 2 * margin, right + margin, top + margin)
    shapes = gpd.GeoSeries([clue.geometry for clue in found], crs=crs_of_patches).to_crs(crs)
    return Frame(crs, bounds, moved, tuple(zip(found, shapes, strict=True)))


def svg_path(shape: BaseGeometry, left: float, top: float, scale: float) -> str:
    """Polygons as an SVG path; ``left`` and ``top`` in metres become the origin."""
    parts = []
    for ring in _rings(shape):
        points = (ring - (left, top)) * (scale, -scale)
        parts.append("M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points[:-1]) + "Z")
    return "".join(parts)


def draw_parcels(axes: Axes, frame: Frame, width: float) -> None:
    """Draw the parcels by status on axes ``width`` pixels wide.

    Farmed land as outlines, the rest in muted fills; many small parcels without outlines.
    """
    left, bottom, right, top = frame.bounds
    axes.set_axis_off()
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.set_aspect("equal")
    side = float(np.sqrt(np.median(frame.parcels.area))) * width / (right - left)
    line = 0.9 if side > DENSE else 0.0
    for status, rows in frame.parcels.groupby("status"):
        colour = palette.PARCELS[str(status)]
        quiet = status == "stable"
        faint = status in {"confirmed", "candidate"}
        axes.add_collection(
            PathCollection(
                [outline(shape) for shape in rows.geometry],
                facecolors=FARMED[0] if quiet else f"{colour}{'26' if faint else '66'}",
                edgecolors=FARMED[1] if quiet else colour,
                linewidths=line * (0.6 if quiet else 0.8),
            )
        )


def outline(shape: BaseGeometry) -> Outline:
    """Polygons as one matplotlib path."""
    rings = list(_rings(shape))
    codes = np.concatenate([_codes(len(ring)) for ring in rings])
    return Outline(np.concatenate(rings), codes)


def png(figure: Figure, *, transparent: bool = False) -> bytes:
    """A figure as PNG bytes that depend on nothing but what is drawn."""
    FigureCanvasAgg(figure)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", transparent=transparent)
    return buffer.getvalue()


def _codes(length: int) -> NDArray[np.uint8]:
    codes = np.full(length, Outline.LINETO, np.uint8)
    codes[0], codes[-1] = Outline.MOVETO, Outline.CLOSEPOLY
    return codes


def _rings(shape: BaseGeometry) -> Iterable[NDArray[np.float64]]:
    """Coordinates (n, 2) of every ring of every polygon."""
    rings: Any = shapely.get_rings(shapely.get_parts(shape))
    return [shapely.get_coordinates(ring) for ring in rings]
