"""The product's own detector in the contest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as default
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contest.cases import Alarm
from farmland import detect, rules
from farmland.detect.findings import Finding
from farmland.imagery.stack import Stack
from farmland.plan import Periods
from farmland.rules.detection import Detection


@dataclass(frozen=True, slots=True)
class Ours:
    """The detector under the bundled rules, some of them overridden."""

    overrides: Mapping[str, Any] = default(default_factory=dict)
    """Field of :class:`farmland.rules.detection.Detection` to its value."""

    @property
    def rules(self) -> Detection:
        """The rules it detects by."""
        return replace(rules.load("cn").detection, **self.overrides)

    def __call__(self, stack: Stack, periods: Periods) -> list[Alarm]:
        """Every row that would be listed with its onset in the period after."""
        found = detect.find(stack, periods, self.rules, slow=rules.load("cn").rhythm)
        position = {parcel.row: number for number, parcel in enumerate(stack.cell.parcels)}
        return [
            _alarm(one, position[one.row], stack) for one in found.patches if not one.changed_before
        ]


def _alarm(one: Finding, parcel: int, stack: Stack) -> Alarm:
    own = np.flatnonzero(stack.parcel == parcel)
    places = _key(stack.rows[own], stack.columns[own])
    order = np.argsort(places)
    found = np.searchsorted(places, _key(one.rows, one.columns), sorter=order)
    return Alarm(
        parcel,
        own[order[found]],
        one.date_from,
        one.date_to,
        one.stage == "confirmed",
        one.cover,
    )


def _key(rows: NDArray[np.int32], columns: NDArray[np.int32]) -> NDArray[np.int64]:
    """One number for each pixel of a zone."""
    return rows.astype(np.int64) << 32 | columns.astype(np.int64) & 0xFFFFFFFF
