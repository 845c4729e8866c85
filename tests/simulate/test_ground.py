"""Spectra, calendars, mixing and stories of the simulator."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland.simulate.calendars import CROPS, ORDER, STAGES, SYSTEMS
from farmland.simulate.covers import COVERS, STORIES
from farmland.simulate.ground import onset, show
from farmland.simulate.mixing import STEPS, TAPS, collect, weights
from farmland.simulate.phases import Phase, Site
from farmland.simulate.regions import REGIONS
from farmland.simulate.spectra import MATERIALS, mixture

HUAI = REGIONS["huai"]
SITE = Site(HUAI, MATERIALS["loam"], MATERIALS["subsoil_yellow"], 5000.0)


def ndvi(spectrum: np.ndarray) -> np.ndarray:
    return (spectrum[..., 3] - spectrum[..., 2]) / (spectrum[..., 3] + spectrum[..., 2])


def test_materials_are_reflectances_in_the_order_that_physics_gives_them():
    for name, spectrum in MATERIALS.items():
        assert spectrum.shape == (6,), name
        assert ((spectrum > 0) & (spectrum < 0.9)).all(), name
    assert ndvi(MATERIALS["wheat"]) > 0.85
    assert 0.1 < ndvi(MATERIALS["loam"]) < 0.25
    assert ndvi(MATERIALS["water_clear"]) < 0
    soil = MATERIALS["loam"]
    assert (np.diff(soil[:5]) > 0).all()


def test_a_mixture_lies_between_its_materials():
    half = mixture(wheat=1, loam=1)
    np.testing.assert_allclose(half, (MATERIALS["wheat"] + MATERIALS["loam"]) / 2)


def test_stages_of_every_crop_follow_one_another():
    for crop in CROPS.values():
        for days in (crop.early, crop.late):
            assert len(days) == STAGES
            assert (np.diff(days) >= 0).all(), crop.name
        assert (np.array(crop.late) >= np.array(crop.early)).all(), crop.name
        assert (np.array(crop.green) + np.array(crop.brown) <= 1).all(), crop.name
    assert all(crop in ORDER for crops in SYSTEMS.values() for crop in crops)


def test_the_crops_of_a_system_fit_into_one_year():
    for name, crops in SYSTEMS.items():
        seasons = sorted((CROPS[crop].early[0], CROPS[crop].early[-2]) for crop in crops)
        last = seasons[-1][1] - 365
        for first, end in seasons:
            assert first > last - 25, name
            last = end


def test_the_shares_of_a_pixel_sum_to_one():
    share = weights()
    assert share.shape == (STEPS, TAPS)
    np.testing.assert_allclose(share.sum(axis=1), 1, atol=1e-6)
    assert (share >= 0).all()
    np.testing.assert_allclose(share, share[::-1, ::-1], atol=1e-6)


@given(st.integers(0, 2**32 - 1), st.floats(5, 14), st.floats(5, 14))
def test_a_pixel_is_the_weighted_mean_of_the_ground_under_it(seed: int, row: float, column: float):
    rng = np.random.default_rng(seed)
    segments = rng.integers(0, 5, (20, 20)).astype(np.int32)
    table = rng.random((5, 3)).astype(np.float32)
    rows, columns = (np.full((1, 1), at, np.float32) for at in (row, column))
    share = weights()
    seen = collect(segments, table, rows, columns, share)[:, 0, 0]
    top, left = (int(np.floor(at - 0.5)) for at in (np.float32(row), np.float32(column)))
    down = share[int((np.float32(row) - 0.5 - top) * STEPS)]
    right = share[int((np.float32(column) - 0.5 - left) * STEPS)]
    part = segments[top - 3 : top + 5, left - 3 : left + 5]
    slow = np.einsum("a,b,abk->k", down, right, table[part])
    np.testing.assert_allclose(seen, slow, rtol=1e-4, atol=1e-6)


def test_a_pixel_over_one_cover_shows_that_cover():
    segments = np.full((40, 40), 1, np.int32)
    table = np.array([[9.0], [0.25]], np.float32)
    place = np.full((2, 2), 17.3, np.float32)
    np.testing.assert_allclose(collect(segments, table, place, place, weights()), 0.25, rtol=1e-5)


@pytest.mark.parametrize("cover", COVERS)
def test_every_story_starts_on_its_day_and_runs_forward(cover: str):
    for seed in range(20):
        phases = STORIES[cover](19000.0, SITE, np.random.default_rng(seed))
        starts = [phase.start for phase in phases]
        assert starts[0] == 19000.0
        assert starts == sorted(starts)
        for phase in phases:
            assert phase.ramp >= 0.5
            assert 0 <= phase.low <= phase.high + 1e-9 <= 1
            assert ((phase.ground > 0) & (phase.ground < 0.8)).all()


def test_the_onset_is_the_first_day_on_which_half_the_patch_has_left():
    first = Phase(100.0, 2.0, MATERIALS["loam"])
    assert onset([(1.0, first)]) == 101
    later = replace(first, start=130.0, ramp=0.5)
    assert onset([(60.0, first), (40.0, later)]) == 102
    assert onset([(40.0, first), (60.0, later)]) == 131


@given(st.lists(st.tuples(st.floats(1, 100), st.floats(0, 60), st.floats(0.5, 20)), min_size=1))
def test_onset_against_counting_day_by_day(rows: list[tuple[float, float, float]]):
    strips = [(area, Phase(start, ramp, MATERIALS["loam"])) for area, start, ramp in rows]
    day = onset(strips)

    def left(when: float) -> float:
        return sum(a * min(max((when - s) / r, 0), 1) for a, s, r in rows)

    half = sum(area for area, _, _ in rows) / 2
    assert left(day) >= half * (1 - 1e-9)
    assert all(left(earlier) < half for earlier in range(int(day)))


def test_what_the_ground_shows_stays_a_reflectance(small):
    for day in range(18900, 19300, 37):
        table = show(small.ground, day, 0.4, 0.0)
        assert table.shape == (len(small.ground.field), 12)
        assert np.isfinite(table).all()
        assert ((table[:, :6] > 0) & (table[:, :6] < 0.7)).all()
    white = show(small.ground, 18900, 0.4, 1.0)[:, :6]
    np.testing.assert_allclose(white, np.broadcast_to(MATERIALS["snow"], white.shape), rtol=1e-5)
    dry, wet = (show(small.ground, 18900, moisture, 0.0)[:, :6] for moisture in (0.0, 1.0))
    assert (wet <= dry + 1e-6).all()
