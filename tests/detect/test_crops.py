"""Another crop on a field of grain: called where it is sure, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farmland.dates import spoken
from farmland.detect import cropping, crops
from farmland.detect.crops import Switch
from farmland.detect.likeness import Seen
from farmland.periods import Period
from farmland.plan import Periods
from farmland.rules import calendars
from farmland.tables import switches

PLAIN, YANGTZE, FLANDERS = (116.0, 35.0), (113.2, 30.3), (5.2, 51.0)
PERIODS = Periods.settle(
    Period.parse("2024"), Period.parse("2022/2023"), Period.parse("2021-10-01/2023-12-31")
)
WHEN = np.arange(np.datetime64("2021-10-01"), np.datetime64("2025-01-01"), np.timedelta64(5, "D"))
LAST = np.datetime64("2023-10-01") <= WHEN
DAY = (WHEN - WHEN.astype("datetime64[Y]").astype("datetime64[D]")).astype(int) + 1

Peaks = tuple[tuple[int, float], ...]
WHEAT: Peaks = ((112, 0.82), (60, 0.45), (350, 0.42))
MAIZE: Peaks = ((222, 0.85),)
RAPESEED: Peaks = ((80, 0.72), (25, 0.6), (340, 0.55))
RICE: Peaks = ((232, 0.85),)
SHORT: Peaks = tuple((day, 0.72) for day in (30, 95, 155, 215, 275, 335))


def curve(peaks: Peaks, width: float = 26) -> np.ndarray:
    ndvi = np.full(WHEN.size, 0.18)
    for day, high in peaks:
        gap = (DAY - day + 182) % 365 - 182
        ndvi = np.maximum(ndvi, 0.18 + (high - 0.18) * np.exp(-((gap / width) ** 2)))
    return ndvi


def field(before: np.ndarray, now: np.ndarray, *, yellow: str = "", flood: bool = False) -> Seen:
    """One curve in the history and another from its last autumn on; rapeseed flowers yellow."""
    flowers = (DAY >= 68) & (DAY < 92) & {"now": LAST, "always": True, "": False}[yellow]
    ndvi = np.where(LAST, now, before)
    wet = (DAY >= 150) & (DAY < 180) & flood
    return Seen(
        WHEN.astype(np.int32),
        np.where(wet, 0.1, ndvi).astype(np.float32)[None],
        np.where(wet, 0.15, -0.45).astype(np.float32)[None],
        np.where(flowers, 0.2, 0.0).astype(np.float32)[None],
    )


def kept(seen: Seen, looks: np.ndarray) -> Seen:
    return replace(seen, ndvi=np.where(looks, seen.ndvi, np.float32(np.nan)))


def called(
    seen: Seen, place: tuple[float, float] = PLAIN, periods: Periods = PERIODS
) -> Switch | None:
    region = calendars.load().at(*place)
    history = seen.between(0, crops._day(periods.history.end) + 1)
    past = cropping.patterns(history, region, np.array([place[1]]))
    (found,) = crops.switches(seen, past, region, periods)
    return found


GRAIN = curve(WHEAT + MAIZE)
TO_RAPESEED = field(GRAIN, curve(RAPESEED), yellow="now")
TO_VEGETABLES = field(GRAIN, curve(SHORT, 16))


def test_rapeseed_where_wheat_and_maize_grew_is_called() -> None:
    found = called(TO_RAPESEED)
    assert found is not None
    assert (found.crop, found.before) == ("rapeseed", "wheat_maize")
    assert found.grain - found.other > crops.SURE
    assert found.date_from < found.date_to < np.datetime64("2024-03-15")
    assert found.last == np.datetime64("2024-12-29")


def test_vegetables_where_wheat_and_maize_grew_are_called() -> None:
    found = called(TO_VEGETABLES)
    assert found is not None
    assert (found.crop, found.before) == ("vegetable", "wheat_maize")
    assert found.cycles >= 5
    assert np.isnan(found.other)
    assert found.grain > found.past + crops.MISFIT
    assert 0.6 <= found.confidence <= 0.85


@pytest.mark.parametrize(
    "seen",
    [
        field(GRAIN, GRAIN),
        field(GRAIN, curve(MAIZE)),
        field(GRAIN, curve(WHEAT)),
        field(GRAIN, curve(())),
        field(GRAIN, curve(RAPESEED + MAIZE), yellow="now"),
        field(curve(SHORT, 16), curve(SHORT, 16)),
        field(curve(SHORT, 16), GRAIN),
    ],
    ids=["the same", "no wheat", "no maize", "fallow", "a grain beside", "always so", "to grain"],
)
def test_what_is_no_switch_is_not_called(seen: Seen) -> None:
    assert called(seen) is None


def test_rice_left_out_after_rapeseed_is_no_switch() -> None:
    both = curve(RAPESEED + RICE)
    seen = field(both, curve(RAPESEED), yellow="always", flood=True)
    dry = np.where(LAST, -0.45, seen.water).astype(np.float32)
    bare = np.where(LAST, curve(RAPESEED), seen.ndvi).astype(np.float32)
    seen = replace(seen, water=dry, ndvi=bare)
    region = calendars.load().at(*YANGTZE)
    (past,) = cropping.patterns(seen, region, np.array([YANGTZE[1]]))
    assert past.years[0].name == "rapeseed_rice"
    assert called(seen, YANGTZE) is None


def test_nothing_is_said_where_no_calendar_is_known() -> None:
    assert called(TO_RAPESEED, FLANDERS) is None


def test_nothing_is_said_of_less_than_a_year() -> None:
    spring = replace(PERIODS, after=Period.parse("2024-01/2024-09"))
    assert called(TO_RAPESEED, periods=spring) is None


def test_nothing_is_said_after_one_year_of_grain() -> None:
    young = Periods.settle(
        Period.parse("2024"), Period.parse("2023"), Period.parse("2022-10-01/2023-12-31")
    )
    assert called(kept(TO_RAPESEED, np.datetime64("2022-10-01") <= WHEN), periods=young) is None


def test_nothing_is_said_on_few_looks() -> None:
    assert called(kept(TO_RAPESEED, ~LAST | (np.arange(WHEN.size) % 8 == 0))) is None


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.floats(0.15, 1), st.floats(0, 0.04), st.integers(-12, 12))
def test_a_field_that_repeats_itself_is_never_called(
    seed: int, share: float, noise: float, late: int
) -> None:
    """Whatever clouds take away, weather shifts and noise adds."""
    random = np.random.default_rng(seed)
    shifted = curve(tuple((day + late, high) for day, high in WHEAT + MAIZE))
    seen = field(GRAIN, shifted)
    seen = replace(
        seen, ndvi=(seen.ndvi + random.uniform(-noise, noise, WHEN.size)).astype(np.float32)
    )
    assert called(kept(seen, random.random(WHEN.size) < share)) is None


@pytest.mark.parametrize("seen", [TO_RAPESEED, TO_VEGETABLES], ids=["rapeseed", "vegetable"])
def test_the_sentence_has_the_numbers_in_both_languages(seen: Seen) -> None:
    found = called(seen)
    assert found is not None
    said = switches.reason(found)
    last = spoken(found.last.item())
    for text, day in ((said.en, str(found.last)), (said.zh, last.zh)):
        assert f"{found.grain:.2f}" in text
        assert f"{found.past:.2f}" in text
        assert str(found.looks) in text
        assert day in text
    assert "not counted as outflow" in said.en
    assert "不计入流出" in said.zh
    assert "小麦" in said.zh
