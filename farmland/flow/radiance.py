"""One offset for each scene: what is declared, checked against overviews of its pixels.

Overviews are the dearest thing of a run that needs few blocks, up to 4 MB for each scene where the
coarsest is 687 pixels wide: no more of them are read than can still tell something.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from farmland.errors import FarmlandWarning
from farmland.imagery import darkness, radiometry
from farmland.imagery.darkness import PixelEvidence
from farmland.io import bands
from farmland.io.catalog import reach_of
from farmland.io.hosts import Reach
from farmland.plan import Plan
from farmland.rules import Words
from farmland.rules.radiometry import Radiometry
from farmland.scene import SCL, Scene

READERS = 4
"""Overviews read at once for each worker: small reads that wait for a server, not for a core."""


@dataclass(frozen=True, slots=True, order=True)
class Missed:
    """An overview that stayed unread: with it the offset might have been another."""

    item_id: str
    band: str
    reason: str


Glance = Callable[[Scene, str], bands.Overview]
"""Reads the overview of one band."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Offsets of a record."""

    counts: Mapping[str, int]
    """Counts to add, by item id; scenes that are set aside are absent."""
    source: Mapping[str, str]
    """What decided, by item id."""
    notes: Mapping[str, Words]
    """Why a scene is set aside or its declaration overruled, by item id; others are absent."""
    missed: tuple[Missed, ...] = ()
    """Overviews that were wanted and stayed unread, by item id and band."""


def settle(
    scenes: Sequence[Scene],
    plan: Plan,
    rules: Radiometry,
    tell: Callable[[str, int, int], None],
) -> Settled:
    """Settle the offset of every scene; warns when pixels overrule or scenes are set aside."""
    seen = {}
    missed: list[Missed] = []
    glance = partial(_glance, missed, reach_of(plan.catalog, plan.allow_host, offline=plan.offline))
    with ThreadPoolExecutor(plan.worker_count * READERS) as pool:
        observed = pool.map(lambda scene: observe(scene, rules, glance), scenes)
        for done, (scene, evidence) in enumerate(zip(scenes, observed, strict=True), start=1):
            if evidence is not None:
                seen[scene.item_id] = evidence
            tell("overviews", done, len(scenes))
        wanted = set(radiometry.incomplete(scenes, seen, rules))
        witnesses = [scene for scene in scenes if scene.item_id in wanted]
        seen |= pool.map(
            lambda scene: _complete(scene, seen[scene.item_id], rules, glance), witnesses
        )
    offsets = radiometry.settle(scenes, seen, rules)
    _warn(offsets)
    return Settled(
        {name: offset.counts for name, offset in offsets.items() if offset.usable},
        {name: offset.source for name, offset in offsets.items()},
        {name: offset.note for name, offset in offsets.items() if offset.note is not None},
        tuple(sorted(missed)),
    )


def _glance(missed: list[Missed], reach: Reach, scene: Scene, band: str) -> bands.Overview:
    try:
        return bands.overview(scene, band, reach=reach)
    except bands.Unread as fault:
        missed.append(Missed(scene.item_id, band, fault.reason))
        raise


def observe(
    scene: Scene, rules: Radiometry, glance: Glance = bands.overview
) -> PixelEvidence | None:
    """Look at one scene, band by band, until it has an answer or can't have one.

    Returns
    -------
    PixelEvidence or None
        ``None`` when nothing of it can be read: then declarations decide.
    """
    sky: dict[str, bands.Overview] = {}
    evidence: PixelEvidence | None = None
    band: str | None = SCL if SCL in scene.assets else next(iter(scene.assets))
    while band is not None:
        try:
            view = glance(scene, band)
        except bands.Unread:
            break
        if band == SCL:
            sky = {SCL: view}
        told = _evidence({**sky, band: view}, rules)
        evidence = told if evidence is None else darkness.join(evidence, told)
        band = darkness.next_band(evidence, scene.assets.keys(), rules)
    return evidence if evidence is not None and evidence.read - {SCL} else None


def _complete(
    scene: Scene, evidence: PixelEvidence, rules: Radiometry, glance: Glance
) -> tuple[str, PixelEvidence]:
    """The bands of a witness that are still unread, and its item id."""
    wanted = [SCL, *(band for band in rules.compared_bands if band not in evidence.read)]
    try:
        views = {band: glance(scene, band) for band in wanted if band in scene.assets}
    except bands.Unread:
        return scene.item_id, evidence
    return scene.item_id, darkness.join(evidence, _evidence(views, rules))


def _evidence(views: Mapping[str, bands.Overview], rules: Radiometry) -> PixelEvidence:
    offsets = {view.offset for band, view in views.items() if band != SCL}
    return darkness.observe(
        {band: view.values for band, view in views.items()},
        rules,
        [offset for offset in offsets if offset is not None],
    )


def _warn(offsets: Mapping[str, radiometry.Offset]) -> None:
    """Say once what stands for each scene in layer ``scenes`` and, with the reason, in the run."""
    aside = Counter(offset.note for offset in offsets.values() if not offset.usable)
    overruled = sum(offset.usable and offset.note is not None for offset in offsets.values())
    if aside:
        told = {language: _most(aside, language) for language in ("en", "zh")}
        warnings.warn(
            FarmlandWarning(
                f"{aside.total()} of {len(offsets)} scenes are set aside (layer scenes; run.json "
                f"names them): {told['en']}",
                f"{len(offsets)} 景影像中有 {aside.total()} 景已弃用"
                f"（见 scenes 图层，run.json 列出清单）：{told['zh']}",
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


def _most(reasons: Counter[Words | None], language: str) -> str:
    """Reasons with how many scenes they have, the commonest first."""
    return " ".join(
        f"{count} × {reason.text(language)}"
        for reason, count in reasons.most_common()
        if reason is not None
    )
