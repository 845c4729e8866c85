"""Bring together what people said of patches and the numbers by which they were weighed.

A verdict stands in the column ``status`` of ``conversions`` (``verified``, ``dismissed``), or in
a table of labels, which beats it. A patch that was weighed and not listed is a case only when its
parcel is labelled. A case that several results hold counts once, as the newest run saw it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd

from farmland.detect import covers
from farmland.detect.learned import LEARNED
from farmland.labels import Label
from farmland.result import Result, Verdict

EQUAL_AREA = 6933
"""EPSG code of the grid in which blocks are counted: metres, equal areas, the whole world
(EASE-Grid 2.0), so that results in other coordinates share their blocks."""

SAID = {"verified": True, "dismissed": False}
"""What a status of a case says; the others say nothing."""

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One weighed patch of which somebody said whether it truly changed."""

    name: str
    """Patch id; parcel and first look where it is not listed."""
    numbers: Mapping[str, float]
    """By name; NaN = could not be judged."""
    agreed: bool
    cover: str
    """What it became; ``""`` where it did not change or nobody said."""
    confidence: float
    """What the rules alone gave it, 0-1."""
    believed: Mapping[str, float]
    """What the rules alone believed it became; empty where it is not listed."""
    block: str
    """Name of the block that holds it."""

    @property
    def rules_cover(self) -> str:
        """What the rules alone called it."""
        return covers.decide(self.believed) if self.believed else UNKNOWN


@dataclass(slots=True)
class _Said:
    """Labels by what they name, and which of them were found."""

    by_patch: Mapping[str, Label]
    by_parcel: Mapping[str, Label]
    found: set[str] = field(default_factory=set)

    def of_patch(self, patch_id: str) -> Label | None:
        return self._noted(self.by_patch.get(patch_id))

    def of_parcel(self, parcel_id: str) -> Label | None:
        return self._noted(self.by_parcel.get(parcel_id))

    def _noted(self, label: Label | None) -> Label | None:
        if label is not None:
            self.found.add(label.named)
        return label


def together(
    results: Sequence[Result], labels: Iterable[Label], block_km: float
) -> tuple[tuple[Case, ...], tuple[str, ...]]:
    """Return the cases of all results, and what is named by labels and found in none of them."""
    told = tuple(labels)
    said = _Said(
        {label.patch_id: label for label in told if label.patch_id},
        {label.parcel_id: label for label in told if not label.patch_id},
    )
    newest_last = sorted(results, key=lambda result: str(result.run.get("start", "")))
    cases = {
        case.name: case
        for result in newest_last
        for case in (*_listed(result, said, block_km), *_unlisted(result, said, block_km))
    }
    return tuple(cases.values()), tuple(
        label.named for label in told if label.named not in said.found
    )


def blocks(shapes: gpd.GeoSeries, block_km: float) -> list[str]:
    """Name of the block that holds the centre of each shape, e.g. ``"1162,430"``."""
    centres = shapes.to_crs(EQUAL_AREA).centroid
    side = block_km * 1000
    return [
        f"{math.floor(x / side)},{math.floor(y / side)}"
        for x, y in zip(centres.x, centres.y, strict=True)
    ]


def _listed(result: Result, said: _Said, block_km: float) -> Iterator[Case]:
    """Cases among the patches of the layer."""
    frame = result.conversions
    largest = set(
        frame.sort_values(["area_m2", "patch_id"]).groupby("parcel_id")["patch_id"].last()
    )
    for row, block in zip(frame.itertuples(), blocks(frame.geometry, block_km), strict=True):
        heard = _heard(row, said, row.patch_id in largest)
        verdict = result.verdicts.get(row.patch_id)
        if heard is not None and verdict is not None:
            agreed, cover = heard
            yield _case(row.patch_id, verdict, agreed, cover, block)


def _heard(row: Any, said: _Said, largest: bool) -> tuple[bool, str] | None:
    """Whether a patch truly changed and what it became; None where nobody said.

    Of a parcel with several patches a label says that none is true, or that the largest is.
    """
    own, whole = said.of_patch(row.patch_id), said.of_parcel(row.parcel_id)
    label = own or (whole if whole and (largest or not whole.agreed) else None)
    if label is not None:
        return label.agreed, label.cover
    agreed = SAID.get(row.status)
    return None if agreed is None or whole else (agreed, row.cover)


def _unlisted(result: Result, said: _Said, block_km: float) -> Iterator[Case]:
    """Cases among the patches that were weighed and not listed."""
    listed = set(result.conversions["parcel_id"])
    shapes = result.parcels.set_index("parcel_id").geometry
    for one in result.dismissed:
        label = None if one.parcel_id in listed else said.of_parcel(one.parcel_id)
        if label is None:
            continue
        (block,) = blocks(shapes.loc[[one.parcel_id]], block_km)
        name = f"{one.parcel_id} {one.since}"
        yield _case(name, one.verdict, label.agreed, label.cover, block)


def _case(name: str, verdict: Verdict, agreed: bool, cover: str, block: str) -> Case:
    numbers = {key: _number(value) for key, value in verdict.numbers.items()}
    odds = sum(test.odds for test in verdict.tests if test.odds and test.name != LEARNED)
    return Case(
        name=name,
        numbers=numbers,
        agreed=agreed,
        cover=cover if agreed and cover != UNKNOWN else "",
        confidence=1 / (1 + math.exp(-odds)),
        believed=verdict.believed,
        block=block,
    )


def _number(value: float | None) -> float:
    return math.nan if value is None or pd.isna(value) else float(value)
