"""Names of parcel layers and fields, and which tell about persons; data: parcel_fields.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

SHORT_BYTES = 10
"""A shapefile cuts field names to that many bytes, in whatever encoding it is."""

_COPY = re.compile(r"(?:_YS)?(?:_?\d+)?$", re.IGNORECASE)
"""What copies of a field have behind its name: ``ZRRMC_YS``, ``LXDH_1``, ``XM2``."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the national standards."""

    name: str
    alias: str
    """Its official Chinese name."""
    english: str
    also: tuple[str, ...]
    """Other names it is met under."""
    type: str
    """``text``, ``real``, ``whole`` or ``date``."""
    length: int
    """Characters of a text; 0 where there is no limit."""
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class LayerKind:
    """How layers of one kind are recognised."""

    kind: str
    """``pbf`` or ``survey``."""
    names: tuple[str, ...]
    """The likelier meant first."""
    without: tuple[str, ...]
    """A layer with one of these in its name is of no kind."""
    fields: tuple[tuple[str, ...], ...]
    """Sets of standard fields, each of which is enough when the name tells nothing."""


@dataclass(frozen=True, slots=True)
class Standard:
    """What the national standards call things."""

    fields: Mapping[str, Field]
    layers: tuple[LayerKind, ...]
    """The kinds, the likelier meant first."""
    codes: tuple[str, ...]
    """Standard fields that hold codes, in which eleven digits are no telephone."""
    personal: frozenset[str]
    """Plain names (:func:`plain`) of columns that tell about persons, cut ones too."""

    def recognise(self, columns: Iterable[str]) -> dict[str, str]:
        """Standard field name to the column that holds it.

        A column is recognised by its standard name in any case, by its Chinese name, by another
        known name, or by one of those cut to ten bytes where only one field has it. The
        standard name wins over the others; copies of a field (``DLBM_1``, ``DLBM_YS``) are not it.
        """
        exact: dict[str, str] = {}
        for column in columns:
            exact.setdefault(str(column).strip().upper(), str(column))
        short = _cut_names(self.fields.values())
        found = {}
        for field in self.fields.values():
            names = (field.name, field.alias, *field.also)
            cut = [each for each, owner in short.items() if owner == field.name]
            for name in (*names, *cut):
                if name.upper() in exact:
                    found[field.name] = exact[name.upper()]
                    break
        return found

    def kind(self, layer: str, columns: Iterable[str]) -> str:
        """Kind of a layer by its name, else by its columns; ``""`` where neither tells."""
        if any(word in layer.upper() for each in self.layers for word in each.without):
            return ""
        rank = self.rank(layer)
        if rank is not None:
            return self.layers[rank[0]].kind
        known = self.recognise(columns).keys()
        for each in self.layers:
            if any(known >= set(wanted) for wanted in each.fields):
                return each.kind
        return ""

    def rank(self, layer: str) -> tuple[int, int] | None:
        """Place of a layer name in the order of likelihood; ``None`` where it is not known."""
        for place, each in enumerate(self.layers):
            ranks = [at for at, name in enumerate(each.names) if _contains(layer, name)]
            if ranks and not any(word in layer.upper() for word in each.without):
                return place, ranks[0]
        return None

    def is_personal(self, column: str) -> bool:
        """Whether a column is called like one that tells about persons, also as a copy."""
        return plain(column) in self.personal or plain(_COPY.sub("", column)) in self.personal


@cache
def standard() -> Standard:
    """The bundled names."""
    text = resources.files(__package__).joinpath("parcel_fields.toml").read_text("utf-8")
    table = tomllib.loads(text)
    return Standard(
        fields={name: _field(name, entry) for name, entry in table["fields"].items()},
        layers=tuple(
            LayerKind(
                kind,
                tuple(entry["names"]),
                tuple(entry["without"]),
                tuple(tuple(each) for each in entry["fields"]),
            )
            for kind, entry in table["layers"].items()
        ),
        codes=tuple(table["codes"]),
        personal=frozenset(
            form for entry in table["personal"].values() for form in _forms(entry["names"])
        ),
    )


def plain(name: str) -> str:
    """A column name without case, blanks, hyphens, dots and underscores."""
    return re.sub(r"[\s_.\-]", "", name).casefold()


def cut(name: str) -> tuple[str, ...]:
    """What a shapefile leaves of a name, in GBK and in UTF-8; nothing where it fits."""
    left = []
    for encoding in ("gb18030", "utf-8"):
        whole = name.encode(encoding)
        if len(whole) > SHORT_BYTES:
            left.append(whole[:SHORT_BYTES].decode(encoding, "ignore"))
    return tuple(dict.fromkeys(left))


def _field(name: str, entry: Mapping[str, Any]) -> Field:
    return Field(
        name=name,
        alias=entry["alias"],
        english=entry["english"],
        also=tuple(entry.get("also", ())),
        type=entry["type"],
        length=entry.get("length", 0),
        unit=entry.get("unit", ""),
        source=entry["source"],
    )


def _forms(names: Sequence[str]) -> Iterable[str]:
    """Plain names, whole and as a shapefile cuts them."""
    for name in names:
        yield plain(name)
        yield from (plain(each) for each in cut(name))


def _cut_names(fields: Iterable[Field]) -> dict[str, str]:
    """Cut names of fields that only one field has, to the name of that field."""
    owners: dict[str, set[str]] = {}
    for field in fields:
        for name in (field.alias, *field.also):
            for each in cut(name):
                owners.setdefault(each, set()).add(field.name)
    return {name: next(iter(each)) for name, each in owners.items() if len(each) == 1}


def _contains(layer: str, name: str) -> bool:
    """Whether a layer name holds a known one, with no letter behind it."""
    at = layer.upper().rfind(name)
    behind = layer[at + len(name) : at + len(name) + 1]
    chinese = ord(name[0]) > 127
    return at >= 0 and (chinese or not (behind.isascii() and behind.isalpha()))
