"""What was found, kind by kind, as columns: half a million parcels may have as many findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farmland.rules import Words
from farmland.rules.findings import KINDS, Kind

Rows = NDArray[np.intp]
Shapes = NDArray[np.object_]

NONE = -1
"""In place of a row: the finding is of the whole layer, or there is no second parcel."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """All findings of one kind, n of them, in the order of rows."""

    kind: Kind
    rows: Rows
    """(n,) rows of the layer, counted from 0; ``NONE`` for findings of the whole layer."""
    others: Rows
    """(n,) the second parcel, else ``NONE``."""
    area_m2: NDArray[np.float64]
    """(n,) square metres that are concerned; NaN where there are none."""
    places: Shapes
    """(n,) where to look, in the CRS of the layer; ``None``: the parcel itself."""
    given: NDArray[np.object_]
    """(n,) what stands in the table, ``""`` where that is not concerned."""

    def __len__(self) -> int:
        return len(self.rows)


def found(
    kind: str | Kind,
    rows: ArrayLike,
    *,
    others: ArrayLike | None = None,
    area_m2: ArrayLike | None = None,
    places: Shapes | None = None,
    given: Iterable[str] | None = None,
) -> Found:
    """Findings of a kind; what is not said is missing."""
    where = np.asarray(rows, np.intp)
    count = len(where)
    order = np.argsort(where, kind="stable")
    second = np.asarray(np.full(count, NONE) if others is None else others, np.intp)
    area = np.asarray(np.full(count, np.nan) if area_m2 is None else area_m2, np.float64)
    place = np.full(count, None) if places is None else places
    text = objects([""] * count if given is None else given)
    return Found(
        KINDS[kind] if isinstance(kind, str) else kind,
        where[order],
        second[order],
        area[order],
        place[order],
        text[order],
    )


def sentences(found: Found, ids: NDArray[np.object_]) -> list[Words]:
    """The sentence of each finding in both languages; ``ids`` are those of all parcels."""
    said = found.kind.said
    plain = said == found.kind.title
    sentences = []
    for other, area, given in zip(found.others, found.area_m2, found.given, strict=True):
        told = {"other": ids[other] if other >= 0 else "", "area": f"{area:.2f}", "given": given}
        tail = (f": {given}", f"：{given}") if plain and given else ("", "")
        sentences.append(Words(_filled(said.en, told) + tail[0], _filled(said.zh, told) + tail[1]))
    return sentences


def objects(values: Iterable[object]) -> NDArray[np.object_]:
    """Values as an array of objects, also when there are none, or sequences among them."""
    listed = list(values)
    array = np.empty(len(listed), dtype=object)
    array[:] = listed
    return array


def _filled(sentence: str, told: dict[str, str]) -> str:
    """A sentence with its blanks filled; what is filled in is never read as a blank."""
    parts = sentence.replace("}", "{").split("{")
    return "".join(told[part] if number % 2 else part for number, part in enumerate(parts))
