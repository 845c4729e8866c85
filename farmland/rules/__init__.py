"""What the domain says, as plain data: covers and their classes, thresholds, calendars.

A country or province is a TOML file. ``load("cn")`` reads the bundled one, ``load("generic")`` a
small one for anywhere, and a path reads the user's. Standard library and ``errors`` only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from farmland.rules import consistency, reading
from farmland.rules.checks import Checks
from farmland.rules.decisions import (
    Cover,
    Figure,
    Instrument,
    Milestone,
    Product,
    Prohibitions,
)
from farmland.rules.detection import Detection
from farmland.rules.files import BUNDLED, read
from farmland.rules.inspection import Inspection
from farmland.rules.land import LandUses
from farmland.rules.radiometry import Radiometry
from farmland.rules.rhythm import Rhythm
from farmland.rules.sizes import Sizes
from farmland.rules.thresholds import THRESHOLDS, thresholds
from farmland.rules.training import Training
from farmland.rules.words import Words

__all__ = ["BUNDLED", "THRESHOLDS", "Cover", "Rules", "Words", "load"]


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that may differ from one country or office to the next."""

    id: str
    version: str
    name: Words
    clue: Words
    """The sentence every output carries."""
    covers: Mapping[str, Cover]
    """What a satellite can suspect, by name."""
    visited: Mapping[str, Cover]
    """What only a visit tells, by name."""
    area_unit: str
    """Name of the customary unit, such as ``mu``."""
    m2_per_unit: float
    instruments: Mapping[str, Instrument]
    prohibitions: Prohibitions | None
    dates: Mapping[str, Milestone]
    legacy: Mapping[str, tuple[str, ...]]
    """Policy class to the names of the dates before which a change is inherited."""
    patch_types: Mapping[str, Words]
    crops: Mapping[str, Product]
    figures: Mapping[str, Figure]
    provinces: Mapping[str, Words]
    """Administrative code to what the province is called."""
    land: LandUses
    """What the codes of land surveys mean."""
    detection: Detection
    rhythm: Rhythm
    radiometry: Radiometry
    training: Training
    sizes: Sizes
    checks: Checks
    inspection: Inspection

    def cutoffs(self, cover: Cover, policy_class: str) -> tuple[date, ...]:
        """Days before all of which a change to a class is inherited; none where that is open."""
        of_class = self.legacy.get(policy_class, ())
        names = cover.legacy if of_class and cover.legacy else of_class
        return tuple(self.dates[name].day for name in names)


def load(name: str | Path = "cn") -> Rules:
    """Read bundled rules by name or a rules file by path.

    Raises
    ------
    UnusableInput
        When the file is missing, is no TOML, or has an entry that is unknown, mistyped, missing
        or at odds with another.
    """
    return _bundled(str(name)) if str(name) in BUNDLED else _built(str(name))


@cache
def _bundled(name: str) -> Rules:
    return _built(name)


def _built(name: str) -> Rules:
    """The frozen value of a rules file."""
    table = read(name)
    kinds: dict[str, Any] = {
        kind: thresholds(kind, table.get(kind, {}), name) for kind in THRESHOLDS
    }
    ratio = table["area"]["m2_per_unit"]
    rules = Rules(
        id=table["id"],
        version=table["version"],
        area_unit=table["area"]["unit"],
        m2_per_unit=ratio["numerator"] / ratio.get("denominator", 1),
        legacy={key: tuple(names) for key, names in table.get("legacy", {}).items()},
        **reading.values(table),
        **kinds,
    )
    consistency.check(rules, name)
    return rules
