"""Whether 1000 is still in the counts: declarations, then the pixels, then the rest of the record.

From processing baseline 04.00 on Sentinel-2 L2A counts carry 1000 more, so that dark pixels may be
negative; reprocessed scenes of any year carry it too, some publishers take it off again, and some
say so wrongly (METHODS 2.2, ECOSYSTEM 3.4). The pixels, as :mod:`farmland.imagery.darkness` reads
them, answer *in*, *out* or *can't tell*, and are believed. Where they can't tell,

* scenes published alike (collection, baseline, flag, declared offset, tag of the files) share the
  answer when many of them have one and no other, nearly all clear ones among them, and it is not
  what is declared;
* else the declared value holds;
* a scene is set aside when declarations contradict each other, when the pixels of scenes
  published alike often contradict them, or when it should be without the 1000, is clear, and yet
  shows nothing dark where all other clear scenes do (DESIGN 5.5).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from farmland.imagery import darkness
from farmland.imagery.darkness import OFFSET_COUNTS, PixelEvidence
from farmland.rules import Words
from farmland.rules.radiometry import Radiometry
from farmland.scene import SCL, Scene

__all__ = ["Offset", "declared", "incomplete", "settle"]

OFFSET_BASELINE = "04.00"
"""First processing baseline whose counts carry the offset, 25 January 2022 and every reprocessed
scene since (Sentinel-2 Products Specification Document; ECOSYSTEM 3.4)."""

COUNTS_PER_REFLECTANCE = 10_000
"""QUANTIFICATION_VALUE of the products (Sentinel-2 Products Specification Document, L2A)."""


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


def settle(
    scenes: Iterable[Scene], seen: Mapping[str, PixelEvidence], rules: Radiometry
) -> dict[str, Offset]:
    """Decide for each scene what is added to its counts.

    Parameters
    ----------
    scenes : iterable of Scene
        The whole record: the more of it, the more the pixels can tell.
    seen : mapping of item id to PixelEvidence
        A scene without evidence goes by what is declared and by scenes published alike.
    rules : Radiometry

    Returns
    -------
    dict of item id to Offset
    """
    record = sorted(scenes, key=lambda scene: scene.item_id)
    answers: dict[str, int] = {}
    bright: set[str] = set()
    for place in _places(record, seen):
        answers |= _compare(place, _alone(place, rules), rules)
        bright |= _too_bright(place, answers, rules)
    kinds = _kinds(record, seen, answers, rules)
    settled = {}
    for scene in record:
        offset = _offset(scene, seen.get(scene.item_id), answers, kinds)
        if offset.usable and offset.counts == 0 and scene.item_id in bright:
            offset = Offset(0, "none", usable=False, note=TOO_BRIGHT)
        settled[scene.item_id] = offset
    return settled


def incomplete(
    scenes: Iterable[Scene], seen: Mapping[str, PixelEvidence], rules: Radiometry
) -> list[str]:
    """Item ids whose remaining bands are wanted: somebody of their place is to be compared."""
    wanted = []
    for place in _places(scenes, seen):
        told = _alone(place, rules)
        if any(name not in told and darkness.comparable(place[name], rules) for name in place):
            wanted += [
                name
                for name in told
                if not place[name].read.issuperset(rules.compared_bands)
                and darkness.testifies(place[name], rules)
            ]
    return wanted


def declared(scene: Scene, file_offsets: Iterable[float] = ()) -> Mapping[str, int]:
    """What each source says is to be added to the counts, the most trusted source first.

    Where the publisher has taken the offset off (the flag), the offset an item still declares is
    that of the original product: Earth Search v1 states both for every 05.xx scene.
    """
    says: dict[str, int] = {}
    if scene.offset_applied:
        says["flag"] = 0
    else:
        offsets = {asset.offset for band, asset in scene.assets.items() if band != SCL}
        says |= _named("item", (offset for offset in offsets if offset is not None))
    says |= _named("file", file_offsets)
    if scene.baseline and not scene.offset_applied:
        says["baseline"] = OFFSET_COUNTS if scene.baseline >= OFFSET_BASELINE else 0
    return says


def _named(source: str, offsets: Iterable[float]) -> dict[str, int]:
    """Offsets of one source; bands that differ are two voices."""
    counts = sorted(round(offset * COUNTS_PER_REFLECTANCE) for offset in offsets)
    return {source if not number else f"{source} too": one for number, one in enumerate(counts)}


def _alone(place: Mapping[str, PixelEvidence], rules: Radiometry) -> dict[str, int]:
    """What the scenes of a place say by themselves."""
    said = {name: darkness.alone(evidence, rules) for name, evidence in place.items()}
    return {name: answer for name, answer in said.items() if answer is not None}


def _compare(
    place: Mapping[str, PixelEvidence], told: Mapping[str, int], rules: Radiometry
) -> dict[str, int]:
    """All answers: those told, and those of comparison, which are witnesses for the next round."""
    answers = dict(told)
    while True:
        witnesses = [(place[name], answer) for name, answer in answers.items()]
        found = {
            name: darkness.compared(evidence, witnesses, rules)
            for name, evidence in place.items()
            if name not in answers
        }
        more = {name: answer for name, answer in found.items() if answer is not None}
        if not more:
            return answers
        answers |= more


def _too_bright(
    place: Mapping[str, PixelEvidence], answers: Mapping[str, int], rules: Radiometry
) -> set[str]:
    """Clear scenes that show nothing dark in bands in which those without the 1000 do."""
    least = rules.bright_clear_share
    clear = {name: held for name, held in place.items() if held.clear_share >= least}
    without = [held for name, held in clear.items() if answers.get(name) == 0]
    dark = [evidence for evidence in without if darkness.alone(evidence, rules) == 0]
    if len(dark) < max(rules.bright_scenes, rules.bright_share * len(without)):
        return set()
    bands = frozenset.intersection(*(evidence.read for evidence in dark))
    return {name for name, held in clear.items() if name not in answers and held.read >= bands}


def _offset(
    scene: Scene,
    evidence: PixelEvidence | None,
    answers: Mapping[str, int],
    kinds: Mapping[tuple[object, ...], int | None],
) -> Offset:
    """One scene's offset: pixels, scenes published alike, then what is declared."""
    if evidence is not None and evidence.data_share == 0:
        return Offset(0, "none", usable=False, note=BLANK)
    says = declared(scene, evidence.file_offsets if evidence is not None else ())
    agreed, kind = _agreed(says), _kind(scene, evidence)
    for source, answer in (("pixels", answers.get(scene.item_id)), ("record", kinds.get(kind))):
        if answer is not None:
            note = OVERRULED if says and agreed != answer else None
            return Offset(answer, source, usable=True, note=note)
    if agreed is not None and kind not in kinds:
        return Offset(agreed, next(iter(says)), usable=True)
    reason = UNRELIABLE if agreed is not None else CONTRADICTORY if says else UNDECLARED
    return Offset(0, "none", usable=False, note=reason)


def _kinds(
    record: Iterable[Scene],
    seen: Mapping[str, PixelEvidence],
    answers: Mapping[str, int],
    rules: Radiometry,
) -> dict[tuple[object, ...], int | None]:
    """What scenes published alike share where pixels do not confirm it; ``None``: nothing."""
    kinds: defaultdict[tuple[object, ...], list[Scene]] = defaultdict(list)
    for scene in record:
        kinds[_kind(scene, seen.get(scene.item_id))].append(scene)
    shared: dict[tuple[object, ...], int | None] = {}
    for kind, alike in kinds.items():
        names = [scene.item_id for scene in alike if scene.item_id in seen]
        told = Counter(answers[name] for name in names if name in answers)
        if told:
            clear = [n for n in names if seen[n].clear_share >= rules.bright_clear_share]
            open_ = sum(name not in answers for name in clear)
            settled = open_ <= (1 - rules.kind_share) * len(clear)
            agreed = _agreed(declared(alike[0], seen[names[0]].file_offsets))
            if not _confirmed(agreed, told, rules, settled=settled):
                carries = len(told) == 1 and told.total() >= rules.kind_scenes and settled
                shared[kind] = next(iter(told)) if carries else None
    return shared


def _confirmed(agreed: int | None, told: Counter[int], rules: Radiometry, *, settled: bool) -> bool:
    """Whether a declaration is believed unseen: all answers bear it out, or nearly all of them.

    With single wrong ones seen, only where nearly all clear scenes have an answer (``settled``):
    the 1000 is harder to see than its absence, so what stays open is no fair sample.
    """
    if agreed is None:
        return False
    share = told[agreed] / told.total()
    return share == 1 or (share >= rules.kind_share and settled)


def _kind(scene: Scene, evidence: PixelEvidence | None) -> tuple[object, ...]:
    """What scenes published alike have in common."""
    offsets = tuple(sorted({str(a.offset) for band, a in scene.assets.items() if band != SCL}))
    tags = evidence.file_offsets if evidence is not None else ()
    return scene.collection, scene.baseline, scene.offset_applied, offsets, tags


def _places(
    record: Iterable[Scene], seen: Mapping[str, PixelEvidence]
) -> list[dict[str, PixelEvidence]]:
    """Evidence by item id, of each granule place."""
    places: defaultdict[tuple[object, ...], dict[str, PixelEvidence]] = defaultdict(dict)
    for scene in record:
        if scene.item_id in seen:
            places[scene.crs, scene.tile or scene.origin][scene.item_id] = seen[scene.item_id]
    return list(places.values())


def _agreed(says: Mapping[str, int]) -> int | None:
    """What the declarations say with one voice, if it is an offset there is."""
    said = set(says.values())
    return said.pop() if len(said) == 1 and said <= {0, OFFSET_COUNTS} else None
