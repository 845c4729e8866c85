"""Slow covers as findings: candidates of the first year, never confirmed in it.

:mod:`farmland.detect.rhythm` says where no crop was sown and harvested any more; here that becomes
a patch with a curve, dates and a cover, like any other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from farmland.detect import describing, evidence, patches, rhythm
from farmland.detect.dating import Dated
from farmland.detect.findings import Finding, Record
from farmland.detect.rhythm import Left
from farmland.detect.signals import Signals
from farmland.imagery.stack import Stack
from farmland.model import Model
from farmland.plan import Periods
from farmland.rules.detection import Detection
from farmland.rules.rhythm import Rhythm

ROUGHLY_DAYS = 30
"""Before the first look without rhythm, the last one that had it: greenness fades over weeks."""


def find(
    stack: Stack,
    read: Signals,
    periods: Periods,
    records: Sequence[Record],
    listed: Collection[int],
    rules: tuple[Detection, Rhythm],
    model: Model | None,
) -> tuple[list[Finding], Mapping[int, int]]:
    """Slow covers in parcels that are not ``listed`` (input rows), and those that are watched.

    Watched are positions in the cell, with the days since the rhythm may have been lost.
    """
    detection, slow = rules
    lost = rhythm.find(stack, read, periods, slow)
    free = (left for left in lost.left if records[left.parcel].row not in listed)
    found = (
        _finding(stack, read, left, periods, detection, records[left.parcel], model)
        for left in free
    )
    return [one for one in found if one is not None], lost.watched


def _finding(
    stack: Stack,
    read: Signals,
    left: Left,
    periods: Periods,
    rules: Detection,
    record: Record,
    model: Model | None,
) -> Finding | None:
    """A parcel, or a part of it, that lost its rhythm; None where too few looks show it whole."""
    patch = patches.since(read, left.parcel, left.pixels, left.start, rules)
    if patch.changed.size < rules.candidate_looks:
        return None
    around = evidence.surroundings(patch, stack, read, rules)
    weighed = evidence.weigh(patch, read, around, patch.changed, rules)
    weighed = replace(weighed, odds=left.odds, confidence=left.confidence, more=left.numbers)
    earlier = np.flatnonzero(patch.seen & (read.days <= read.days[left.start] - ROUGHLY_DAYS))
    dated = Dated(int(earlier[-1]) if earlier.size else None, int(patch.changed[0]))
    told = describing.Told(weighed, ("season",), "candidate", slow=True)
    found = describing.finding(stack, read, patch, dated, told, record, periods, model)
    before = found.date_to < np.datetime64(periods.after.start, "D")
    return replace(found, changed_before=bool(before))
