"""Coordinate files as plots are reported to the ministry: text, one boundary point a line.

A header names the projection, then come plots, each a line that ends in ``@`` and its points:
number, ring, X (north) and Y (east, with the zone in front or named in the header); DOMAIN 3.5.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry import MultiPolygon, Polygon

from farmland.errors import UnusableInput
from farmland.io.parcels.gauss import ZONED, ZONES
from farmland.rules import Words

COLUMNS = (
    "界址点数",
    "地块面积",
    "地块编号",
    "地块名称",
    "图形属性",
    "图幅号",
    "地块用途",
    "地类编码",
)
"""Of the line that begins a plot, in their order."""

OLD_SYSTEMS = {"54": 4214, "80": 4610}
"""EPSG of the systems before CGCS2000, which the caller refuses."""


@dataclass(slots=True)
class _Plot:
    """A plot while its lines are read."""

    values: list[str]
    line: int
    rings: dict[str, list[tuple[float, float]]] = field(default_factory=dict)


def read(content: bytes, name: str) -> gpd.GeoDataFrame:
    """Plots of a coordinate file, one row each, axes in the order east, north.

    Raises
    ------
    UnusableInput
        When a line is no point, a ring has too few, or a plot has another number of points than
        it says. The sentence names the line, never a coordinate.
    """
    header, plots = _parsed(_decoded(content, name).splitlines(), name)
    if not plots:
        raise UnusableInput(
            f"{name} is a coordinate file without plots: give the whole file.",
            f"坐标文件 {name} 中没有地块：请给出完整的文件。",
        )
    points = np.array([at for plot in plots for ring in plot.rings.values() for at in ring])
    table = {column: [_value(plot.values, at) for plot in plots] for at, column in _columns()}
    shapes = [_polygon(plot, name) for plot in plots]
    return gpd.GeoDataFrame(table, geometry=shapes, crs=_crs(header, points, name))


def _decoded(content: bytes, name: str) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _damaged(name, Words("its text is neither UTF-8 nor GBK", "文字既非 UTF-8 也非 GBK"))


def _parsed(lines: list[str], name: str) -> tuple[dict[str, str], list[_Plot]]:
    """Settings of the header, and plots."""
    header: dict[str, str] = {}
    plots: list[_Plot] = []
    for number, line in enumerate(lines, start=1):
        text = line.replace("，", ",").replace("\0", "").strip()
        if not text or text.startswith("["):
            continue
        if text.endswith("@"):
            plots.append(_Plot([part.strip() for part in text[:-1].split(",")], number))
        elif plots:
            _add(plots[-1], text, number, name)
        else:
            key, _, value = text.partition("=")
            header[key.strip()] = value.strip()
    return header, plots


def _add(plot: _Plot, text: str, number: int, name: str) -> None:
    """Take a point: number, ring, north, east."""
    parts = [part.strip() for part in text.split(",")]
    try:
        north, east = float(parts[2]), float(parts[3])
    except (IndexError, ValueError):
        north = east = np.nan
    if not (np.isfinite(north) and np.isfinite(east)):
        raise _damaged(name, Words(f"line {number} is no point", f"第 {number} 行不是界址点"))
    plot.rings.setdefault(parts[1], []).append((east, north))


def _polygon(plot: _Plot, name: str) -> Polygon | MultiPolygon:
    """The rings of a plot: one in another is its hole, one beside it another part."""
    where = Words(f"the plot of line {plot.line}", f"第 {plot.line} 行起的地块")
    rings = list(plot.rings.values())
    if not rings or min(len(set(ring)) for ring in rings) < 3:
        raise _damaged(
            name, Words(f"{where.en} has a ring of under 3 points", f"{where.zh}界址点不足 3 个")
        )
    said = plot.values[0] if plot.values else ""
    count = sum(map(len, rings))
    closing = sum(ring[0] == ring[-1] for ring in rings)
    if said.isdecimal() and int(said) not in range(count - closing, count + 1):
        raise _damaged(
            name,
            Words(
                f"{where.en} has {count} points and says {int(said)}",
                f"{where.zh}应有 {int(said)} 个界址点，实有 {count} 个",
            ),
        )
    return _nested([Polygon(ring) for ring in rings])


def _nested(rings: list[Polygon]) -> Polygon | MultiPolygon:
    """Rings as shells and holes, the largest first."""
    parts: list[tuple[Polygon, list[Polygon]]] = []
    for ring in sorted(rings, key=lambda each: -each.area):
        inside = [
            part
            for part in parts
            if part[0].contains(point := ring.representative_point())
            and not any(hole.contains(point) for hole in part[1])
        ]
        if inside:
            inside[-1][1].append(ring)
        else:
            parts.append((ring, []))
    made = [Polygon(shell.exterior, [hole.exterior for hole in holes]) for shell, holes in parts]
    return made[0] if len(made) == 1 else MultiPolygon(made)


def _crs(header: dict[str, str], points: NDArray[np.float64], name: str) -> CRS | None:
    """The system a header describes; ``None`` where it leaves the zone open."""
    system = header.get("坐标系", "")
    for mark, code in OLD_SYSTEMS.items():
        if mark in system and "2000" not in system:
            return CRS.from_epsg(code)
    if "度" in header.get("计量单位", ""):
        return CRS.from_epsg(4490)
    six = header.get("几度分带", "").startswith("6")
    first, last, *_, zoned, plain = ZONES[six]
    said = header.get("带号", "")
    zone = int(said) if said.isdecimal() else 0
    for axis in (0, 1):  # north and east may be exchanged, which the caller puts right
        fronts = np.unique(points[:, axis] // ZONED).astype(int)
        front = int(fronts[0])
        if first <= front <= last:
            if len(fronts) > 1 or zone not in {0, front}:
                raise _damaged(name, Words("its zones contradict each other", "带号前后矛盾"))
            return CRS.from_epsg(zoned + front - first)
    return CRS.from_epsg(plain + zone - first) if first <= zone <= last else None


def _columns() -> list[tuple[int, str]]:
    return [(at, column) for at, column in enumerate(COLUMNS) if at > 0]


def _value(values: list[str], at: int) -> str | None:
    return values[at] or None if at < len(values) else None


def _damaged(name: str, what: Words) -> UnusableInput:
    return UnusableInput(
        f"The coordinate file {name} is damaged ({what.en}): export it again.",
        f"坐标文件 {name} 已损坏（{what.zh}）：请重新导出。",
    )
