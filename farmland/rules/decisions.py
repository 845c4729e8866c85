"""What a rules file says about a cover on a kind of land: instruments, permissions and their days.

Nothing here judges: a cover is what satellites suspect, and a permission tells an inspector what to
look up. Decisions are taken by :mod:`farmland.policy`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from farmland.rules.words import Words

LANDS = ("pbf", "cultivated", "other", "unknown")
"""Permanent basic farmland, other cultivated land, land that is neither, and not known."""

PERMISSIONS: Mapping[str, Words] = {
    "prohibited": Words("suspected of a prohibition, to be verified", "疑似属于禁止情形，需核实"),
    "approval": Words("in need of an approval, to be looked up", "需经批准，请核对审批情况"),
    "allowed": Words("nothing against it in these rules", "规则未见限制"),
    "monitored": Words("allowed, but watched", "允许，持续监测"),
}
"""What each answer of the matrix of uses and lands says to people (DOMAIN 1.3 and 8.3)."""

FALLBACK: Mapping[str, tuple[str, ...]] = {
    "pbf": ("pbf", "cultivated"),
    "cultivated": ("cultivated",),
    "other": ("other",),
    "unknown": ("unknown", "pbf", "cultivated"),
}
"""Where the rules of a kind of land are looked up: the first kind for which a cover has any."""


@dataclass(frozen=True, slots=True)
class Validity:
    """First and last day of a rule; None is open."""

    valid_from: date | None = None
    valid_until: date | None = None

    def holds(self, day: date) -> bool:
        """Whether the rule is in force on a day."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True)
class Instrument:
    """A law, regulation or notice."""

    id: str
    title: Words
    number: str
    validity: Validity
    used_for: Words
    verified: bool
    """Whether what is used of it was read in a source."""
    source: str


@dataclass(frozen=True, slots=True)
class Ruling:
    """What holds for one cover on one kind of land while it is in force."""

    permission: str = "monitored"
    policy_class: str = ""
    """``""`` is the class of the cover."""
    basis: tuple[str, ...] = ()
    """Ids of instruments; those in force on the day are cited."""
    item: int | None = None
    """Number of the listed prohibition, or None."""
    validity: Validity = Validity()


@dataclass(frozen=True, slots=True)
class Cover:
    """What a patch became, and what that is called by the rules."""

    name: str
    conversion: str
    """``non_agricultural``, ``non_grain`` or ``undetermined``; ``""`` where it is none."""
    policy_class: str
    land_code: str
    """Candidate land-use code, or ``""`` where the rules leave it open."""
    patch_type: str
    """Code of the patch type in national tables, or ``""``."""
    label: Words
    note: Words | None
    """Said with every patch of this cover, e.g. that a farm road is possible."""
    legacy: tuple[str, ...]
    """Names of the dates before which it is inherited, where they differ from its class's."""
    rulings: Mapping[str, tuple[Ruling, ...]]
    """By kind of land, in order of time."""

    def ruling(self, land: str, day: date) -> Ruling:
        """The ruling in force on a day; a neutral one where the rules say nothing."""
        known = next((kind for kind in FALLBACK[land] if kind in self.rulings), "")
        found = (one for one in self.rulings.get(known, ()) if one.validity.holds(day))
        return next(found, Ruling())


@dataclass(frozen=True, slots=True)
class Prohibitions:
    """The numbered prohibitions of one instrument."""

    instrument: str
    """Id; a prohibition is named only where this is in force."""
    texts: Mapping[int, Words]


@dataclass(frozen=True, slots=True)
class Milestone:
    """A day that changes the outcome."""

    day: date
    consequence: Words
    source: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the law that is told but never computed with."""

    text: Words
    basis: tuple[str, ...]
    source: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Product:
    """What is grown, and whether the law counts it as grain."""

    name: str
    label: Words
    grain: bool
    source: str
    verified: bool
