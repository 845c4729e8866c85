"""A village in which one field becomes a roof, half of one a pond, and nothing else is lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
import village

from farmland import detect, rules
from farmland.detect.findings import Finding, Findings
from farmland.imagery.stack import Stack

RULES = rules.load("cn").detection
ROOF, POND, FALLOW, LATE, BURNT = 7, 16, 3, 9, 20
FLOOD = village.turned("2023-08-05", village.WATER, until="2023-08-26")
BEGUN = {ROOF: np.datetime64("2023-09-20"), POND: np.datetime64("2023-10-15")}

PIXELS = ("parcel", "rows", "columns", "full", "values", "clear", "lonely", "imaged")
LOOKS = ("values", "clear", "lonely")


@pytest.fixture(scope="module")
def stack() -> Stack:
    stories = dict.fromkeys(range(village.ACROSS * village.DOWN), FLOOD)
    return village.build(
        stories
        | {
            ROOF: village.turned(str(BEGUN[ROOF]), village.ROOF),
            POND: village.turned(str(BEGUN[POND]), village.WATER, half=True),
            FALLOW: village.sown("2023-10-01", wheat=0.25),
            LATE: village.sown("2023-10-01", shift=25),
            BURNT: village.turned("2023-10-03", village.CHAR, until="2023-10-24"),
        }
    )


@pytest.fixture(scope="module")
def found(stack: Stack) -> Findings:
    return detect.find(stack, village.PERIODS, RULES)


def by_row(found: Findings) -> dict[int, Finding]:
    assert len({patch.row for patch in found.patches}) == len(found.patches)
    return {patch.row: patch for patch in found.patches}


def told(found: Findings) -> list[tuple[object, ...]]:
    """What a result says, in an order of its own."""
    return sorted(
        (
            patch.row,
            sorted(zip(patch.rows.tolist(), patch.columns.tolist(), strict=True)),
            patch.stage,
            patch.cover,
            str(patch.date_from),
            str(patch.date_to),
            str(patch.confirmed_on),
            round(patch.evidence.confidence, 4),
            patch.clear_before,
            patch.clear_after,
            patch.changed_before,
        )
        for patch in found.patches
    )


def test_roof_and_pond_are_listed_and_nothing_else(found: Findings) -> None:
    """Fallow, late sown, flooded with the neighbours and burnt fields are quiet (DESIGN 7)."""
    assert set(by_row(found)) == {ROOF, POND}


@pytest.mark.parametrize("row", [ROOF, POND])
def test_they_are_confirmed_and_dated_within_a_few_looks(found: Findings, row: int) -> None:
    patch = by_row(found)[row]
    assert patch.stage == "confirmed"
    assert patch.date_from is not None
    assert patch.date_from < patch.date_to < patch.confirmed_on
    looks = np.unique(patch.curve.days[~np.isnan(patch.curve.ndvi)])
    truth = np.searchsorted(looks, BEGUN[row])
    assert abs(np.searchsorted(looks, patch.date_to) - truth) <= 3
    assert not patch.changed_before
    assert len(patch.kinds) >= 2


def test_they_are_called_what_they_are(found: Findings) -> None:
    patches = by_row(found)
    assert patches[ROOF].cover == "built"
    assert patches[POND].cover == "pond"
    assert {patch.cover_before for patch in patches.values()} == {"wheat_maize"}


def test_a_patch_covers_what_changed(found: Findings, stack: Stack) -> None:
    """All of the roof; all of the pond in the western four columns, and hardly a pixel more."""
    patches = by_row(found)
    assert patches[ROOF].rows.size == 49
    west = stack.columns[stack.parcel == POND].min()
    inside = patches[POND].columns < west + 4
    assert inside.sum() == 28
    assert (~inside).sum() <= 3


def test_every_parcel_has_its_record(found: Findings, stack: Stack) -> None:
    assert [record.row for record in found.records] == list(range(30))
    for record in found.records:
        assert record.imaged
        assert record.pixels == 49
        assert record.full_pixels == 25
        assert record.seen_share == 1.0
        assert record.clear_history + record.clear_after <= stack.days.size
        assert record.history_days > 1000
    quiet = [record for record in found.records if record.row not in {ROOF, POND, FALLOW, LATE}]
    assert {record.cropping.name for record in quiet} == {"wheat_maize"}
    assert {record.cropping.cycles for record in quiet} <= {6, 7}
    assert all(record.peak_before > 0.6 for record in quiet)


def test_the_order_of_pixels_makes_no_difference(found: Findings, stack: Stack) -> None:
    order = np.random.default_rng(2).permutation(stack.parcel.size)
    shuffled = replace(stack, **{name: getattr(stack, name)[order] for name in PIXELS})
    assert told(detect.find(shuffled, village.PERIODS, RULES)) == told(found)


def test_looks_at_clouds_make_no_difference(found: Findings, stack: Stack) -> None:
    """Nor does what was read there."""
    extra = stack.days[4::9] + 2
    places = np.searchsorted(stack.days, extra)
    random = np.random.default_rng(3)
    arrays = {name: np.insert(getattr(stack, name), places, 0, axis=1) for name in LOOKS}
    unseen = ~(arrays["clear"] | arrays["lonely"]).any(axis=0)
    arrays["values"][:, unseen] = random.integers(1, 9999, arrays["values"][:, unseen].shape)
    clouded = replace(stack, days=np.insert(stack.days, places, extra), **arrays)
    assert told(detect.find(clouded, village.PERIODS, RULES)) == told(found)


def test_nothing_is_found_where_nothing_happened() -> None:
    for seed in range(2):
        quiet = detect.find(village.build({}, seed), village.PERIODS, RULES)
        assert quiet.patches == ()
        assert len(quiet.records) == 30


def test_a_history_under_nine_months_confirms_nothing(stack: Stack) -> None:
    """DESIGN 3: it runs, says so, and confirms nothing."""
    kept = stack.days >= (np.datetime64("2022-11-15") - np.datetime64("1970-01-01")).astype(int)
    young = replace(
        stack, days=stack.days[kept], **{name: getattr(stack, name)[:, kept] for name in LOOKS}
    )
    found = detect.find(young, village.PERIODS, RULES)
    assert ROOF in rows(found.patches)
    assert {patch.stage for patch in found.patches} == {"candidate"}


def rows(patches: Iterable[Finding]) -> set[int]:
    return {patch.row for patch in patches}


def test_what_changed_the_year_before_is_listed_with_its_date() -> None:
    """DESIGN 4: changed_before."""
    begun = np.datetime64("2022-10-20")
    early = village.build({ROOF: village.turned(str(begun), village.ROOF)})
    patch = by_row(detect.find(early, village.PERIODS, RULES))[ROOF]
    assert patch.changed_before
    assert abs(patch.date_to - begun) <= np.timedelta64(25, "D")


def test_a_field_that_was_never_seen_says_so(stack: Stack) -> None:
    hidden = stack.parcel == 5
    clear = np.where(hidden[:, None], False, stack.clear)
    imaged = np.where(hidden, False, stack.imaged)
    found = detect.find(replace(stack, clear=clear, imaged=imaged), village.PERIODS, RULES)
    record = found.records[5]
    assert not record.imaged
    assert record.seen_share == record.clear_history == record.clear_after == 0
    assert record.cropping.name == "unknown"
    assert np.isnan(record.peak_before)
    assert 5 not in rows(found.patches)


# --- none upon another -------------------------------------------------------


def first_bare(soil: np.ndarray, built_on: str, half: bool = False) -> village.Story:
    """Bare from summer on; from a day on a roof, on all of the field or its western half."""
    fallow = village.turned("2023-07-20", soil)
    built = village.turned(built_on, village.ROOF, half=half)

    def tell(field: np.ndarray, days: np.ndarray, columns: np.ndarray) -> np.ndarray:
        return built(fallow(field, days, columns), days, columns)

    return tell


@pytest.fixture(scope="module")
def busy() -> Findings:
    """Fields on which one change lies upon another."""
    stories = {
        ROOF: first_bare(village.SOIL, "2024-01-20"),
        POND: first_bare(village.SOIL, "2024-01-20", half=True),
        BURNT: first_bare(village.SOIL * 1.3, "2024-02-20"),
        FALLOW: village.turned("2023-09-01", village.SOIL * 1.3),
        LATE: village.turned("2023-11-01", village.ROOF, half=True),
    }
    return detect.find(village.build(stories, 5), village.PERIODS, RULES)


def test_patches_of_one_parcel_never_overlap(busy: Findings) -> None:
    """Nor does what is listed hide what was dismissed: candidates are told once."""
    taken: dict[int, set[tuple[int, int]]] = {}
    for patch in busy.patches:
        own = set(zip(patch.rows.tolist(), patch.columns.tolist(), strict=True))
        assert len(own) == patch.rows.size
        assert not own & taken.setdefault(patch.row, set())
        taken[patch.row] |= own
    sizes = {record.row: record.pixels for record in busy.records}
    for row in {patch.row for patch in busy.patches}:
        told = [one.pixels for one in busy.dismissed if one.row == row]
        assert len(taken[row]) + sum(told) <= sizes[row]


def test_the_strongest_candidate_is_the_one_that_is_told(busy: Findings) -> None:
    """A roof on a fallow field, dated by the roof and not by the crop that was missed."""
    built = {patch.row: patch for patch in busy.patches if patch.cover == "built"}
    assert {ROOF, POND, LATE} <= set(built)
    for row in (ROOF, POND):
        assert abs(built[row].date_to - np.datetime64("2024-01-20")) <= np.timedelta64(20, "D")
    assert built[LATE].rows.size <= 28 + 3


def test_nothing_is_confirmed_before_it_changed(busy: Findings) -> None:
    for patch in busy.patches:
        if patch.confirmed_on is not None:
            assert patch.date_to <= patch.confirmed_on
