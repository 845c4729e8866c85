"""Whether 1000 is still in the counts: declarations, then the pixels, then the rest of the record.

From processing baseline 04.00 on Sentinel-2 L2A counts carry 1000 more, so that dark pixels may be
negative; reprocessed scenes of any year carry it too, some publishers take it off again, and some
say so wrongly (METHODS 2.2, ECOSYSTEM 3.4). The pixels, as :mod:`farmland.darkness` reads them,
answer *in*, *out* or *can't tell*, and are believed. Where they can't tell,

* scenes published alike (collection, baseline, flag, declared offset) share the answer when at
  least three of them have one and no other, and it is not what is declared;
* else the declared value holds;
* a scene is set aside when declarations contradict each other, when the pixels of scenes
  published alike often contradict them, or when it should be without the 1000, is clear, and yet
  shows nothing dark where all other clear scenes do (DESIGN 5.5).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from farmland.darkness import (
    OFFSET_COUNTS,
    PixelEvidence,
    alone,
    compared,
    observe,
)
from farmland.rules import Words
from farmland.scene import SCL, Scene

__all__ = ["Offset", "PixelEvidence", "declared", "observe", "settle"]

OFFSET_BASELINE = "04.00"

COUNTS_PER_REFLECTANCE = 10_000

KIND_SCENES, KIND_SHARE = 3, 0.9
"""Answers among scenes published alike, none different, that carry over to the others; share of
them that has to confirm a declaration for it to be believed where the pixels can't tell."""

DARK_SCENES, DARK_SHARE, DARK_CLEAR_SHARE = 10, 0.95, 0.6
"""Scenes of a place without the 1000, and the share of them whose dark pixels say so by themselves,
from which on one that shows none is not believed to be without; clear share of all of them."""


@dataclass(frozen=True, slots=True)
class Offset:
    """What is added to the counts of a scene, and on whose word."""

    counts: int
    """0 or -1000."""
    source: str
    """``pixels``, ``record``, ``flag``, ``item``, ``file``, ``baseline``, or ``none``."""
    usable: bool
    """False: blank, or nobody can say; the scene is set aside and counted."""
    note: Words | None = None
    """Why it is set aside, or that the pixels contradict what is declared."""


BLANK = Words("The scene has no data at all.", "影像全部为无数据。")
UNDECLARED = Words(
    "Nothing says whether the 1000 of baseline 04.00 is in the counts.",
    "无法得知像元值是否含 04.00 基线的 1000 偏移。",
)
CONTRADICTORY = Words(
    "The declarations of the offset contradict each other and the pixels can't tell.",
    "偏移的各项声明相互矛盾，像元亦无法判断。",
)
UNRELIABLE = Words(
    "Scenes published like this one are declared wrongly now and then.",
    "同类影像的偏移声明时有错误。",
)
TOO_BRIGHT = Words(
    "Clear, yet without the dark pixels of every other clear scene of the place.",
    "影像晴朗，却没有同地其他晴朗影像都有的暗像元。",
)
OVERRULED = Words(
    "The pixels contradict the declared offset and were believed.",
    "像元与声明的偏移不符，已采用像元的结论。",
)


def settle(scenes: Iterable[Scene], darkest: Mapping[str, PixelEvidence]) -> dict[str, Offset]:
    """Decide for each scene what is added to its counts.

    Parameters
    ----------
    scenes : iterable of Scene
        The whole record: the more of it, the more the pixels can tell.
    darkest : mapping of item id to PixelEvidence
        A scene without evidence goes by what is declared and by scenes published alike.

    Returns
    -------
    dict of item id to Offset
    """
    record = sorted(scenes, key=lambda scene: scene.item_id)
    seen = {scene.item_id: darkest[scene.item_id] for scene in record if scene.item_id in darkest}
    answers = {name: answer for name, held in seen.items() if (answer := alone(held)) is not None}
    bright: set[str] = set()
    for place in _places(record):
        _compare(place, seen, answers)
        bright |= _too_bright(place, seen, answers)
    kinds = _kinds(record, seen, answers)
    settled = {}
    for scene in record:
        offset = _offset(scene, seen.get(scene.item_id), answers, kinds)
        if offset.usable and offset.counts == 0 and scene.item_id in bright:
            offset = Offset(0, "none", usable=False, note=TOO_BRIGHT)
        settled[scene.item_id] = offset
    return settled


def declared(scene: Scene, file_offset: float | None = None) -> Mapping[str, int]:
    """What each source says is to be added to the counts, the most trusted source first.

    Where the publisher has taken the offset off (the flag), the offset an item still declares is
    that of the original product: Earth Search v1 states both for every 05.xx scene.
    """
    says: dict[str, int] = {}
    if scene.offset_applied:
        says["flag"] = 0
    else:
        offsets = {asset.offset for band, asset in scene.assets.items() if band != SCL} - {None}
        for offset in sorted(offset for offset in offsets if offset is not None):
            says["item" if "item" not in says else "item too"] = _in_counts(offset)
    if file_offset is not None:
        says["file"] = _in_counts(file_offset)
    if scene.baseline and not scene.offset_applied:
        says["baseline"] = OFFSET_COUNTS if scene.baseline >= OFFSET_BASELINE else 0
    return says


def _compare(place: list[str], seen: Mapping[str, PixelEvidence], answers: dict[str, int]) -> None:
    """Add the answers of comparison; those found are witnesses for the next round."""
    while True:
        witnesses = [(seen[name], answers[name]) for name in place if name in answers]
        open_ = [name for name in place if name in seen and name not in answers]
        found = {name: compared(seen[name], witnesses) for name in open_}
        told = {name: answer for name, answer in found.items() if answer is not None}
        if not told:
            return
        answers.update(told)


def _too_bright(
    place: list[str], seen: Mapping[str, PixelEvidence], answers: Mapping[str, int]
) -> set[str]:
    """Clear scenes that show nothing dark, where those without the 1000 do."""
    clear = [n for n in place if n in seen and seen[n].clear_share >= DARK_CLEAR_SHARE]
    without = [seen[name] for name in clear if answers.get(name) == 0]
    dark = sum(alone(evidence) == 0 for evidence in without)
    if dark < max(DARK_SCENES, DARK_SHARE * len(without)):
        return set()
    return {name for name in clear if name not in answers}


def _offset(
    scene: Scene,
    evidence: PixelEvidence | None,
    answers: Mapping[str, int],
    kinds: Mapping[tuple[object, ...], int | None],
) -> Offset:
    """One scene's offset: pixels, scenes published alike, then what is declared."""
    if evidence is not None and evidence.data_share == 0:
        return Offset(0, "none", usable=False, note=BLANK)
    says = declared(scene, evidence.file_offset if evidence is not None else None)
    agreed, kind = _agreed(says), _kind(scene)
    for source, answer in (("pixels", answers.get(scene.item_id)), ("record", kinds.get(kind))):
        if answer is not None:
            note = OVERRULED if says and agreed != answer else None
            return Offset(answer, source, usable=True, note=note)
    if agreed is not None and kind not in kinds:
        return Offset(agreed, next(iter(says)), usable=True)
    reason = UNRELIABLE if agreed is not None else CONTRADICTORY if says else UNDECLARED
    return Offset(0, "none", usable=False, note=reason)


def _kinds(
    record: Iterable[Scene], seen: Mapping[str, PixelEvidence], answers: Mapping[str, int]
) -> dict[tuple[object, ...], int | None]:
    """What scenes published alike share where pixels do not confirm it; ``None``: nothing."""
    votes: defaultdict[tuple[object, ...], Counter[int]] = defaultdict(Counter)
    said: dict[tuple[object, ...], int | None] = {}
    for scene in record:
        answer = answers.get(scene.item_id)
        if answer is not None:
            votes[_kind(scene)][answer] += 1
            said[_kind(scene)] = _agreed(declared(scene, seen[scene.item_id].file_offset))
    shared: dict[tuple[object, ...], int | None] = {}
    for kind, counted in votes.items():
        agreed = said[kind]
        confirmed = 0 if agreed is None else counted[agreed]
        if confirmed < KIND_SHARE * counted.total():
            unanimous = len(counted) == 1 and counted.total() >= KIND_SCENES
            shared[kind] = next(iter(counted)) if unanimous else None
    return shared


def _kind(scene: Scene) -> tuple[object, ...]:
    offsets = tuple(sorted({str(a.offset) for band, a in scene.assets.items() if band != SCL}))
    return scene.collection, scene.baseline, scene.offset_applied, offsets


def _places(record: Iterable[Scene]) -> list[list[str]]:
    """Item ids of the same granule place."""
    places: defaultdict[tuple[object, ...], list[str]] = defaultdict(list)
    for scene in record:
        places[scene.crs, scene.tile or scene.origin].append(scene.item_id)
    return list(places.values())


def _agreed(says: Mapping[str, int]) -> int | None:
    """What the declarations say with one voice, if it is an offset there is."""
    said = set(says.values())
    return said.pop() if len(said) == 1 and said <= {0, OFFSET_COUNTS} else None


def _in_counts(offset: float) -> int:
    return round(offset * COUNTS_PER_REFLECTANCE)
