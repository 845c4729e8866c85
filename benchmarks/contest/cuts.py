"""Less of a case: a shorter history, an earlier end, fewer parcels. The rest stays as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from contest.cases import Case
from farmland.imagery.stack import Stack
from farmland.periods import Period, months_before
from farmland.plan import Periods


def years(case: Case, count: int) -> Case:
    """The case with a history of the last ``count`` years before the period after."""
    start = months_before(case.periods.after.start, 12 * count)
    history = Period(start, case.periods.history.end)
    before = Period(max(start, case.periods.before.start), case.periods.before.end)
    periods = Periods(before, case.periods.after, history)
    unit = "year" if count == 1 else "years"
    return replace(
        case,
        group=f"{case.group}, {count} {unit} of history",
        stack=between(case.stack, start, periods.after.end),
        periods=periods,
    )


def until(case: Case, end: date) -> Case:
    """The case as it was known at the end of a day in the period after."""
    periods = replace(case.periods, after=Period(case.periods.after.start, end))
    return replace(case, stack=between(case.stack, periods.history.start, end), periods=periods)


def between(stack: Stack, first: date, last: date) -> Stack:
    """The looks from one day to another, both included."""
    day = stack.days.astype("datetime64[D]")
    kept = (day >= np.datetime64(first)) & (day <= np.datetime64(last))
    by_look = ("values", "clear", "lonely")
    return replace(
        stack,
        days=stack.days[kept],
        **{name: np.ascontiguousarray(getattr(stack, name)[:, kept]) for name in by_look},
    )


def only(case: Case, kept: NDArray[np.bool_]) -> Case:
    """The pixels of some parcels (g,); the others stay in the cell without a pixel.

    For detectors that look at each pixel by itself: one that compares parcels would miss the rest.
    """
    stack = case.stack
    held = kept[stack.parcel]
    place = np.cumsum(held) - 1
    by_pixel = ("parcel", "rows", "columns", "full", "values", "clear", "lonely", "imaged")
    part = replace(stack, **{name: getattr(stack, name)[held] for name in by_pixel})
    truths = tuple(
        replace(truth, pixels=place[truth.pixels]) for truth in case.truths if kept[truth.parcel]
    )
    return replace(case, stack=part, quiet=case.quiet & kept, truths=truths)


def sample(case: Case, quiet: int, seed: int) -> Case:
    """All parcels with a truth, and some of the quiet ones, drawn by chance."""
    rng = np.random.default_rng([seed, case.stack.parcel.size])
    drawn = rng.permutation(np.flatnonzero(case.quiet))[:quiet]
    kept = np.zeros(case.quiet.size, np.bool_)
    kept[drawn] = True
    kept[[truth.parcel for truth in case.truths]] = True
    return only(case, kept)
