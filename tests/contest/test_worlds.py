"""Simulated counties become cases whose truth lies where it was put; less of a case is a case."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import detectors
import numpy as np
import pytest
import shapely
from contest import cuts, measures, worlds
from contest.cases import Case
from contest_fields import case, fields

from farmland.periods import Period

SMALL = worlds.County("north_china", 3, 1000)


@pytest.fixture(scope="module", autouse=True)
def brief() -> Iterator[None]:
    """Records of two years instead of four: half the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worlds, "START", "2023-01-01")
        patch.setattr(worlds, "MONTHS", 24)
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[Case, ...]]:
    folder = tmp_path_factory.mktemp("counties")
    return folder, worlds.cases(SMALL, folder)


@pytest.mark.slow
def test_a_county_is_made_once(made: tuple[Path, tuple[Case, ...]], monkeypatch) -> None:
    folder, first = made
    monkeypatch.setattr(worlds, "make", lambda county: pytest.fail(f"made {county} again"))
    again = worlds.cases(SMALL, folder)
    assert pickle.dumps(again) == pickle.dumps(first)


@pytest.mark.slow
def test_the_truth_lies_on_its_pixels(made: tuple[Path, tuple[Case, ...]]) -> None:
    _, given = made
    assert {case.group for case in given} == {"north_china"}
    for one in given:
        converted = {truth.parcel for truth in one.truths}
        assert converted == set(np.flatnonzero(~one.quiet))
        for truth in one.truths:
            assert (one.stack.parcel[truth.pixels] == truth.parcel).all()
            assert truth.pixels.size * 100 == pytest.approx(truth.area_m2, rel=0.6, abs=150)
            assert (truth.cover == "road") == np.isfinite(truth.width_m)
    assert sum(len(one.truths) for one in given) >= 2
    periods = given[0].periods
    assert (periods.after, periods.before) == (Period.parse("2024"), Period.parse("2022/2023"))
    assert periods.history == Period.parse("2021/2023")


@pytest.mark.slow
def test_what_truly_changed_looks_otherwise(made: tuple[Path, tuple[Case, ...]]) -> None:
    """The pixels of a truth move with its onset, as no other pixels of the county do."""

    def step(one: Case, pixels: np.ndarray, days: np.ndarray) -> np.ndarray:
        shown = one.stack.values[pixels]
        late, early = (np.median(shown[:, k], axis=(0, 1)) for k in (days > 30, days < -240))
        return late - early

    moved = []
    for one in made[1]:
        for truth in one.truths:
            days = one.stack.days - truth.onset.astype(int)
            if truth.cover in measures.FAST and (days > 30).sum() >= 5 and truth.pixels.size >= 4:
                other = np.flatnonzero(one.quiet[one.stack.parcel])
                apart = step(one, truth.pixels, days) - step(one, other, days)
                moved.append(np.abs(apart).max() > 150)
    assert len(moved) >= 3
    assert np.mean(moved) > 0.7


def test_shifted_counties_are_a_group_of_their_own() -> None:
    plain, shifted = (
        worlds.counties(["northeast"], [1], shifted=shift)[0] for shift in (False, True)
    )
    assert (plain.group, shifted.group) == ("northeast", "northeast, shifted")
    assert plain.size_m == worlds.SIZES_M["northeast"]
    assert plain.world.noise < shifted.world.noise
    assert plain.world.roads_m == shifted.world.roads_m == worlds.ROADS_M


def test_pixels_of_a_shape() -> None:
    stack = fields(2)
    half = shapely.box(0, -30, 15, 0)
    found = worlds.pixels_of(half, 0, stack)
    assert found.size == 3 * 2
    tiny = shapely.box(22, -8, 26, -4)
    (lone,) = worlds.pixels_of(tiny, 0, stack)
    assert (stack.rows[lone], stack.columns[lone]) == (0, 2)
    assert worlds.pixels_of(shapely.box(500, 500, 510, 510), 0, stack).size == 0


def test_the_width_of_a_strip() -> None:
    line = shapely.LineString([(0, 0), (80, 60)]).buffer(7, cap_style="flat")
    assert worlds.width(line) == pytest.approx(14)


def test_a_shorter_history() -> None:
    given = case()
    short = cuts.years(given, 1)
    assert short.group == "by hand, 1 year of history"
    assert short.periods.history == short.periods.before == Period.parse("2023")
    assert short.stack.days.min() >= np.datetime64("2023-01-01").astype(int)
    assert short.stack.values.shape[1] == short.stack.clear.shape[1] == short.stack.days.size
    assert short.stack.values.flags.c_contiguous
    assert cuts.years(given, 2).stack.days.size == given.stack.days.size


def test_what_was_known_at_the_end_of_a_day() -> None:
    now = cuts.until(case(), date(2024, 7, 1))
    assert now.periods.after == Period.parse("2024-01-01/2024-07-01")
    assert now.stack.days.max() <= np.datetime64("2024-07-01").astype(int)


def test_some_parcels_only() -> None:
    given = case()
    kept = np.zeros(12, np.bool_)
    kept[[3, 7]] = True
    part = cuts.only(given, kept)
    assert set(part.stack.parcel) == {3, 7}
    assert part.quiet.sum() == 1
    (truth,), (whole,) = part.truths, given.truths
    for name in ("rows", "columns"):
        there, here = (getattr(one.stack, name) for one in (part, given))
        assert (there[truth.pixels] == here[whole.pixels]).all()
    assert cuts.only(given, given.quiet).truths == ()


def test_a_sample_keeps_the_truths_and_is_drawn_by_chance() -> None:
    given = case()
    one, again, other = (cuts.sample(given, 4, seed) for seed in (1, 1, 2))
    assert one.quiet.sum() == 4
    assert len(one.truths) == 1
    assert (one.quiet == again.quiet).all()
    assert (one.quiet != other.quiet).any()
    assert cuts.sample(given, 100, 1).quiet.sum() == 11


@pytest.mark.slow
def test_the_one_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    monkeypatch.setattr(detectors, "write", lambda *_: pytest.fail("a quick run records nothing"))
    words = ["--quick", "--size", "600", "--folder", str(tmp_path), "--processes", "1"]
    made = detectors.main(words)
    shown = capsys.readouterr().out
    for region in ("north_china", "cloudy_south"):
        titles = [table.title for table in made if region in table.title]
        assert titles[0] == f"Found and falsely alarmed: {region}, 2 years of history"
        assert len(titles) == 4
        assert all(title in shown for title in titles)
    names = ["ours", "sketch", "annual peak", "same season"]
    assert [row[0] for row in made[0].rows] == [
        f"{region}, 2 years of history" for region in ("north_china", "cloudy_south")
    ]
    assert [row[0] for row in made[1].rows] == names
    assert all(len(row) == len(table.columns) for table in made for row in table.rows)
    one = ["--groups", "simulated", "--detectors", "same season", "--seeds", "1", "--size", "600"]
    monkeypatch.setattr(detectors, "write", lambda _name, _title, command, _made: command)
    place = ["--folder", str(tmp_path / "quick"), "--regions", "north_china", "--processes", "1"]
    again = detectors.main([*one, *place])
    assert [row[0] for row in again[1].rows] == names, "the others keep their rows"


def test_every_row_of_the_command_can_be_sent_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(detectors.ROWS)).keys() == detectors.ROWS.keys()  # noqa: S301
    assert detectors.label("nrt EWMA") == "nrt EWMA (sample)"
    asked = detectors.arguments([])
    work = detectors.tasks(asked)
    assert len(work) == 3 * 5 * 3 + 2
    assert len({task.name for task in work}) == len(work)
