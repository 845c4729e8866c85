"""Rules of consistency for attribute tables, as frozen values; data: attributes.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from farmland.rules.findings import Kind, kind
from farmland.rules.words import Words

REMEDY = {"en": "Correct whichever field is wrong.", "zh": "核对并更正相应字段。"}
"""What to do where a rule is broken: a rule cannot know which field is the wrong one."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold between the fields of one row; all conditions are regular expressions."""

    kind: Kind
    schemes: tuple[str, ...]
    """Classifications of land use in which it is asked; empty: in all."""
    when: Mapping[str, str]
    """Field to what must match for the rule to be asked."""
    then: Mapping[str, str]
    """Field to what must match then."""
    between: Mapping[str, tuple[float, float]]
    """Field to the numbers that it lies between: from the first, below the second."""
    unique: tuple[str, ...]
    """Fields of which no value stands twice."""

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field that it names, once."""
        return tuple(dict.fromkeys((*self.when, *self.then, *self.between, *self.unique)))


@dataclass(frozen=True, slots=True)
class Naming:
    """A field of codes and the field of their names."""

    kind: Kind
    code: str
    name: str
    table: Mapping[str, str]
    """Code to name."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of area."""

    id: str
    m2: float
    label: Words


@dataclass(frozen=True, slots=True)
class Attributes:
    """Everything that is known of attribute tables."""

    blank: frozenset[str]
    """Texts that stand for nothing."""
    rules: tuple[Rule, ...]
    names: tuple[Naming, ...]
    gross: tuple[str, ...]
    """Fields with the area of the whole outline in square metres, the likelier first."""
    other_areas: str
    """What columns with areas are called elsewhere."""
    planar_areas: str
    """What columns are called that a program filled with areas of the plane, or of our own."""
    net: Mapping[str, str]
    """Field of a net area to that of its gross area."""
    units: tuple[Unit, ...]


@cache
def attributes() -> Attributes:
    """The bundled rules."""
    text = resources.files(__package__).joinpath("attributes.toml").read_text("utf-8")
    table = tomllib.loads(text)
    return Attributes(
        blank=frozenset(table["blank"]),
        rules=tuple(_rule(entry) for entry in table["rules"]),
        names=tuple(
            Naming(_kind(entry), entry["code"], entry["name"], entry["table"])
            for entry in table["names"]
        ),
        gross=tuple(table["areas"]["gross"]),
        other_areas=table["areas"]["others"],
        planar_areas=table["areas"]["planar"],
        net={entry["net"]: entry["gross"] for entry in table["net"]},
        units=tuple(
            Unit(entry["id"], entry["m2"], Words(entry["label"]["en"], entry["label"]["zh"]))
            for entry in table["units"]
        ),
    )


def _rule(entry: Mapping[str, Any]) -> Rule:
    return Rule(
        kind=_kind(entry),
        schemes=tuple(entry.get("schemes", ())),
        when=entry.get("when", {}),
        then=entry.get("then", {}),
        between={
            name: (float(low), float(high))
            for name, (low, high) in entry.get("between", {}).items()
        },
        unique=tuple(entry.get("unique", ())),
    )


def _kind(entry: Mapping[str, Any]) -> Kind:
    return kind(entry["id"], {"severity": "warning", "remedy": REMEDY, **entry})
