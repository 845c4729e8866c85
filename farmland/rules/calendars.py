"""Which crops grow where and when: regional calendars as frozen values; data: calendars.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

Span = tuple[int, int]
"""First and last day of the year; above 365 the next year."""


@dataclass(frozen=True, slots=True)
class Crop:
    """One crop of one region: when its fields reach each stage."""

    name: str
    sow: Span
    green: Span
    peak: Span
    harvest: Span
    grain: bool = True
    """Whether the law counts it as grain (DOMAIN 1.2)."""
    flooded: bool = False
    """Whether it is transplanted into standing water."""
    yellow: Span | None = None
    """When it flowers yellow."""
    height: float = 1.0
    """Greenness of its peak, 0-1 of the field's own range."""

    @property
    def winter(self) -> bool:
        """Whether it is sown in autumn and ripens in the next year."""
        return self.sow[0] < 366 < self.harvest[0] and self.sow[0] > 240


@dataclass(frozen=True, slots=True)
class System:
    """One way to use a field for an agricultural year."""

    name: str
    """Code of the columns ``cropping`` and ``cover_before``."""
    crops: tuple[Crop, ...]
    rare: bool = False
    """Whether it must fit better than the common ones of its region."""

    @property
    def grain(self) -> bool:
        """Whether any season of the year is grain: a rotation with one is allowed (DOMAIN 2.5)."""
        return any(crop.grain for crop in self.crops)


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """A farming region with one calendar."""

    code: str
    year_starts: int
    """Day of the year on which the agricultural year begins; after 182 the year before's autumn."""
    boxes: tuple[tuple[float, float, float, float], ...]
    """West, south, east, north in degrees."""
    systems: tuple[System, ...]

    def holds(self, longitude: float, latitude: float) -> bool:
        """Whether a place lies in one of the boxes."""
        return any(
            west <= longitude < east and south <= latitude < north
            for west, south, east, north in self.boxes
        )


@dataclass(frozen=True, slots=True)
class Calendars:
    """All regions, in the order in which they are tried."""

    crops: Mapping[str, Crop]
    regions: tuple[Region, ...]
    likenesses: Mapping[str, frozenset[str]]
    """General name to the systems that bear it."""

    def at(self, longitude: float, latitude: float) -> Region | None:
        """The region of a place (WGS 84 degrees); None where there is no calendar."""
        return next((one for one in self.regions if one.holds(longitude, latitude)), None)

    def common(self, first: str, second: str) -> str:
        """The narrowest name that two systems share; ``unknown`` without one."""
        if first == second:
            return first
        return next(
            (name for name, members in self.likenesses.items() if {first, second} <= members),
            "unknown",
        )


@cache
def load() -> Calendars:
    """Read the bundled calendars."""
    text = resources.files(__package__).joinpath("calendars.toml").read_text("utf-8")
    table = tomllib.loads(text)
    crops = {name: _crop(name, entry) for name, entry in table["crops"].items()}
    return Calendars(
        crops=crops,
        regions=tuple(_region(code, entry, crops) for code, entry in table["regions"].items()),
        likenesses={name: frozenset(members) for name, members in table["likenesses"].items()},
    )


def _crop(name: str, entry: Mapping[str, Any]) -> Crop:
    spans = {key: _span(entry[key]) for key in ("sow", "green", "peak", "harvest")}
    return Crop(
        name=name,
        grain=entry.get("grain", True),
        flooded=entry.get("flooded", False),
        yellow=_span(entry["yellow"]) if "yellow" in entry else None,
        height=entry.get("height", 1.0),
        **spans,
    )


def _region(code: str, entry: Mapping[str, Any], crops: Mapping[str, Crop]) -> Region:
    return Region(
        code=code,
        year_starts=entry["year_starts"],
        boxes=tuple((box[0], box[1], box[2], box[3]) for box in entry["boxes"]),
        systems=tuple(
            System(name, tuple(crops[crop] for crop in row), name in entry.get("rare", ()))
            for name, rows in entry["systems"].items()
            for row in rows
        ),
    )


def _span(given: list[int]) -> Span:
    return given[0], given[1]
