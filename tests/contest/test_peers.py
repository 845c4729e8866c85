"""Every peer finds a plain change where it is, and quiet fields stay quiet."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from contest import foreign
from contest.cases import Alarm, Case, Detector
from contest.measures import judge
from contest.patches import NEVER, alarms
from contest.peers import annual_peak, ndvi, same_season
from contest.product import Ours
from contest.sketch import sketch
from contest_fields import BARE, GREEN, case, convert, fields, square

ONSET = np.datetime64("2024-06-20")


@pytest.fixture(scope="module")
def built() -> Case:
    """A bright roof from June on, in a corner of one of twelve fields."""
    return case()


@pytest.fixture(scope="module")
def early() -> Case:
    """The same from January on: no peak in the whole year."""
    return case(since="2024-01-05")


def at(found: list[Alarm]) -> set[int]:
    return {alarm.parcel for alarm in found}


@pytest.mark.parametrize("peer", [sketch, same_season, Ours()], ids=["sketch", "season", "ours"])
def test_a_roof_is_found_and_nothing_else(peer: Detector, built: Case) -> None:
    score = judge(peer, built)
    assert score.truths["hit"].all()
    assert score.truths["iou"].iloc[0] > 0.8
    assert not score.quiet["alarm"].any()


def test_the_sketch_dates_the_change(built: Case) -> None:
    (found,) = sketch(built.stack, built.periods)
    assert found.date_from < ONSET <= found.date_to
    assert (found.date_to - found.date_from).astype(int) < 30


def test_a_green_peak_afterwards_silences_the_sketch() -> None:
    given = case(since="2024-05-15")
    corner = given.truths[0].pixels
    convert(given.stack, corner, "2024-08-01", GREEN)
    assert sketch(given.stack, given.periods) == []


def test_what_moves_all_fields_is_the_weather() -> None:
    stack = fields(12)
    convert(stack, np.arange(stack.parcel.size), "2024-05-20", BARE)
    assert sketch(stack, case().periods) == []


def test_water_that_never_was_there_is_strange() -> None:
    water = np.array((600, 700, 500, 300, 150, 100), np.int16)
    given = case(since="2024-02-01", shown=water)
    assert at(sketch(given.stack, given.periods)) == {3}


def test_the_annual_peak_wants_a_whole_year(built: Case, early: Case) -> None:
    assert annual_peak(built.stack, built.periods) == []
    (found,) = annual_peak(early.stack, early.periods)
    assert found.parcel == 3
    assert set(found.pixels) == set(early.truths[0].pixels)


def test_a_field_that_never_had_a_peak_has_lost_none() -> None:
    stack = fields(12)
    convert(stack, square(stack, 2, 8), "2022-01-01", BARE)
    assert annual_peak(stack, case().periods) == []


def test_one_year_has_no_spread_from_year_to_year(built: Case) -> None:
    from contest.cuts import years

    short = years(built, 1)
    assert same_season(short.stack, short.periods) == []


def test_ndvi_is_known_where_it_is_clear(built: Case) -> None:
    index = ndvi(built.stack)
    assert (np.isnan(index) == ~built.stack.clear).all()
    assert 0.8 < np.nanmax(index) < 1


def test_patches_are_four_connected_pixels_of_one_parcel() -> None:
    stack = fields(2)
    since = np.full(stack.parcel.size, NEVER, np.int32)
    assert alarms(stack, since) == []
    since[square(stack, 0, 2)] = (19900, 19900, 19905, 19990)
    lone = square(stack, 1, 2)[:3]
    since[lone] = 19900
    (found,) = alarms(stack, since)
    assert (found.parcel, found.confirmed, found.cover) == (0, True, "")
    assert found.date_from is None
    assert found.date_to == np.datetime64(19902, "D")
    assert set(found.pixels) == set(square(stack, 0, 2))


def test_two_patches_of_a_parcel_are_two_rows() -> None:
    stack = fields(1)
    since = np.full(stack.parcel.size, NEVER, np.int32)
    since[(stack.rows < 2) | (stack.rows > 5)] = 19900
    assert [found.pixels.size for found in alarms(stack, since, since - 5)] == [16, 16]
    assert alarms(stack, since, since - 5)[0].date_from == np.datetime64(19895, "D")


def test_the_product_without_a_piece_of_evidence_is_still_itself(built: Case) -> None:
    mute = ((0.0, 0.0),)
    assert Ours({"odds_novelty": mute}).rules.odds_novelty == mute
    assert Ours({"odds_novelty": mute}).rules.odds_peak == Ours().rules.odds_peak
    assert Ours().rules == replace(Ours().rules)
    with pytest.raises(TypeError):
        _ = Ours({"no_such_rule": 0.0}).rules
    (found,) = Ours()(built.stack, built.periods)
    assert set(found.pixels) <= set(square(built.stack, 3, 6))
    assert found.date_from is not None
    assert found.cover


@pytest.mark.parametrize("name", [*foreign.MONITORS, *foreign.BREAKS])
def test_the_packages_see_the_same_pixels(name: str, early: Case) -> None:
    """Where they are installed; else what is missing is said, by name."""
    peer = foreign.Foreign(name)
    if not foreign.ENVIRONMENT.exists():
        with pytest.raises(SystemExit, match="installs them"):
            peer(early.stack, early.periods)
        return
    given = case(since="2024-05-20", side=6)
    found = peer(given.stack, given.periods)
    hit = [alarm for alarm in found if alarm.parcel == 3]
    assert np.isin(given.truths[0].pixels, np.concatenate([a.pixels for a in hit])).mean() > 0.7
    assert all(alarm.date_to >= np.datetime64(given.periods.after.start) for alarm in found)
    assert all((alarm.date_from is None) == (name in foreign.MONITORS) for alarm in found)


def test_the_packages_are_pinned_with_hashes_and_no_address() -> None:
    text = (foreign.HERE / "requirements.txt").read_text("utf-8")
    assert "://" not in text
    pins = re.split(r"\n(?=\S)", re.sub(r"(?m)^#.*\n", "", text).strip())
    assert [pin for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []
    assert {*foreign.PACKAGES} <= {pin.split()[0] for pin in pins}


def test_an_answer_that_does_not_come_is_an_error(built: Case, monkeypatch, tmp_path) -> None:
    broken = tmp_path / "bin" / "python"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(foreign, "ENVIRONMENT", tmp_path)
    foreign.worker.cache_clear()
    with pytest.raises((RuntimeError, BrokenPipeError)):
        foreign.ask("EWMA", built.stack, 19723)
    foreign.worker.cache_clear()
