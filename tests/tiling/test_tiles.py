"""Parcels on the grids of their zones: every parcel once, whole, whatever is read at once."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from farmland.errors import WrongUsage
from farmland.grid import PIXEL_M, Window
from farmland.tiling import tiles
from farmland.tiling.tiles import CELL, NEIGHBOURS, Cell, Placed

ZONE = "EPSG:32650"
X, Y = 500_000, 4_000_000
SIDE = CELL * PIXEL_M
GIB = 1024**3


def place(*shapes: BaseGeometry | None, crs: str = ZONE) -> tuple[Placed, ...]:
    return tiles.place(gpd.GeoSeries(list(shapes), crs=crs))


def village(row: int, column: int, parcels: int, side: float = 30.0) -> list[BaseGeometry]:
    """Square parcels in one cell, counted from the cell that holds X, Y."""
    left = (X // SIDE + column) * SIDE + 100
    top = (Y // SIDE - row) * SIDE + 100
    across = int((SIDE - 200) // (side + 5))
    return [
        box(x, y, x + side, y + side)
        for n in range(parcels)
        for x, y in [(left + n % across * (side + 5), top + n // across * (side + 5))]
    ]


def scattered(seed: int, parcels: int, spread: float = 6 * SIDE) -> list[BaseGeometry]:
    random = np.random.default_rng(seed)
    left, low = random.uniform(0, spread, (2, parcels))
    width, height = random.uniform(10, 300, (2, parcels))
    angles = random.uniform(0, 90, parcels)
    return [
        affinity.rotate(box(X + x, Y + y, X + x + w, Y + y + h), angle)
        for x, y, w, h, angle in zip(left, low, width, height, angles, strict=True)
    ]


# --- placing -----------------------------------------------------------------


def test_a_parcel_is_placed_by_its_own_row() -> None:
    shape = box(X, Y, X + 50, Y + 40)
    placed = place(None, shape, Polygon(), affinity.translate(shape, 100))
    assert [parcel.row for parcel in placed] == [1, 3]
    assert placed[0].crs == ZONE
    assert placed[0].window == Window.around(X, Y, X + 50, Y + 40)
    assert place(None, Polygon()) == ()


def test_each_side_of_a_zone_edge_has_its_zone() -> None:
    """120 degrees east runs through Shaoxing and Changzhou."""
    west, east = box(119.99, 32.0, 119.995, 32.005), box(120.005, 32.0, 120.01, 32.005)
    placed = place(east, west, crs="EPSG:4490")
    assert [(parcel.row, parcel.crs) for parcel in placed] == [(0, "EPSG:32651"), (1, ZONE)]
    assert all(250_000 < abs(parcel.geometry.centroid.x - X) < 300_000 for parcel in placed)
    assert placed[0].geometry.area == pytest.approx(placed[1].geometry.area, rel=1e-3)


def test_a_parcel_across_a_zone_edge_stays_whole() -> None:
    (placed,) = place(box(119.998, 32.0, 120.003, 32.004), crs="EPSG:4326")
    assert placed.crs == "EPSG:32651"
    assert placed.geometry.area == pytest.approx(472.3 * 443.6, rel=0.005)


def test_the_south_has_its_own_grid() -> None:
    (placed,) = place(box(-46.2, -12.1, -46.195, -12.095), crs="EPSG:4326")
    assert placed.crs == "EPSG:32723"
    assert 8_600_000 < placed.geometry.centroid.y < 8_700_000
    assert Window.around(*placed.geometry.bounds) == placed.window


def test_heights_are_left_behind() -> None:
    (placed,) = place(shapely.force_3d(box(X, Y, X + 50, Y + 40), 12.0))
    assert not placed.geometry.has_z


# --- cells -------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
def test_every_parcel_is_in_one_cell(seed: int, parcels: int) -> None:
    placed = place(*scattered(seed, parcels))
    cells = tiles.cells(placed)
    rows = [parcel.row for cell in cells for parcel in cell.parcels]
    assert sorted(rows) == list(range(parcels))
    for cell in cells:
        own = [parcel.row for parcel in cell.parcels]
        assert own == sorted(own)
        assert all(parcel.window.union(cell.window) == cell.window for parcel in cell.parcels)
    assert len({(cell.crs, cell.index) for cell in cells}) == len(cells)


@given(st.integers(0, 2**32 - 1), st.randoms())
def test_the_order_of_parcels_makes_no_other_cells(seed: int, random: object) -> None:
    placed = list(place(*scattered(seed, 30)))
    expected = tiles.cells(placed)
    random.shuffle(placed)  # type: ignore[attr-defined]
    assert tiles.cells(placed) == expected


def sizes(*villages: list[BaseGeometry]) -> list[int]:
    shapes = [shape for village in villages for shape in village]
    return sorted(len(cell.parcels) for cell in tiles.cells(place(*shapes)))


def test_a_thin_cell_joins_the_nearest() -> None:
    full = NEIGHBOURS + 5
    near, far = village(0, 0, full), village(0, 3, full + 20)
    assert sizes(near, village(0, 1, 3), far) == [full + 3, full + 20]
    assert sizes(village(0, 0, full), village(2, 1, 3)) == [full + 3]


def test_settled_cells_stay_apart() -> None:
    assert sizes(village(0, 0, NEIGHBOURS), village(0, 1, NEIGHBOURS)) == [NEIGHBOURS] * 2


def test_a_farm_too_far_out_stays_by_itself() -> None:
    assert sizes(village(0, 0, NEIGHBOURS), village(0, tiles.REACH + 1, 3)) == [3, NEIGHBOURS]


def test_thin_cells_join_each_other() -> None:
    """A parcel by a grid line has neighbours too, even where all cells are thin."""
    assert sizes(*[village(0, column, 5) for column in range(4)]) == [20]


def test_joined_cells_cover_no_more_than_one_cell() -> None:
    """Memory is planned by cells: large fields fill one before forty of them are together."""
    side = SIDE - 300
    big = [village(0, column, 1, side)[0] for column in range(3)]
    assert sizes(big[:1], big[1:2], big[2:]) == [1, 1, 1]
    for cell in tiles.cells(place(*scattered(5, 400, 4 * SIDE))):
        if len({parcel.cell for parcel in cell.parcels}) > 1:
            area = sum(parcel.geometry.area for parcel in cell.parcels)
            assert area <= SIDE * SIDE


# --- blocks ------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1))
def test_blocks_hold_the_same_cells_whatever_their_size(seed: int) -> None:
    cells = tiles.cells(place(*scattered(seed, 40, 12 * SIDE)))
    whole = set(cells)
    for side in tiles.BLOCKS:
        blocks = tiles.blocks(cells, 100, tiles.needed_bytes(side, 100, 1), 1)
        held = [cell for block in blocks for cell in block.cells]
        assert len(held) == len(cells)
        assert set(held) == whole
        for block in blocks:
            rows, columns = np.array([cell.index for cell in block.cells]).T
            assert np.ptp(rows) < side
            assert np.ptp(columns) < side
            assert all(cell.window.union(block.window) == block.window for cell in block.cells)
            assert block.box.bounds == block.window.bounds


@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("side", tiles.BLOCKS)
def test_the_largest_block_that_fits_is_taken(side: int, workers: int) -> None:
    cells = tiles.cells(
        place(*[shape for row in range(8) for shape in village(row, row, NEIGHBOURS)])
    )
    need = tiles.needed_bytes(side, 200, workers)
    squares = {(cell.index[0] // side, cell.index[1] // side) for cell in cells}
    assert len(tiles.blocks(cells, 200, need, workers)) == len(squares)
    if side > 1:
        assert len(tiles.blocks(cells, 200, need - 1, workers)) >= len(squares)
        spooled = (side * CELL) ** 2 * 200
        assert len(tiles.blocks(cells, 200, need, workers, spooled)) == len(squares)
        assert len(tiles.blocks(cells, 200, need, workers, spooled - 1)) >= len(squares)


def test_a_county_of_three_years_fits_the_default() -> None:
    """4 GB, two workers, 250 dates: four tiles of a COG along a side."""
    assert tiles.needed_bytes(tiles.BLOCKS[0], 250, 2) < 4 * GIB


def test_a_huge_field_is_in_the_budget() -> None:
    big = box(500_000, 4_000_000, 500_000 + 6 * SIDE, 4_000_000 + 6 * SIDE)
    (cell,) = tiles.cells(place(big))
    need = tiles.needed_bytes(1, 100, 1, (6 * CELL) ** 2)
    assert len(tiles.blocks([cell], 100, need, 1)) == 1
    with pytest.raises(WrongUsage, match="100 dates and 1 workers need"):
        tiles.blocks([cell], 100, need - 1, 1)


def test_too_little_memory_is_said_in_one_sentence() -> None:
    cells = tiles.cells(place(*village(0, 0, 3)))
    with pytest.raises(WrongUsage) as fault:
        tiles.blocks(cells, 4000, 1 * GIB, 8)
    assert fault.value.english == (
        "4000 dates and 8 workers need 33.7 GB and --memory promises 1.0 GB: give more memory, "
        "fewer workers or a shorter history."
    ).replace("33.7", f"{tiles.needed_bytes(1, 4000, 8) / GIB:.1f}")
    assert "4000 个日期、8 个进程" in fault.value.chinese
    assert fault.value.exit_code == 2


def test_memory_below_the_base_never_fits() -> None:
    with pytest.raises(WrongUsage):
        tiles.blocks([], 1, tiles.BASE_BYTES - 1, 1)


@given(st.integers(1, 400), st.integers(1, 8))
def test_bytes_grow_with_looks_size_and_workers(looks: int, workers: int) -> None:
    sizes = [tiles.needed_bytes(side, looks, workers) for side in reversed(tiles.BLOCKS)]
    assert sizes == sorted(set(sizes))
    assert tiles.needed_bytes(1, looks, workers) < tiles.needed_bytes(1, looks + 1, workers)
    assert tiles.needed_bytes(1, looks, workers) < tiles.needed_bytes(1, looks, workers + 1)


# --- pixels ------------------------------------------------------------------


def holed(seed: int) -> BaseGeometry:
    """A parcel of up to three parts, with a pond left out."""
    parts = [affinity.rotate(shape, 20) for shape in scattered(seed, 3, 300)]
    hole = shapely.Point(parts[0].centroid).buffer(25)
    shape = shapely.union_all(parts).difference(hole)
    return MultiPolygon([part for part in shapely.get_parts(shape) if part.area > 0])


def slow_pixels(shape: BaseGeometry, window: Window, buffer: float) -> dict[tuple[int, int], bool]:
    """Pixels whose centre is in the shape, one at a time; whether each is full."""
    inner = shape.buffer(-buffer)
    found = {}
    for row in range(window.row - 1, window.row + window.height + 1):
        for column in range(window.column - 1, window.column + window.width + 1):
            square = box(*Window(row, column, 1, 1).bounds)
            if shape.contains(square.centroid):
                found[row, column] = bool(inner.covers(square))
    return found


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("buffer", [0.0, 5.0])
def test_pixels_are_those_whose_centre_lies_inside(seed: int, buffer: float) -> None:
    (placed,) = place(holed(seed))
    got = tiles.pixels([placed], buffer)
    keys = zip(got.rows.tolist(), got.columns.tolist(), strict=True)
    found = dict(zip(keys, got.full.tolist(), strict=True))
    assert found == slow_pixels(placed.geometry, placed.window, buffer)
    assert len(found) == got.rows.size


def test_full_pixels_of_a_square_are_those_inside_the_buffer() -> None:
    """100 m by 60 m on the grid: the rim is less than 5 m from the edge (Vajsova 2020)."""
    (placed,) = place(box(X, Y, X + 100, Y + 60))
    got = tiles.pixels([placed], 5.0)
    assert got.rows.size == 60
    assert got.full.sum() == 8 * 4
    assert tiles.pixels([placed], 0.0).full.all()


def test_pixels_of_several_parcels_stand_parcel_by_parcel() -> None:
    placed = place(holed(3), box(X + 13, Y + 7, X + 61, Y + 66), holed(5))
    got = tiles.pixels(placed, 5.0)
    for number, one in enumerate(placed):
        alone, own = tiles.pixels([one], 5.0), got.parcel == number
        for name in ("rows", "columns", "full"):
            np.testing.assert_array_equal(getattr(got, name)[own], getattr(alone, name))
    assert (np.diff(got.parcel) >= 0).all()


def test_a_sliver_has_no_pixels() -> None:
    (placed,) = place(box(X + 1, Y + 1, X + 4, Y + 90))
    assert tiles.pixels([placed], 5.0).rows.size == 0


@given(st.integers(0, 2**32 - 1))
def test_neighbouring_parcels_share_no_pixel(seed: int) -> None:
    cut = X + np.random.default_rng(seed).uniform(20, 80)
    left, right = place(box(X, Y, cut, Y + 50), box(cut, Y, X + 100, Y + 50))
    both = [
        set(zip(one.rows.tolist(), one.columns.tolist(), strict=True))
        for one in (tiles.pixels([left], 5.0), tiles.pixels([right], 5.0))
    ]
    assert not both[0] & both[1]
    assert len(both[0] | both[1]) == 50 or cut % PIXEL_M == pytest.approx(5, abs=1e-6)


def test_a_cell_covers_what_its_parcels_cover() -> None:
    placed = place(box(X, Y, X + 30, Y + 30), box(X + 200, Y - 400, X + 230, Y - 300))
    cell = Cell(ZONE, (0, 0), placed)
    assert cell.window == Window.around(X, Y - 400, X + 230, Y + 30)
