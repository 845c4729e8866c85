"""One offset for each scene: what is declared, checked against an overview of its pixels."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from farmland import radiometry
from farmland.errors import FarmlandWarning
from farmland.io import bands
from farmland.plan import Plan
from farmland.scene import BANDS, SCL, Scene

READERS = 4
"""Overviews read at once for each worker: small reads that wait for a server, not for a core."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Offsets of a record."""

    counts: Mapping[str, int]
    """Counts to add, by item id; scenes that are set aside are absent."""
    source: Mapping[str, str]
    """What decided, by item id."""


def settle(scenes: Sequence[Scene], plan: Plan, tell: Callable[[str, int, int], None]) -> Settled:
    """Settle the offset of every scene; warns when pixels overrule or scenes are set aside."""
    seen = {}
    with ThreadPoolExecutor(plan.worker_count * READERS) as pool:
        for done, (scene, evidence) in enumerate(
            zip(scenes, pool.map(_observe, scenes), strict=True), start=1
        ):
            if evidence is not None:
                seen[scene.item_id] = evidence
            tell("overviews", done, len(scenes))
    offsets = radiometry.settle(scenes, seen)
    _warn(offsets)
    return Settled(
        {name: offset.counts for name, offset in offsets.items() if offset.usable},
        {name: offset.source for name, offset in offsets.items()},
    )


def _observe(scene: Scene) -> radiometry.PixelEvidence | None:
    """Overviews of one scene; ``None`` when they cannot be read: then declarations decide."""
    try:
        read = {band: bands.overview(scene, band) for band in (*BANDS, SCL) if band in scene.assets}
    except bands.Unread:
        return None
    offsets = {view.offset for name, view in read.items() if name != SCL} - {None}
    return radiometry.observe(
        {name: view.values for name, view in read.items()},
        offsets.pop() if len(offsets) == 1 else None,
    )


def _warn(offsets: Mapping[str, radiometry.Offset]) -> None:
    """Say once what stands for each scene in layer ``scenes``."""
    aside = sum(not offset.usable for offset in offsets.values())
    overruled = sum(offset.usable and offset.note is not None for offset in offsets.values())
    if aside:
        warnings.warn(
            FarmlandWarning(
                f"{aside} of {len(offsets)} scenes declare contradicting offsets and their pixels "
                "can't tell: set aside (layer scenes).",
                f"{len(offsets)} 景影像中有 {aside} 景的辐射偏移声明自相矛盾且像元无法判断，"
                "已弃用（见 scenes 图层）。",
            ),
            stacklevel=3,
        )
    if overruled:
        warnings.warn(
            FarmlandWarning(
                f"{overruled} of {len(offsets)} scenes declare an offset that their pixels refute: "
                "the pixels decide (layer scenes).",
                f"{len(offsets)} 景影像中有 {overruled} 景的像元与声明的辐射偏移不符，"
                "以像元为准（见 scenes 图层）。",
            ),
            stacklevel=3,
        )
