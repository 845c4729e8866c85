"""Covers set into real series change what they should, as their camera would, and nothing else."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import shapely
from contest import implants, outlines, real
from contest.host import coverage, host
from contest.materials import MATERIALS

from farmland.scene import BANDS

COARSE = implants.COARSE
ONSET = np.datetime64("2019-06-15")


@pytest.fixture(scope="module")
def data(shared):
    return shared / "data"


@pytest.fixture(scope="module")
def flemish(data):
    return real.flanders(data)


@pytest.fixture(scope="module")
def into(flemish):
    return host(flemish)


@pytest.fixture(scope="module")
def made(data):
    return list(implants.cases(data))


def untouched(data, case):
    """The quiet case into which covers were set."""
    return next(quiet for quiet in real.quiet(data) if quiet.stack.cell is case.stack.cell)


# --- the contest ----------------------------------------------------------------


def test_there_are_enough_of_every_kind(made):
    truths = [truth for case in made for truth in case.truths]
    assert len(truths) >= 200
    assert {truth.cover for truth in truths} == {*implants.COVERS.values(), "lake"}
    assert {truth.width_m for truth in truths} == {12.0, 16.0, np.inf}
    assert {case.group.split(" ")[-1] for case in made} == {"Flanders", "Switzerland"}
    for size in (600.0, 1500.0):
        assert sum(truth.area_m2 == pytest.approx(size) for truth in truths) >= 40


def test_most_parcels_of_a_case_stay_quiet(made):
    for case in made:
        touched = {truth.parcel for truth in case.truths}
        assert 1 <= len(touched) == len(case.truths) <= outlines.TOGETHER
        assert set(np.flatnonzero(~case.quiet)) == touched
        for truth in case.truths:
            assert (case.stack.parcel[truth.pixels] == truth.parcel).all()
            assert truth.pixels.size * 100 == pytest.approx(truth.area_m2, rel=0.5, abs=100)


def test_all_are_old_enough_to_be_found(made):
    ages = [
        (np.datetime64(case.periods.after.end) - truth.onset).astype(int)
        for case in made
        for truth in case.truths
    ]
    assert min(ages) >= 60
    assert sum(age >= 120 for age in ages) >= 60


def test_nothing_is_touched_before_its_day_or_far_from_its_place(data, made):
    for case in made[::7]:
        stack, quiet = case.stack, untouched(data, case).stack
        moved = (stack.values != quiet.values).any(axis=2) | (stack.clear != quiet.clear)
        onset = case.truths[0].onset.astype(int)
        assert not moved[:, stack.days < onset].any()
        near = np.zeros(stack.rows.size, bool)
        every = shapely.points(stack.rows, stack.columns)
        for truth in case.truths:
            at = stack.rows[truth.pixels], stack.columns[truth.pixels]
            points = shapely.multipoints(np.column_stack(at))
            shapely.prepare(points)
            near |= shapely.dwithin(points, every, 4.9)
            assert moved[truth.pixels].any(axis=1).all()
        assert not moved[~near].any()


def test_the_same_comes_out_again(data, made):
    for again, case in zip(islice(implants.cases(data), 3), made, strict=False):
        np.testing.assert_array_equal(again.stack.values, case.stack.values)
        assert [truth.parcel for truth in again.truths] == [truth.parcel for truth in case.truths]


# --- what the camera does ---------------------------------------------------------


def test_a_pixel_is_covered_by_the_share_of_it_that_is(flemish):
    stack = flemish.stack
    pixel = np.flatnonzero(stack.full & (stack.rows % 2 == 0) & (stack.columns % 2 == 0))[0]
    row, column = stack.rows[pixel], stack.columns[pixel]
    outline = shapely.box(column * 10, -row * 10 - 10, column * 10 + 15, -row * 10)
    still, down = np.zeros(2), np.array([10.0, 0.0])
    pixels, shares = coverage(outline, stack, np.stack([still, down]))
    at = {(stack.rows[p] - row, stack.columns[p] - column): n for n, p in enumerate(pixels)}
    assert shares[at[0, 0], 0, 0] == 1
    assert shares[at[0, 1], 0, 0] == pytest.approx(0.5, abs=0.11)
    assert shares[at[1, 0], 0, 0] == 0
    assert shares[at[1, 0], 0, 1] == shares[at[0, 0], 0, 1] == pytest.approx(1.5 / 4, abs=0.03)
    assert shares[at[1, 0], 1, 0] == 1
    assert shares[at[0, 0], 1, 0] == 0


def test_the_light_of_a_day_is_what_all_fields_share(flemish, into):
    stack = flemish.stack
    look = int(np.flatnonzero(into.light != 1)[3])
    values = stack.values.copy()
    dim = stack.clear[:, look]
    values[dim, look] = values[dim, look] * 0.8
    changed = host(replace(flemish, stack=replace(stack, values=values)))
    assert changed.light[look] < into.light[look]
    values = stack.values.copy()
    values[dim, look, 0] += 600
    hazy = host(replace(flemish, stack=replace(stack, values=values)))
    assert hazy.haze[look, 0] > into.haze[look, 0] + 300
    assert (hazy.haze[:, 3:] == 0).all()


@pytest.mark.parametrize("material", MATERIALS)
def test_a_whole_parcel_takes_on_the_spectrum(into, flemish, material):
    largest = int(np.argmax(flemish.full_pixels))
    chosen = [outlines.Patch(largest, flemish.stack.cell.parcels[largest].geometry)]
    case = implants.paint(into, chosen, material, ONSET, np.random.default_rng(1))
    stack = case.stack
    inner = stack.full & (stack.parcel == largest)
    since = stack.days >= ONSET.astype(int)
    seen = np.where(stack.clear[..., None], stack.values, np.nan)[inner][:, since]
    ratio = np.nanmedian(seen, axis=(0, 1)) / 1e4 / np.array(MATERIALS[material])
    np.testing.assert_allclose(ratio, np.median(ratio), rtol=0.2)
    assert 0.65 < np.median(ratio) < 1.5
    np.testing.assert_array_equal(stack.clear, flemish.stack.clear)


def test_what_is_painted_has_one_value_in_a_cell_of_20_m(into, flemish):
    parcel = outlines.patches(flemish, 1500.0, np.random.default_rng(2))[0]
    stack = implants.paint(into, [parcel], "roof", ONSET, np.random.default_rng(2)).stack
    look = int(np.flatnonzero(stack.days >= ONSET.astype(int))[0])
    order = np.lexsort((stack.columns % 2, stack.rows % 2, stack.columns // 2, stack.rows // 2))
    cell = np.stack([stack.rows // 2, stack.columns // 2], axis=1)[order]
    four = (cell[3:] == cell[:-3]).all(axis=1) & (stack.clear[order[3:], look])
    first = stack.values[order[:-3], look][:, COARSE]
    last = stack.values[order[3:], look][:, COARSE]
    assert four.sum() > 100
    np.testing.assert_allclose(first[four], last[four], atol=1)


# --- the hamlet -------------------------------------------------------------------


def test_yards_are_real_pixels_of_the_same_look_from_outside_all_parcels(data, flemish):
    land = real.flemish_land(data)
    farmed = set(zip(flemish.stack.rows, flemish.stack.columns, strict=True))
    chosen = outlines.patches(flemish, 1500.0, np.random.default_rng(3))
    case = implants.move_hamlet(data, chosen, ONSET, np.random.default_rng(3))
    stack = case.stack
    look = int(np.flatnonzero(stack.days >= ONSET.astype(int))[2])
    wild = [n for n, at in enumerate(zip(land.rows, land.columns, strict=True)) if at not in farmed]
    known = {tuple(spectrum) for spectrum in land.values[wild, look]}
    for truth in case.truths:
        assert truth.cover == "built"
        assert truth.area_m2 == 100 * truth.pixels.size
        assert {tuple(spectrum) for spectrum in stack.values[truth.pixels, look]} <= known


def test_yards_are_hardly_ever_green(data):
    donors = implants.hamlet(data)
    assert 4 <= len(donors.cells) <= 20
    values = donors.land.values[donors.cells.ravel()].astype(float)
    red, nir = values[..., BANDS.index("red")], values[..., BANDS.index("nir")]
    clear = donors.land.clear[donors.cells.ravel()]
    assert np.median(((nir - red) / (nir + red))[clear]) < 0.45
