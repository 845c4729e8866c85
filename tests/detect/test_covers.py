"""What became of a patch: its numbers, its outline, and what it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farmland import rules
from farmland.detect import covers, ground
from farmland.detect.covers import Behaviour, Looks, Shape
from farmland.rules.covers import taught

FIELD = covers.outline(*(a.ravel().astype(np.int32) for a in np.indices((6, 8))), 10.0)
STRIP = covers.outline(*(a.ravel().astype(np.int32) for a in np.indices((30, 2))), 10.0)
LARGE = covers.outline(*(a.ravel().astype(np.int32) for a in np.indices((20, 20))), 10.0)

LOAM = (0.100, 0.140, 0.180, 0.245, 0.330, 0.280)
CANOPY = (0.030, 0.060, 0.030, 0.450, 0.200, 0.100)
SUBSOIL = (0.140, 0.195, 0.260, 0.345, 0.440, 0.390)
TURBID = (0.075, 0.100, 0.095, 0.060, 0.022, 0.014)
CLEAN = (0.045, 0.050, 0.032, 0.020, 0.010, 0.008)
WHITE_ROOF = (0.350, 0.380, 0.395, 0.420, 0.400, 0.360)
CONCRETE = (0.190, 0.215, 0.240, 0.275, 0.310, 0.290)
DIKED = tuple(0.86 * water + 0.14 * bank for water, bank in zip(TURBID, SUBSOIL, strict=True))
"""Of a fish pond, dikes take a part (DOMAIN 5.2)."""
FILM = (0.190, 0.210, 0.220, 0.310, 0.300, 0.210)
PANELS = (0.070, 0.080, 0.090, 0.130, 0.160, 0.145)

Spectrum = tuple[float, ...]


def looks(
    spectra: list[Spectrum],
    uneven: float = 0.06,
    noise: float = 0.03,
    seed: int = 5,
    start: int = 19_000,
    wetting: float = 0.0,
) -> Looks:
    """A look every five days at a patch of 48 pixels; the soil around dries and wets."""
    random = np.random.default_rng(seed)
    count = len(spectra)
    moisture = random.uniform(-0.25, 0.1, count)[:, None]
    pixel = 1 + random.normal(0, uneven, (48, 1, 1))
    seen = np.array(spectra) * np.exp(wetting * moisture) * pixel
    seen = seen * random.normal(1, noise, (48, count, 1)) * random.normal(1, 0.01, (1, count, 6))
    days = np.arange(start, start + 5 * count, 5, dtype=np.int32)
    return Looks(days, seen, np.array(LOAM) * np.exp(moisture))


PAST = looks([LOAM] * 10 + [CANOPY] * 10 + [LOAM] * 10, seed=1, start=18_600, wetting=1.0)


def behaviour(spectra: list[Spectrum], **how: float) -> Behaviour:
    return covers.behaviour(looks(spectra, **how), PAST)  # type: ignore[arg-type]


def called(spectra: list[Spectrum], shape: Shape, **how: float) -> str:
    return covers.decide(covers.beliefs(behaviour(spectra, **how), shape))


@pytest.mark.parametrize(
    ("spectra", "shape", "how", "cover"),
    [
        ([SUBSOIL] * 6 + [DIKED] * 30, FIELD, {}, "pond"),
        ([SUBSOIL] * 6 + [CLEAN] * 30, LARGE, {"uneven": 0.02}, "lake"),
        ([SUBSOIL] * 6 + [CONCRETE] * 6 + [WHITE_ROOF] * 24, FIELD, {"uneven": 0.2}, "built"),
        ([SUBSOIL] * 36, FIELD, {"wetting": 0.9}, "earthwork"),
        ([SUBSOIL] * 4 + [CONCRETE] * 32, STRIP, {}, "road"),
        ([LOAM] * 6 + [FILM] * 30, FIELD, {"uneven": 0.1}, "greenhouse"),
        ([LOAM] * 8 + [PANELS] * 28, LARGE, {"uneven": 0.1}, "solar"),
    ],
)
def test_typical_stories_are_named(
    spectra: list[Spectrum], shape: Shape, how: Mapping[str, float], cover: str
) -> None:
    assert called(spectra, shape, **how) == cover


def test_the_works_do_not_hide_what_came_of_them() -> None:
    """Half a year of stripped ground, then water: a pond, whose class the works have not."""
    assert called([SUBSOIL] * 20 + [TURBID] * 14, FIELD) in {"pond", "lake"}


# --- numbers -----------------------------------------------------------------


def test_own_soil_is_what_lay_bare_and_dry() -> None:
    flooded = looks([LOAM] * 8 + [CANOPY] * 8 + [CLEAN] * 8, noise=0.0, uneven=0.0)
    soil, bare = ground.own_soil(flooded)
    assert bare.tolist() == [True] * 8 + [False] * 16
    assert soil == pytest.approx(np.array(LOAM), rel=0.03)


def test_numbers_of_a_worked_example() -> None:
    """Concrete where loam was: each number against the own soil, by hand."""
    dry = looks([LOAM] * 10 + [CANOPY] * 10 + [LOAM] * 10, noise=0.0, start=18_600)
    seen = covers.behaviour(looks([CONCRETE] * 30, noise=0.0, uneven=0.0), dry)
    assert seen.swir_late == pytest.approx(np.log(0.310 / 0.330), abs=0.03)
    assert seen.visible_late == pytest.approx(np.log(0.645 / 0.420), abs=0.03)
    assert seen.blue_red_late == pytest.approx((0.19 - 0.24) / 0.43, abs=0.01)
    assert seen.blue_red_own == pytest.approx((0.10 - 0.18) / 0.28, abs=0.01)
    assert seen.ndvi_high == pytest.approx(0.035 / 0.515, abs=0.02)
    assert seen.water_late == seen.pool_late == 0
    assert seen.age == pytest.approx(np.log(145))
    assert abs(seen.wetting) < 0.1


def test_bare_earth_wets_and_dries_with_the_fields_around() -> None:
    assert behaviour([SUBSOIL] * 30, wetting=1.0).wetting > 0.6
    assert abs(behaviour([SUBSOIL] * 30, wetting=0.0).wetting) < 0.15


def test_a_white_roof_is_no_water_whatever_its_index() -> None:
    """MNDWI of white metal is above zero: water is dark besides."""
    roof = (0.42, 0.44, 0.42, 0.41, 0.33, 0.25)
    assert (roof[1] - roof[4]) / (roof[1] + roof[4]) > 0.1
    assert behaviour([roof] * 12).water_late == 0
    assert behaviour([CLEAN] * 12).water_late == 1


def test_a_pool_in_a_pit_is_seen_by_its_pixels() -> None:
    seen = looks([SUBSOIL] * 20)
    seen.spectra[:12] = np.array(TURBID)
    assert covers.behaviour(seen, PAST).pool_late == pytest.approx(0.25)


def test_without_a_past_the_fields_around_stand_for_it() -> None:
    none = Looks(PAST.days[:0], PAST.spectra[:, :0], PAST.soil[:0])
    seen = covers.behaviour(looks([CONCRETE] * 20), none)
    assert seen.swir_late == pytest.approx(np.log(0.310 / 0.330), abs=0.2)
    assert np.isnan(seen.uneven_past)
    assert covers.decide(covers.beliefs(seen, FIELD)) in rules.load("cn").covers


def test_bare_soil_of_a_day_is_that_of_bare_fields() -> None:
    values = np.empty((40, 2, 6), np.int16)
    values[:] = np.array(CANOPY) * 1e4
    values[:10, 0] = np.array(LOAM) * 1e4
    clear = np.ones((40, 2), np.bool_)
    soil = covers.bare_soil(values, clear)
    assert soil[0] == pytest.approx(np.array(LOAM), abs=1e-4)
    assert np.isnan(soil[1]).all()


def test_looks_that_show_too_little_of_the_patch_do_not_speak() -> None:
    values = np.full((6, 3, 6), 1000, np.int16)
    clear = np.array([[True, False, True]] * 2 + [[True, False, False]] * 4)
    days = np.array([1, 6, 11], np.int32)
    soil = np.full((3, 6), np.nan)
    seen = Looks.of(values, clear, days, soil, np.arange(6), np.arange(3))
    assert seen.days.tolist() == [1]
    late = Looks.of(values, clear, days, soil, np.arange(6), np.array([2]))
    assert late.days.tolist() == [11]  # better a corner than nothing


# --- properties --------------------------------------------------------------


@st.composite
def stories(draw: st.DrawFn) -> Looks:
    count, seed = draw(st.integers(1, 12)), draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    spectra = random.uniform(0.02, 0.6, (9, count, 6))
    spectra[random.random((9, count)) < draw(st.floats(0, 0.4))] = np.nan
    spectra[0] = random.uniform(0.02, 0.6, (count, 6))
    days = np.sort(random.choice(400, count, replace=False)).astype(np.int32)
    soil = np.where(random.random((count, 1)) < 0.5, np.nan, random.uniform(0.1, 0.4, (count, 6)))
    return Looks(days, spectra, soil)


SHAPES = st.sampled_from([FIELD, STRIP, LARGE])


@given(stories(), stories(), SHAPES)
@settings(max_examples=60, deadline=None)
def test_beliefs_add_up_to_one(since: Looks, past: Looks, shape: Shape) -> None:
    seen = covers.behaviour(since, past)
    for believed in (covers.beliefs(seen, shape), covers.slow(seen, shape)):
        assert sum(believed.values()) == pytest.approx(1)
        assert all(0 <= share <= 1 for share in believed.values())
        assert covers.decide(believed) in {*believed, "unknown"}


@given(stories(), stories(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_pixels_does_not_matter(since: Looks, past: Looks, random: object) -> None:
    order = list(range(9))
    random.shuffle(order)  # type: ignore[attr-defined]
    mixed = [Looks(one.days, one.spectra[order], one.soil) for one in (since, past)]
    first = asdict(covers.behaviour(since, past))
    second = asdict(covers.behaviour(*mixed))
    assert first == pytest.approx(second, nan_ok=True)


@given(stories(), stories(), SHAPES, st.floats(0.7, 1.4))
@settings(max_examples=60, deadline=None)
def test_a_gain_of_the_sensor_changes_nothing(
    since: Looks, past: Looks, shape: Shape, gain: float
) -> None:
    lifted = [Looks(one.days, one.spectra * gain, one.soil * gain) for one in (since, past)]
    plain = covers.beliefs(covers.behaviour(since, past), shape)
    assert covers.beliefs(covers.behaviour(*lifted), shape) == pytest.approx(plain, abs=1e-6)


# --- what was taught ---------------------------------------------------------


@pytest.mark.parametrize("pace", ["fast", "slow"])
def test_what_was_taught_fits_what_is_measured(pace: str) -> None:
    known, measured = taught(pace), covers.measured(behaviour([LOAM] * 8), FIELD)
    assert set(known.names) == set(measured)
    assert set(known.covers) < set(rules.load("cn").covers)
    assert {len(row) for row in known.questions} == {len(known.names)}
    assert {len(row) for row in known.answers} == {len(known.questions)} == {len(known.thresholds)}
    assert min(known.scales) > 0


def test_conversion_classes_are_those_of_the_rules() -> None:
    for name, cover in rules.load("cn").covers.items():
        if cover.conversion != "undetermined":
            assert (name in covers.NON_GRAIN) == (cover.conversion == "non_grain")


@pytest.mark.parametrize(
    ("believed", "cover"),
    [
        ({"built": 0.55, "road": 0.45, "pond": 0.0}, "built"),
        ({"built": 0.3, "earthwork": 0.3, "pond": 0.4}, "built"),
        ({"built": 0.48, "road": 0.0, "pond": 0.52}, "unknown"),
        ({"built": 0.2, "greenhouse": 0.3, "pond": 0.5}, "pond"),
        ({"built": 0.0, "road": 0.0, "pond": 0.0}, "unknown"),
    ],
)
def test_only_a_tie_of_classes_is_unknown(believed: Mapping[str, float], cover: str) -> None:
    assert covers.decide(believed) == cover
    assert covers.decide(dict(reversed(believed.items()))) == cover


# --- outlines ----------------------------------------------------------------


def outline(mask: np.ndarray) -> Shape:
    rows, columns = (axis.astype(np.int32) for axis in np.nonzero(mask))
    return covers.outline(rows, columns, 10.0)


@given(st.integers(1, 12), st.integers(1, 12))
def test_a_rectangle_is_its_sides(height: int, width: int) -> None:
    shape = outline(np.ones((height, width), np.bool_))
    long, short = max(height, width) * 10, min(height, width) * 10
    if height != width:  # the axes of a square are anybody's choice
        assert (shape.length, shape.width) == (pytest.approx(long), pytest.approx(short))
        assert shape.fill == pytest.approx(1)
        assert shape.elongation == pytest.approx(long / short)
    assert shape.pixels * 100 == shape.area_m2 == long * short
    assert shape.thickest == (min(height, width) + 1) // 2
    assert shape.jagged == pytest.approx((height + width) / 2 / np.sqrt(height * width))


@given(st.integers(0, 2**32 - 1))
def test_an_outline_turns_with_the_patch(seed: int) -> None:
    mask = np.random.default_rng(seed).random((6, 9)) < 0.6
    mask[2, 3] = True
    first, second = outline(mask), outline(mask.T[::-1])
    assert first.pixels == second.pixels
    assert first.length == pytest.approx(second.length, rel=1e-6)
    assert first.width == pytest.approx(second.width, rel=1e-6)
    assert (first.depth, first.thickest, first.jagged) == (
        second.depth,
        second.thickest,
        second.jagged,
    )
    assert 0 < first.fill <= 1


def test_a_slanting_strip_is_narrow() -> None:
    strip = outline(np.eye(30, dtype=np.bool_) | np.eye(30, k=1, dtype=np.bool_))
    assert strip.elongation > 10
    assert strip.width < 20


def test_a_bent_road_has_no_inside() -> None:
    """Its rectangle is wide; but for the corner its pixels all lie at the edge."""
    bend = np.zeros((20, 20), np.bool_)
    bend[:2] = bend[:, :2] = True
    assert outline(bend).depth < 1.02
    assert outline(bend).jagged > 2
    assert outline(np.ones((8, 9), np.bool_)).depth > 1.9


@given(st.lists(st.floats(0, 1), min_size=4, max_size=4), st.permutations([0, 1, 2, 3]))
def test_two_judges_agree_on_shares(shares: list[float], order: list[int]) -> None:
    names = ("built", "pond", "solar", "road")
    taught = dict(zip(names, shares, strict=True))
    written = dict(zip(names, (shares[n] for n in order), strict=True))
    both = covers.agreed(taught, written)
    assert sum(both.values()) == pytest.approx(1)
    assert set(both) == set(names)
    assert max(covers.agreed(taught, taught), key=covers.agreed(taught, taught).__getitem__) in {
        name for name in names if taught[name] == max(shares)
    }


def test_what_one_judge_rules_out_needs_the_other_to_be_sure() -> None:
    split = covers.agreed({"built": 0.7, "pit": 0.3}, {"built": 0.0, "pit": 0.6, "road": 0.4})
    assert covers.decide(split) == "pit"
    sure = covers.agreed({"built": 1.0}, {"built": 0.2, "pit": 0.5, "road": 0.3})
    assert covers.decide(sure) == "built"
