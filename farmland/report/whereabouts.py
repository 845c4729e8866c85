"""Where patches lie, in codes and names, and on which land: what the layers given could tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import pandas as pd

from farmland import places, rules
from farmland.report.clues import Clue
from farmland.result import Result
from farmland.rules import Words
from farmland.rules.land import LandUses

NAMED = ("county", "township", "village")
"""Levels that the name of a place is put together from."""

LANDS = ("pbf", "cultivated", "other", "unknown")
"""Kinds of land, the best protected first."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Places and land of all patches of a result."""

    codes: Mapping[str, str]
    """Code of the place of each patch, by patch id; none where it is not known."""
    names: Mapping[str, str]
    """Names of places by code."""
    said: Mapping[str, str]
    """Name of the place of each parcel as its own columns give it."""
    lands: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Square metres of each patch by kind of land; none where nothing was overlaid."""

    @classmethod
    def of(cls, result: Result) -> Whereabouts:
        """What a result knows."""
        parts = result.overlay
        codes = _own_codes(result)
        if len(parts):
            known = parts[parts["place_code"].notna()]
            sums = known.groupby(["patch_id", "place_code"], as_index=False)["area_m2"].sum()
            sums = sums.sort_values(["area_m2", "place_code"])
            best = sums.drop_duplicates("patch_id", keep="last")
            codes |= dict(zip(best["patch_id"], best["place_code"], strict=True))
        return cls(codes, _names(result.summary), _said(result.parcels), _lands(parts))

    def code(self, patch_id: str, digits: int = 12) -> str:
        """Code of the place of a patch, at most so long; ``""`` where it is not known."""
        code = self.codes.get(patch_id, "")
        return code[:digits]

    def place(self, clue: Clue) -> str:
        """Names from the county down, or the code; ``""`` where nothing is known."""
        code = self.code(clue.patch_id)
        above = dict.fromkeys(places.at(code, level) for level in NAMED) if code else {}
        names = [self.names[each] for each in above if each in self.names]
        if names:
            return " ".join(names)
        return " ".join(part for part in (self.said.get(clue.parcel_id, ""), code) if part)


def land_class(code: str) -> Words:
    """A land-use code and what it is called; the bare code where no scheme has it."""
    use = _land_uses().of(code)
    return (
        Words(code, code)
        if use is None
        else Words(f"{code} {use.name.en}", f"{code} {use.name.zh}")
    )


@cache
def _land_uses() -> LandUses:
    """Codes and their names, read once."""
    return rules.load("cn").land


def _own_codes(result: Result) -> dict[str, str]:
    """Codes of the places of patches as columns of their parcels give them."""
    codes = places.of_attributes(result.parcels, _fields(result.parcels))
    by_parcel = dict(zip(result.parcels["parcel_id"], codes, strict=True))
    pairs = zip(result.conversions["patch_id"], result.conversions["parcel_id"], strict=True)
    return {patch: by_parcel[parcel] for patch, parcel in pairs if by_parcel.get(parcel)}


def _fields(parcels: pd.DataFrame) -> dict[str, str]:
    """Standard fields of places that the parcels kept, each under its own name."""
    wanted = (*places.CODE_FIELDS, *places.NAME_FIELDS.values())
    return {name: name for name in wanted if name in parcels}


def _names(summary: pd.DataFrame) -> dict[str, str]:
    """Names by code; none from rows of what is known no further than a wider place."""
    rows = zip(summary["level"], summary["code"], summary["name"], strict=True)
    return {
        code: name
        for level, code, name in rows
        if code and name and name != code and places.level(code) == level
    }


def _said(parcels: pd.DataFrame) -> dict[str, str]:
    """Names of places as the parcels give them."""
    column = next((name for name in places.NAME_FIELDS.values() if name in parcels), None)
    if column is None:
        return {}
    pairs = zip(parcels["parcel_id"], parcels[column], strict=True)
    return {parcel: str(name) for parcel, name in pairs if isinstance(name, str) and name}


def _lands(parts: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Square metres by patch and kind of land, without what is nowhere."""
    sums = parts.groupby(["patch_id", "land"], as_index=False)["area_m2"].sum()
    lands: dict[str, dict[str, float]] = {}
    for patch, land, area in sums.itertuples(index=False, name=None):
        lands.setdefault(patch, {})[land] = float(area)
    return lands
