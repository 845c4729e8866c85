"""What an office calls the tables and fields of a result: profiles as plain data.

``load_profile("cn")`` and ``load_profile("generic")`` read those of ``profiles/``, a path reads
the user's. A profile without tables hands the layers on as they are.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any

from farmland.errors import UnusableInput, WrongUsage
from farmland.rules import Words

BUNDLED = ("cn", "generic")

KINDS = ("text", "int", "real", "date", "moment")
"""``moment`` is a time of day in UTC."""

FORMATS = ("shp", "gdb", "gpkg", "parquet", "geojson")

LENGTHS: Mapping[str, int] = {"text": 254, "int": 9, "real": 18, "date": 8, "moment": 24}
"""Of a field that names none."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a table that is handed over; every kind may be null."""

    name: str
    kind: str
    """One of :data:`KINDS`."""
    source: str
    """Name of the value or column it holds; ``""`` where it is left for people to fill."""
    title: Words
    about: Words
    length: int
    """Text: bytes in GB 18030, 0 = as long as it is; numbers: characters, sign and point too."""
    decimals: int = 0
    required: bool = False
    unknown: str | None = None
    """What a required text says where nothing is known."""
    allowed: tuple[str, ...] = ()
    """The only values it may have; empty where it may have any."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table that is handed over."""

    name: str
    source: str
    """Layer it is made of; ``conversions``: one row per patch, all values of a patch at hand."""
    geometry: bool
    title: Words
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Numbering:
    """How patches are numbered: county, task, year, sequence."""

    task: str
    county: str
    """Of a patch whose county is not known."""
    digits: int
    """Of the sequence."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything that differs from one receiver to the next."""

    id: str
    name: Words
    formats: tuple[str, ...]
    """Those written unless others are asked for."""
    tables: tuple[Table, ...] = ()
    rules: str = "cn"
    """Rules whose patch types and land-use classes are meant."""
    crs: str = ""
    """Where the parcels stand in no system of the same datum; ``""``: as they stand."""
    hours_from_utc: int = 0
    numbering: Numbering = field(default_factory=lambda: Numbering("", "", 6))
    remark: str = ""
    """First sentence of the remark of every patch."""
    organisations: tuple[str, ...] = ()
    """Words one of which the name of an owner must hold to be that of an organisation."""
    observed: Mapping[str, str] = field(default_factory=dict)
    """Observable class of a cover that goes by another name."""


def load_profile(name: str | Path) -> Profile:
    """Read a bundled profile by name or a user's by path.

    Raises
    ------
    WrongUsage
        When it is neither a bundled one nor a file.
    UnusableInput
        When the file is no TOML, or lacks or mistypes an entry.
    """
    table = _table(str(name))
    try:
        return Profile(
            id=table["id"],
            name=_words(table["name"]),
            formats=_formats(table["formats"]),
            tables=tuple(_made(key, entry) for key, entry in table.get("tables", {}).items()),
            rules=table.get("rules", "cn"),
            crs=table.get("crs", ""),
            hours_from_utc=table.get("hours_from_utc", 0),
            numbering=Numbering(**table.get("numbering", {"task": "", "county": "", "digits": 6})),
            remark=table.get("remark", ""),
            organisations=tuple(table.get("organisations", ())),
            observed=dict(table.get("observed", {})),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as fault:
        raise UnusableInput(
            f"The profile {name} lacks or mistypes {fault}: compare it with the bundled cn.toml.",
            f"导出方案 {name} 缺少或写错 {fault}：请对照内置的 cn.toml。",
        ) from fault


def _table(name: str) -> dict[str, Any]:
    """Parsed TOML of a bundled profile or of a file."""
    bundled = name in BUNDLED
    if not bundled and not Path(name).is_file():
        near = get_close_matches(name, BUNDLED, 1, 0.3)
        hint, hint_zh = (
            (f", {near[0]} is the nearest", f"，最接近的是 {near[0]}") if near else ("", "")
        )
        raise WrongUsage(
            f"There is no profile {name!r}{hint}: give cn, generic or a TOML file.",
            f"没有导出方案 {name!r}{hint_zh}：请给出 cn、generic 或一个 TOML 文件。",
        )
    try:
        if bundled:
            folder = resources.files(__package__).joinpath("profiles")
            return tomllib.loads(folder.joinpath(f"{name}.toml").read_text("utf-8"))
        return tomllib.loads(Path(name).read_text("utf-8"))
    except (OSError, ValueError) as fault:
        raise UnusableInput(
            f"The profile {name} could not be read ({fault}): give cn, generic or a TOML file.",
            f"无法读取导出方案 {name}（{fault}）：请给出 cn、generic 或一个 TOML 文件。",
        ) from fault


def _formats(given: list[str]) -> tuple[str, ...]:
    for each in given:
        if each not in FORMATS:
            raise ValueError(f"format {each!r}")
    return tuple(given)


def _made(name: str, entry: Mapping[str, Any]) -> Table:
    fields = tuple(_field(key, each) for key, each in entry["fields"].items())
    return Table(
        name=_plain(name),
        source=entry["source"],
        geometry=entry["geometry"],
        title=_words(entry["title"]),
        fields=fields,
    )


def _field(name: str, entry: Mapping[str, Any]) -> Field:
    kind = entry["kind"]
    if kind not in KINDS:
        raise ValueError(f"kind {kind!r} of {name}")
    return Field(
        name=_plain(name),
        kind=kind,
        source=entry["source"],
        title=_words(entry),
        about=_words(entry["about"]),
        length=int(entry.get("length", LENGTHS[kind])),
        decimals=int(entry["decimals"]) if kind == "real" else 0,
        required=bool(entry.get("required", False)),
        unknown=entry.get("unknown"),
        allowed=tuple(entry.get("allowed", ())),
    )


def _plain(name: str) -> str:
    """A name that every format and every database takes as it is, and that is a file name too."""
    if not (name.isascii() and name.isidentifier()):
        raise ValueError(f"name {name!r} (letters, digits and _)")
    return name


def _words(entry: Mapping[str, str]) -> Words:
    return Words(entry["en"], entry["zh"])
