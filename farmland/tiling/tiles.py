"""Where the work is: parcels on the grids of their UTM zones, cut into cells and blocks.

A *cell* is the neighbourhood in which parcels are compared, and never depends on how much is read
at once; a *block* is what one worker reads, a square of cells whose size follows from the memory
promised. A parcel belongs to the cell that holds its representative point, whole, so any blocking
gives the same answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from farmland.errors import WrongUsage
from farmland.grid import PIXEL_M, Window, utm_zone
from farmland.kernels.coverage import AFTER, FIRST, LABEL, ONE, ROW, WEIGHT
from farmland.scene import BANDS
from farmland.tiling.outlines import Outlines

CELL = 128
"""Pixels along a cell: 1.28 km, some hundred parcels of half a hectare as neighbours."""

NEIGHBOURS = 40
"""Parcels under which a cell is too thinly settled to compare parcels with each other."""

REACH = 3
"""Cells (3.8 km) within which a thinly settled cell looks for one to join."""

Key = tuple[str, int, int]
"""Zone, row and column of a cell."""

BLOCKS = (32, 16, 8, 4, 2, 1)
"""Cells along a block, largest first. A tile of a file that two blocks touch is read twice: of one
of 32 cells, four tiles of 1024 pixels wide, a third of what is read."""

SHEET = 1024
"""Pixels along the squares in which a block is read: one, two or four tiles of the providers'
files (1024, 512, 256)."""

PLACE_BYTES = 40
"""Of each farmland pixel of a block, whose row, column, parcel and order are held (measured)."""

READERS = 4
"""Looks that each worker reads ahead: while one waits for a server, another is decoded."""

CACHE_BYTES = 64_000_000
"""Decoded blocks that GDAL may keep where it reads (JPEG 2000)."""

BASE_BYTES = 420_000_000 + CACHE_BYTES
"""What the process holds before it reads: libraries, parcels, compiled kernels (measured)."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One parcel on the grid of its zone."""

    row: int
    """Position in the input layer."""
    crs: str
    cell: tuple[int, int]
    """Row and column of the cell in the zone."""
    window: Window
    geometry: BaseGeometry
    """Polygon in metres of the zone."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Parcels that are each other's neighbours, in input order."""

    crs: str
    index: tuple[int, int]
    parcels: tuple[Placed, ...]

    @property
    def window(self) -> Window:
        """Everything its parcels cover."""
        window = self.parcels[0].window
        for parcel in self.parcels[1:]:
            window = window.union(parcel.window)
        return window


@dataclass(frozen=True, slots=True)
class Block:
    """Cells that are read together."""

    crs: str
    cells: tuple[Cell, ...]

    @property
    def window(self) -> Window:
        """Everything its cells cover."""
        window = self.cells[0].window
        for cell in self.cells[1:]:
            window = window.union(cell.window)
        return window

    @property
    def box(self) -> BaseGeometry:
        """The window as a rectangle in metres of the zone."""
        return shapely.box(*self.window.bounds)


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """The pixels of some parcels, parcel by parcel, as arrays of length n."""

    rows: NDArray[np.int32]
    """Row in the zone-wide grid."""
    columns: NDArray[np.int32]
    full: NDArray[np.bool_]
    """Whether the whole pixel lies inside the parcel less its inner buffer."""
    parcel: NDArray[np.int32]
    """Position among the parcels."""


def place(geometry: gpd.GeoSeries) -> tuple[Placed, ...]:
    """Put every usable parcel (not null, not empty) on the grid of its zone."""
    usable = geometry[~(geometry.isna() | geometry.is_empty)]
    if usable.empty:
        return ()
    zones = zones_of(usable)
    placed: list[Placed] = []
    for crs in sorted(set(zones.tolist())):
        members = usable[zones == crs].to_crs(crs)
        for row, shape in members.items():
            placed.append(_placed(int(row), crs, shapely.force_2d(shape)))
    return tuple(sorted(placed, key=lambda parcel: parcel.row))


def zones_of(shapes: gpd.GeoSeries) -> NDArray[np.str_]:
    """The UTM zone of each parcel, that of its representative point; none is null or empty.

    Where all parcels lie inside one zone, none is asked by itself.
    """
    change = Transformer.from_crs(shapes.crs, 4326, always_xy=True)
    west, south, east, north = change.transform_bounds(*shapes.total_bounds)
    corners = {utm_zone(x, y) for x in (west, east) for y in (south, north)}
    if west <= east and len(corners) == 1:
        return np.full(len(shapes), corners.pop())
    points = shapely.get_coordinates(shapes.representative_point())
    degrees = change.transform(*points.T)
    return np.array([utm_zone(x, y) for x, y in zip(*degrees, strict=True)])


def _placed(row: int, crs: str, shape: BaseGeometry) -> Placed:
    point = shape.representative_point()
    side = CELL * PIXEL_M
    cell = (int(-point.y // side), int(point.x // side))
    return Placed(row, crs, cell, Window.around(*shape.bounds), shape)


def cells(placed: Sequence[Placed]) -> tuple[Cell, ...]:
    """Group parcels into cells, ordered by zone, row and column.

    A thinly settled cell joins the nearest one, so that a parcel by a grid line has neighbours too.
    """
    groups: dict[Key, list[Placed]] = {}
    for parcel in placed:
        groups.setdefault((parcel.crs, *parcel.cell), []).append(parcel)
    for key in sorted(groups, key=lambda key: (len(groups[key]), key)):
        host = _host(key, groups)
        if host is not None:
            groups[host].extend(groups.pop(key))
    return tuple(
        Cell(key[0], key[1:], tuple(sorted(groups[key], key=lambda parcel: parcel.row)))
        for key in sorted(groups)
    )


def _host(key: Key, groups: Mapping[Key, Sequence[Placed]]) -> Key | None:
    """The nearest cell that a thinly settled one may join; ``None`` when it stays by itself."""
    if len(groups[key]) >= NEIGHBOURS:
        return None
    crs, row, column = key
    size = _area(groups[key])
    near = [
        ((r - row) ** 2 + (c - column) ** 2, (crs, r, c))
        for r in range(row - REACH, row + REACH + 1)
        for c in range(column - REACH, column + REACH + 1)
        if (r, c) != (row, column) and (crs, r, c) in groups
    ]
    fitting = [entry for entry in near if size + _area(groups[entry[1]]) <= CELL * CELL]
    return min(fitting)[1] if fitting else None


def _area(parcels: Sequence[Placed]) -> float:
    """Pixels that the parcels cover."""
    return sum(parcel.geometry.area for parcel in parcels) / PIXEL_M**2


def blocks(
    all_cells: Sequence[Cell],
    looks: int,
    memory: int,
    workers: int,
    room: float = math.inf,
    held: int = 0,
) -> tuple[Block, ...]:
    """Group cells into the largest blocks that fit.

    Parameters
    ----------
    all_cells : sequence of Cell
    looks : int
    memory : int
        Bytes promised, for ``workers`` cells at a time.
    workers : int
    room : float
        Pixels times looks that the disk can take on their way.
    held : int
        Bytes that the process holds all along beside what every run holds.

    Raises
    ------
    WrongUsage
        When not even a block of one cell fits into memory.
    """
    largest = max((int(_area(cell.parcels)) for cell in all_cells), default=0)
    for side in BLOCKS:
        spooled = (side * CELL) ** 2 * looks
        fits = held + needed_bytes(side, looks, workers, largest) <= memory
        if fits and (spooled <= room or side == BLOCKS[-1]):
            return _grouped(all_cells, side)
    need = (held + needed_bytes(1, looks, workers, largest)) / 1024**3
    raise WrongUsage(
        f"{looks} dates and {workers} workers need {need:.1f} GB and --memory promises "
        f"{memory / 1024**3:.1f} GB: give more memory, fewer workers or a shorter history.",
        f"{looks} 个日期、{workers} 个进程需要 {need:.1f} GB，而 --memory 只给了 "
        f"{memory / 1024**3:.1f} GB：请增加内存、减少进程数或缩短历史时段。",
    )


def needed_bytes(side: int, looks: int, workers: int, largest: int = 0) -> int:
    """Peak bytes of a run in blocks of ``side`` cells, of which the largest has so many pixels.

    The places of a block's pixels; for each worker one cell through time, as integers, once more
    on their way from the disk, and as features; and the looks that are read ahead.
    """
    usual = CELL * CELL * 5 // 4
    cell = max(usual, largest) * looks * (2 * (len(BANDS) * 2 + 3) + 7 * 4 + 3 * 4)
    ahead = (READERS + 1) * SHEET * SHEET * (len(BANDS) * 2 + 4)
    return BASE_BYTES + side * side * usual * PLACE_BYTES + workers * (cell + ahead)


def _grouped(all_cells: Sequence[Cell], side: int) -> tuple[Block, ...]:
    def key(cell: Cell) -> tuple[str, int, int]:
        return cell.crs, cell.index[0] // side, cell.index[1] // side

    ordered = sorted(all_cells, key=lambda cell: (key(cell), cell.index))
    return tuple(Block(crs, tuple(members)) for (crs, _, _), members in groupby(ordered, key))


def pixels(parcels: Sequence[Placed], inner_buffer: float) -> Pixels:
    """Pixels whose centre lies in a parcel; ``inner_buffer`` in metres decides which are full.

    Of a pixel that the parcel covers in full, or not at all, its centre need not be asked.
    """
    window = reduce(Window.union, (parcel.window for parcel in parcels))
    place = window.row, window.column, *window.shape
    shapes = np.array([parcel.geometry for parcel in parcels], np.object_)
    touched = _unrolled(Outlines.of(shapes).covered(place))
    inside = touched[WEIGHT] == ONE
    rim = np.flatnonzero(~inside)
    shapely.prepare(shapes)
    x, y = (touched[FIRST, rim] + 0.5) * PIXEL_M, -(touched[ROW, rim] + 0.5) * PIXEL_M
    inside[rim] = shapely.contains_xy(shapes[touched[LABEL, rim]], x, y)
    held = touched.compress(inside, axis=1)
    return Pixels(held[ROW], held[FIRST], _full(held, shapes, inner_buffer, window), held[LABEL])


def _full(
    held: NDArray[np.int32], shapes: NDArray[np.object_], inner_buffer: float, window: Window
) -> NDArray[np.bool_]:
    """Which pixels (5, n) lie whole in their shapes less the buffer.

    What is covered but for a hair, which a weight does not show, is asked after.
    """
    cores = shapely.buffer(shapes, -inner_buffer)
    runs = Outlines.of(cores).covered((window.row, window.column, *window.shape))
    whole = _unrolled(runs[runs[:, WEIGHT] == ONE])
    full = np.isin(_numbers(held, window), _numbers(whole, window))
    left, top = held[FIRST, full] * PIXEL_M, -held[ROW, full] * PIXEL_M
    shapely.prepare(cores)
    squares = shapely.box(left, top - PIXEL_M, left + PIXEL_M, top)
    full[full] = shapely.covers(cores[held[LABEL, full]], squares)
    return full


def _unrolled(runs: NDArray[np.int32]) -> NDArray[np.int32]:
    """Runs (k, 5) as pixels (5, n), each the first of its own."""
    lengths = runs[:, AFTER] - runs[:, FIRST]
    out = np.repeat(runs.T, lengths, axis=1)
    out[FIRST] += np.arange(out.shape[1]) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return out


def _numbers(held: NDArray[np.int32], window: Window) -> NDArray[np.int64]:
    """A number for each parcel and pixel (5, n)."""
    rows = held[LABEL].astype(np.int64) * window.height + held[ROW] - window.row
    numbers: NDArray[np.int64] = rows * window.width + held[FIRST] - window.column
    return numbers
