"""Detection: one function for one cell; it sees integers, periods and rules, and nothing else.

Two tiers. ``patches.generate`` is loose: a pixel is a candidate when from some look on it fitted
neither its own past in any season nor what its neighbours showed that day, and no canopy came
back. ``evidence.weigh`` is strict: kinds of evidence that do not share their errors add up to a
confidence. What a patch became is decided last, by ``covers``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from farmland import series
from farmland.detect import (
    choice,
    cropping,
    crops,
    dating,
    describing,
    evidence,
    greenness,
    learned,
    likeness,
    patches,
    signals,
    slowly,
)
from farmland.detect.findings import Dismissed, Finding, Findings, Record
from farmland.detect.ranks import by_row
from farmland.imagery.stack import Stack
from farmland.model import Model
from farmland.periods import Period
from farmland.plan import Periods
from farmland.rules.detection import Detection
from farmland.rules.rhythm import Rhythm


def find(
    stack: Stack,
    periods: Periods,
    rules: Detection,
    model: Model | None = None,
    slow: Rhythm | None = None,
) -> Findings:
    """Find the conversions of one cell and record what was seen of each of its parcels.

    A ``model`` of verified cases says how sure a change is, in place of the rules. Slow covers are
    looked for where the rules of ``slow`` are given, in parcels without a faster one.
    """
    read = signals.read(stack, periods, rules)
    grown = crops.of_cell(stack, read, periods)
    records = _records(stack, read, periods, grown)
    weighed = list(_search(stack, read, periods, records, rules, model))
    found = [one for one in weighed if isinstance(one, Finding)]
    if slow is not None:
        listed = {patch.row for patch in found}
        lost, watched = slowly.find(stack, read, periods, records, listed, (rules, slow), model)
        found += lost
        records = tuple(
            replace(record, watched=watched.get(g, 0)) for g, record in enumerate(records)
        )
    listed = {patch.row for patch in found}
    found += _earlier(stack, read, periods, records, listed, rules, model)
    dismissed = tuple(one for one in weighed if isinstance(one, Dismissed))
    shown = series.of_cell(
        read.parcel_ndvi, stack.days, signals.judged(stack), stack.clear, read.clear
    )
    seen = greenness.of_cell(stack, read, periods)
    return Findings(tuple(found), records, dismissed, shown, seen)


def _search(
    stack: Stack,
    read: signals.Signals,
    periods: Periods,
    records: Sequence[Record],
    rules: Detection,
    model: Model | None,
) -> Iterator[Finding | Dismissed]:
    """Yield the candidates whose onset lies in the period after, weighed; none upon another."""
    generated = patches.generate(stack, read, rules)
    for _, together in groupby(generated, key=lambda patch: patch.parcel):
        weighed = [
            choice.weigh(stack, read, patch, rules, model)
            for patch in together
            if patch.changed.size >= rules.candidate_looks
        ]
        for one in choice.strongest(weighed, rules):
            yield _finding(stack, read, one, periods, rules, records, model)


def _earlier(
    stack: Stack,
    read: signals.Signals,
    periods: Periods,
    records: Sequence[Record],
    listed: Collection[int],
    rules: Detection,
    model: Model | None,
) -> list[Finding]:
    """Conversions of the year before the period after, which its own history would excuse.

    Looked for where no canopy grew since, with a history that ends a year earlier.
    """
    cut = periods.after.start - timedelta(days=365)
    if (cut - periods.history.start).days < rules.history_days:
        return []
    bare = np.array(
        [record.peak_after < rules.open_ground and record.row not in listed for record in records]
    )
    if not bare.any():
        return []
    history = Period(periods.history.start, cut - timedelta(days=1))
    since = signals.moved(read, history, Period(cut, periods.after.end), rules)
    part, known = signals.only(stack, since, bare)
    start = np.datetime64(periods.after.start, "D")
    return [
        replace(finding, changed_before=True)
        for finding in _search(part, known, periods, records, rules, model)
        if isinstance(finding, Finding) and finding.date_to < start
    ]


def _finding(
    stack: Stack,
    read: signals.Signals,
    candidate: choice.Weighed,
    periods: Periods,
    rules: Detection,
    records: Sequence[Record],
    model: Model | None,
) -> Finding | Dismissed:
    """Describe a candidate; dismiss it when it is slight, or never was farmland."""
    patch, around, weighed = candidate
    record = records[patch.parcel]
    if choice.slight(weighed, rules) or not cropping.ever_cropped(
        patch.ndvi(read.noise)[read.history]
    ):
        since = signals.dates(stack.days)[patch.start]
        row = stack.cell.parcels[patch.parcel].row
        return Dismissed(row, patch.pixels.size, since, weighed)
    sure = read_enough(record, rules) and evidence.settled(weighed, rules)
    judged = partial(learned.judged, model=model)
    look = evidence.confirming_look(patch, read, around, rules, judged) if sure else None
    stage = "confirmed" if look is not None else "candidate"
    dated = dating.date(patch, rules, look)
    told = describing.Told(weighed, weighed.kinds(rules), stage, look)
    return describing.finding(stack, read, patch, dated, told, record, periods, model)


def read_enough(record: Record, rules: Detection) -> bool:
    """Whether the history is long enough to confirm anything (DESIGN 3: nine months)."""
    return record.clear_history >= rules.history_looks and record.history_days >= rules.history_days


def _records(
    stack: Stack, read: signals.Signals, periods: Periods, grown: Sequence[crops.Grown]
) -> tuple[Record, ...]:
    """What was seen of each parcel."""

    def count(pixels: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(stack.parcel[pixels], minlength=len(grown))

    pixels = np.bincount(stack.parcel, minlength=len(grown))
    imaged = (count(stack.imaged) > 0) | ((pixels == 0) & stack.imaged.any())
    ndvi = read.parcel_ndvi
    seen = ~np.isnan(ndvi)
    before = read.history & describing.within(read, periods.before)
    columns = {
        "pixels": pixels,
        "full_pixels": count(stack.full),
        "imaged": imaged,
        "seen_share": count(np.any(read.clear, axis=1)) / np.maximum(pixels, 1),
        "clear_history": seen[:, read.history].sum(axis=1),
        "clear_before": seen[:, before].sum(axis=1),
        "clear_after": seen[:, read.after].sum(axis=1),
        "history_days": likeness.span(read.days, seen & read.history),
        "peak_before": by_row(ndvi[:, before], 0.9)[:, 0],
        "peak_after": by_row(ndvi[:, read.after], 0.9)[:, 0],
    }
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return tuple(
        Record(
            row=parcel.row,
            cropping=one.past,
            switch=one.now,
            **dict(zip(columns, row, strict=True)),
        )
        for parcel, one, row in zip(stack.cell.parcels, grown, rows, strict=True)
    )
