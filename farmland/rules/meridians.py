"""In which zones of Gauss and Krueger a province lies; data: meridians.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from farmland.rules import Words
from farmland.rules.provinces import provinces

LEAST_REACH = 0.3
"""Degrees a province must reach into a zone to count there: offices map a narrower strip in the
zone next to it."""

HALF_ZONE = 1.5
"""Half the width of a zone of three degrees."""


@dataclass(frozen=True, slots=True)
class Province:
    """A province and its reach from west to east, in degrees."""

    name: Words
    west: float
    east: float

    @property
    def meridians(self) -> tuple[int, ...]:
        """Central meridians of the zones of three degrees it lies in, from west to east."""
        reach = {
            meridian: min(self.east, meridian + HALF_ZONE) - max(self.west, meridian - HALF_ZONE)
            for meridian in range(75, 136, 3)
        }
        widest = max(reach.values())
        return tuple(each for each, width in reach.items() if width >= min(LEAST_REACH, widest))


@cache
def extents() -> Mapping[str, Province]:
    """Every province by the first two digits of its code."""
    text = resources.files(__package__).joinpath("meridians.toml").read_text("utf-8")
    names = provinces("cn")
    return {
        code: Province(names[f"{code}0000"], *entry["reach"])
        for code, entry in tomllib.loads(text).items()
    }
