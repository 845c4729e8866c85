"""Whether 1000 is still in the counts: declarations, then the pixels, then the rest of the record.

From processing baseline 04.00 on Sentinel-2 L2A counts carry 1000 more, so that dark pixels may be
negative; reprocessed scenes of any year carry it too, some publishers take it off again, and some
say so wrongly (METHODS 2.2, ECOSYSTEM 3.4). The pixels answer *in*, *out* or *can't tell*:

1. A scene of 110 km without the 1000 has dark pixels far under 1000 in several bands; one with it
   cannot. A scene whose darkest pixels lie a little over 1000 in every band, short-wave infrared
   included, has it: water and shade are dark there through any haze.
2. A clear scene that shows none of this is compared, cell by cell and in all bands at once, with
   the scenes of the same place that do. Soil, crops, haze and snow move the bands apart; only the
   offset moves all of them by 1000.
3. Scenes published alike (collection, baseline, flag, declared offset) share the answer when at
   least three of them have one and no other, and it is not what is declared.

Where the pixels can't tell, the declared value holds, unless those of scenes published alike often
contradict it; then, and where declarations contradict each other, the scene is set aside
(DESIGN 5.5).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.rules import Words
from farmland.scene import BANDS, SCL, Scene

OFFSET_COUNTS = -1000
"""BOA_ADD_OFFSET from baseline 04.00 on (Sentinel-2 Products Specification Document, L2A)."""

OFFSET_BASELINE = "04.00"

COUNTS_PER_REFLECTANCE = 10_000

DARK_QUANTILE = 0.005
"""Share of a scene's pixels that may be darker: single pixels reach -0.09, half a percent does
not (harmonised openEO series of Flanders and Denmark, 2021-2023)."""

DARK_COUNTS, DARK_BANDS = 800, 2
"""Darker than this in this many bands: without the 1000. All 40 clear dates but one of a real
640 m series of fields pass, no date with 1000 added does (Flanders 2018-2019)."""

FLOOR_COUNTS = (950, 1400)
"""Darkest pixels of every band between these: with the 1000."""

LOWEST_FLOOR = 900
"""A scene with the 1000 has its darkest half percent no lower than a reflectance of -0.01."""

CELLS = 8
"""Cells along one side of a scene for the comparison of the same place."""

CELL_SHARE, CLEAR_SHARE, COMMON_CELLS, COMMON_BANDS = 0.5, 0.5, 6, 4
"""Least clear share of a cell and of a scene; least cells and bands that two scenes share."""

NEAR_COUNTS, NEAR_SPREAD, NEAR_RATIO, WITNESSES = 350, 500, 0.67, 2
"""A scene is like the record when two other scenes lie within 350 counts of it in every band, the
bands no more than 500 apart, and two thirds or less of what the other answer would give. On the
Flanders series 65 % of clear dates are found with 1000 added, and none, hazy ones and windows of
bare soil included, without."""

KIND_SCENES, KIND_SHARE = 3, 0.9
"""Answers among scenes published alike, none different, that carry over to the others; share of
them that has to confirm a declaration for it to be believed where the pixels can't tell."""


@dataclass(frozen=True, slots=True, eq=False)
class PixelEvidence:
    """What an overview of a whole scene says about its counts."""

    darkest: Mapping[str, float]
    """Counts that half a percent of the pixels with data stay under, by band."""
    cells: NDArray[np.float64]
    """Median of the clear pixels; shape (bands, 64) in the order of ``scene.BANDS``; NaN where
    less than half of a cell is clear or the band is absent."""
    clear_share: float
    """Share of SCL 4, 5, 6 and 7; 0 where there is no SCL."""
    data_share: float
    """Share of pixels with data in the fullest band."""
    file_offset: float | None = None
    """Offset written in the band files, in reflectance; ``None`` when they say nothing."""


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
OVERRULED = Words(
    "The pixels contradict the declared offset and were believed.",
    "像元与声明的偏移不符，已采用像元的结论。",
)


def observe(
    overviews: Mapping[str, NDArray[np.uint16]], file_offset: float | None = None
) -> PixelEvidence:
    """Sum up the overviews of one scene.

    Parameters
    ----------
    overviews : mapping of band to array of shape (height, width)
        Counts of the *whole* scene, 0 for no data, coarse; shapes may differ between bands.
        With ``scl`` among them, clouds are left out of the comparison of places.
    file_offset : float, optional
        Offset written in the files.
    """
    scl = overviews.get(SCL)
    clear = np.isin(scl, (4, 5, 6, 7)) if scl is not None else None
    counts = {band: overviews[band] for band in BANDS if band in overviews}
    held = {band: values[values > 0] for band, values in counts.items()}
    empty = np.full(CELLS * CELLS, np.nan)
    return PixelEvidence(
        darkest={b: float(np.quantile(v, DARK_QUANTILE)) for b, v in held.items() if v.size},
        cells=np.array(
            [_cells(counts[band], clear) if band in counts else empty for band in BANDS]
        ),
        clear_share=float(clear.mean()) if clear is not None else 0.0,
        data_share=max((held[band].size / counts[band].size for band in counts), default=0.0),
        file_offset=file_offset,
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
    for place in _places(record):
        _compare(place, seen, answers)
    kinds = _kinds(record, seen, answers)
    return {
        scene.item_id: _offset(scene, seen.get(scene.item_id), answers, kinds) for scene in record
    }


def alone(evidence: PixelEvidence) -> int | None:
    """What a scene's darkest pixels say by themselves: 0, -1000, or ``None`` for can't tell."""
    floors = list(evidence.darkest.values())
    if sum(floor < DARK_COUNTS for floor in floors) >= DARK_BANDS:
        return 0
    low, high = FLOOR_COUNTS
    if len(floors) == len(BANDS) and all(low <= floor <= high for floor in floors):
        return OFFSET_COUNTS
    return None


def compared(evidence: PixelEvidence, witnesses: Iterable[tuple[PixelEvidence, int]]) -> int | None:
    """What a scene says beside others of the same place whose offset is known.

    Parameters
    ----------
    evidence : PixelEvidence
    witnesses : iterable of (PixelEvidence, int)
        Scenes of the same place, each with what is added to its counts.

    Returns
    -------
    int or None
        0, -1000, or ``None`` for can't tell.
    """
    if evidence.clear_share < CLEAR_SHARE:
        return None
    shifts = [
        shift
        for other, counts in witnesses
        if (shift := _shift(evidence.cells, other.cells + counts)) is not None
    ]
    misfit = {counts: _misfit(shifts, counts) for counts in (0, OFFSET_COUNTS)}
    for counts, other in ((0, OFFSET_COUNTS), (OFFSET_COUNTS, 0)):
        fits = misfit[counts] <= min(NEAR_COUNTS, NEAR_RATIO * misfit[other])
        too_dark = counts and min(evidence.darkest.values()) < LOWEST_FLOOR
        if fits and not too_dark:
            return counts
    return None


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


def _cells(values: NDArray[np.uint16], clear: NDArray[np.bool_] | None) -> NDArray[np.float64]:
    """Median of the clear pixels of each of 8 × 8 cells, as one row."""
    usable = values > 0
    if clear is not None:
        rows = np.arange(values.shape[0]) * clear.shape[0] // values.shape[0]
        columns = np.arange(values.shape[1]) * clear.shape[1] // values.shape[1]
        usable &= clear[np.ix_(rows, columns)]
    tall, wide = (-(-side // CELLS) for side in values.shape)
    counts = np.full((tall * CELLS, wide * CELLS), np.nan)
    counts[: values.shape[0], : values.shape[1]] = np.where(usable, values, np.nan)
    cells = counts.reshape(CELLS, tall, CELLS, wide).swapaxes(1, 2).reshape(CELLS * CELLS, -1)
    held = np.isfinite(cells).sum(axis=1)
    middle = np.sort(cells, axis=1)[np.arange(CELLS * CELLS), np.maximum(held - 1, 0) // 2]
    return np.where(held >= CELL_SHARE * tall * wide, middle, np.nan)


def _shift(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """By how much the bands of one scene lie over those of another; ``None``: too little shared."""
    bands = np.isfinite(one).any(axis=1) & np.isfinite(other).any(axis=1)
    difference = (one - other)[bands]
    shared = np.isfinite(difference).all(axis=0)
    if bands.sum() < COMMON_BANDS or shared.sum() < COMMON_CELLS:
        return None
    shift: NDArray[np.float64] = np.median(difference[:, shared], axis=1)
    return shift


def _misfit(shifts: list[NDArray[np.float64]], counts: int) -> float:
    """How badly the worst band fits, for the second best witness, if ``counts`` is added."""
    near = [shift + counts for shift in shifts if np.ptp(shift) <= NEAR_SPREAD]
    worst = sorted(float(np.abs(shift).max()) for shift in near)
    return worst[WITNESSES - 1] if len(worst) >= WITNESSES else float("inf")


def _agreed(says: Mapping[str, int]) -> int | None:
    """What the declarations say with one voice, if it is an offset there is."""
    said = set(says.values())
    return said.pop() if len(said) == 1 and said <= {0, OFFSET_COUNTS} else None


def _in_counts(offset: float) -> int:
    return round(offset * COUNTS_PER_REFLECTANCE)
