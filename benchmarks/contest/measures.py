"""What a detector did to a case, truth by truth and parcel by parcel, counted by DESIGN 7.

Everything is pixels: a patch is hit when the alarms of its parcel cover a quarter of its pixels.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contest import cuts
from contest.cases import Alarm, Case, Detector, Truth
from contest.peers import looks, ndvi
from farmland import rules

FAST = ("built", "road", "earthwork", "pit", "solar", "pond", "lake", "greenhouse")
HIT_SHARE = 0.25
SLACK_DAYS = 10
"""By which an onset may lie outside the interval of dates."""

CLEAR_SHARE, HISTORY_LOOKS, AFTER_LOOKS, FULL_PIXELS = 0.7, 8, 3, 8
"""What makes a parcel monitorable (DESIGN 2 and 4)."""

GROWING, GROWING_DAYS = 0.4, 15
"""NDVI of the quiet parcels around a day from which it lies in a growing season."""

LEFT_DAYS = 120
"""Between an onset and the end of the case, for a lag to be measured: a detector that needs longer
has not been quick."""

_CONVERSION = {name: cover.conversion for name, cover in rules.load("cn").covers.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """What one detector did to some cases."""

    truths: pd.DataFrame
    """One row per true patch with its onset in the period after."""
    quiet: pd.DataFrame
    """One row per quiet parcel: ``alarm``, ``confirmed``, ``full_pixels``, ``years``."""
    seconds: float

    @classmethod
    def joined(cls, parts: Sequence[Score]) -> Score:
        """Several scores as one."""
        return cls(
            stacked([part.truths for part in parts]),
            stacked([part.quiet for part in parts]),
            sum(part.seconds for part in parts),
        )


COLUMNS = (
    *("group", "cover", "area_m2", "width_m", "pixels", "age", "hit", "confirmed"),
    *("called", "iou", "dated", "inside", "interval", "late"),
)
"""Of ``Score.truths``; from ``called`` on they are known of hits only."""


def stacked(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables of the same columns one under another; empty ones have no types to agree on."""
    full = [table for table in tables if len(table)]
    return pd.concat(full, ignore_index=True) if full else tables[0]


def judge(detector: Detector, case: Case) -> Score:
    """Let a detector judge a case, and judge the detector."""
    began = time.perf_counter()
    alarms = detector(case.stack, case.periods)
    seconds = time.perf_counter() - began
    raised = [alarm.parcel for alarm in alarms]
    sure = [alarm.parcel for alarm in alarms if alarm.confirmed]
    parcels = np.flatnonzero(case.quiet)
    quiet = pd.DataFrame(
        {
            "group": case.group,
            "alarm": np.isin(parcels, raised),
            "confirmed": np.isin(parcels, sure),
            "full_pixels": case.full_pixels[parcels],
            "monitorable": monitorable(case)[parcels],
            "years": case.periods.after.days / 365.25,
        }
    )
    rows = [_row(truth, case, alarms) for truth in counted(case)]
    return Score(pd.DataFrame(rows, columns=COLUMNS), quiet, seconds)


def counted(case: Case) -> list[Truth]:
    """Truths with their onset in the period after: the positives."""
    start, end = np.datetime64(case.periods.after.start), np.datetime64(case.periods.after.end)
    return [truth for truth in case.truths if start <= truth.onset <= end]


def _row(truth: Truth, case: Case, alarms: Sequence[Alarm]) -> dict[str, object]:
    """One true patch and what was made of it."""
    own = [alarm for alarm in alarms if alarm.parcel == truth.parcel]
    hit = covered(truth, own) >= HIT_SHARE
    best = max(own, key=lambda alarm: np.isin(truth.pixels, alarm.pixels).sum()) if hit else None
    return {
        "group": case.group,
        "cover": truth.cover,
        "area_m2": truth.area_m2,
        "width_m": truth.width_m,
        "pixels": truth.pixels.size,
        "age": (case.periods.after.end - truth.onset.astype(object)).days,
        "hit": hit,
        "confirmed": hit and any(alarm.confirmed for alarm in own),
        **(_described(truth, best) if best else {"called": "", "dated": False}),
    }


def covered(truth: Truth, alarms: Sequence[Alarm]) -> float:
    """Share of a truth's pixels under alarms of its parcel."""
    if not alarms or not truth.pixels.size:
        return 0.0
    union = np.concatenate([alarm.pixels for alarm in alarms])
    return float(np.isin(truth.pixels, union).mean())


def _described(truth: Truth, best: Alarm) -> dict[str, object]:
    """What the alarm that hit a truth best says of it."""
    shared = np.isin(truth.pixels, best.pixels).sum()
    slack = np.timedelta64(SLACK_DAYS, "D")
    dated = best.date_from is not None
    return {
        "called": best.cover,
        "iou": shared / (truth.pixels.size + best.pixels.size - shared),
        "dated": dated,
        "inside": dated and bool(best.date_from - slack <= truth.onset <= best.date_to + slack),
        "interval": (best.date_to - best.date_from).astype(int) if dated else math.nan,
        "late": (best.date_to - truth.onset).astype(int),
    }


def monitorable(case: Case) -> NDArray[np.bool_]:
    """Parcels (g,) with enough looks in history and after; too small ones are told by pixels."""
    stack = case.stack
    parcels = len(stack.cell.parcels)
    inner = stack.full | (case.full_pixels[stack.parcel] < FULL_PIXELS)
    seen = np.zeros((parcels, stack.days.size))
    np.add.at(seen, stack.parcel[inner], stack.clear[inner])
    count = np.maximum(np.bincount(stack.parcel[inner], minlength=parcels), 1)
    look = seen / count[:, None] >= CLEAR_SHARE
    history, after = (looks(stack, p) for p in (case.periods.history, case.periods.after))
    enough = look[:, history].sum(axis=1) >= HISTORY_LOOKS
    return np.asarray(enough & (look[:, after].sum(axis=1) >= AFTER_LOOKS))


def replay(detector: Detector, case: Case, step_days: int = 10) -> pd.DataFrame:
    """Show a case night by night; when was each truth listed first, and when confirmed?

    Only truths with their onset in a growing season and ``LEFT_DAYS`` before the end count.

    Returns
    -------
    DataFrame
        ``group``, ``cover``, ``area_m2``, and ``listed`` and ``confirmed``: days from the onset to
        the first run that lists the patch, infinite when none did.
    """
    asked = timely(case)
    seen = {id(truth): {"listed": math.inf, "confirmed": math.inf} for truth in asked}
    for end in _nights(case, step_days) if asked else ():
        now = cuts.until(case, end)
        alarms = detector(now.stack, now.periods)
        for truth in asked:
            days = (end - truth.onset.astype(object)).days
            own = [alarm for alarm in alarms if alarm.parcel == truth.parcel]
            if days < 0 or covered(truth, own) < HIT_SHARE:
                continue
            lag = seen[id(truth)]
            lag["listed"] = min(lag["listed"], days)
            if any(alarm.confirmed for alarm in own):
                lag["confirmed"] = min(lag["confirmed"], days)
    return pd.DataFrame(
        [
            {"group": case.group, "cover": t.cover, "area_m2": t.area_m2, **seen[id(t)]}
            for t in asked
        ]
    )


def _nights(case: Case, step_days: int) -> Iterator[date]:
    """Ends of the growing period after; the last one is the case's own."""
    after = case.periods.after
    for days in range(after.days - 1, step_days - 1, -step_days):
        yield after.start + timedelta(days=days)


def timely(case: Case) -> list[Truth]:
    """Truths whose lag says something: the fields around were green, and time was left."""
    last = np.datetime64(case.periods.after.end) - np.timedelta64(LEFT_DAYS, "D")
    return [t for t in counted(case) if t.onset <= last and growing(case, t.onset)]


def growing(case: Case, day: np.datetime64) -> bool:
    """Whether the quiet parcels were green around a day."""
    near = np.timedelta64(GROWING_DAYS, "D")
    around = cuts.only(case, case.quiet).stack
    around = cuts.between(around, (day - near).astype(object), (day + near).astype(object))
    index = ndvi(around)[around.full]
    return bool((~np.isnan(index)).any() and np.nanmedian(index) >= GROWING)


def conversion(cover: str) -> str:
    """The class of a cover under the bundled rules; ``""`` of none."""
    return _CONVERSION.get(cover, "")
