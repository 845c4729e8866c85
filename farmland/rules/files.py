"""Rules files on disk: one TOML file, the tables beside it, and the file it extends.

What a file says replaces what the extended file says, entry by entry: tables are merged, everything
else is replaced, and so is the ruling of a cover on one kind of land, which only makes sense whole.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from farmland.errors import UnusableInput
from farmland.rules.decisions import LANDS
from farmland.rules.form import FORM, USE, WORDS
from farmland.rules.shape import Each, Record, check, missing

BUNDLED = ("cn", "generic")

OWN = ("id", "version")
"""What every file says for itself, because a decision names both."""


def read(name: str | Path) -> dict[str, Any]:
    """Everything that bundled rules or a file say, whole and of the right shape.

    Raises
    ------
    UnusableInput
        When a file is missing, is no TOML, extends itself, or has an entry that is unknown, of
        another shape, or missing.
    """
    return _extended(str(name), None, ())


def _extended(name: str, folder: Traversable | None, above: tuple[str, ...]) -> dict[str, Any]:
    """A file on top of what it extends; ``folder`` is where its name is looked up."""
    folder, place = _place(name, folder)
    if str(place) in above:
        raise _circular(above, str(place))
    table = _parsed(name, place)
    base = table.get("extends")
    check(table, FORM, name, whole=base is None)
    for key in OWN:
        if key not in table:
            raise missing(name, key)
    _tabulate(table, name, folder)
    if base is None:
        return table
    whole = merged(_extended(base, folder, (*above, str(place))), table)
    check(whole, FORM, name, whole=True)
    return whole


def _place(name: str, folder: Traversable | None) -> tuple[Traversable, Traversable]:
    """The folder and the file that a name stands for."""
    if name in BUNDLED:
        bundled = resources.files(__package__)
        return bundled, bundled.joinpath(f"{name}.toml")
    path = Path(str(folder or "."), name).resolve()
    return path.parent, path


def _parsed(name: str, place: Traversable) -> dict[str, Any]:
    """Parsed TOML of a file."""
    try:
        return tomllib.loads(place.read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError) as fault:
        raise UnusableInput(
            f"The rules {name} could not be read ({fault}): give cn, generic or a TOML file.",
            f"无法读取规则 {name}（{fault}）：请给出 cn、generic 或一个 TOML 文件。",
        ) from fault


def _circular(above: tuple[str, ...], place: str) -> UnusableInput:
    chain = " → ".join(Path(one).name for one in (*above, place))
    return UnusableInput(
        f"The rules {above[0]} extend themselves ({chain}): take one extends away.",
        f"规则 {above[0]} 的 extends 形成循环（{chain}）：请去掉其中一个。",
    )


def merged(
    base: Mapping[str, Any], own: Mapping[str, Any], path: tuple[str, ...] = ()
) -> dict[str, Any]:
    """One table of rules on top of another; neither is changed."""
    table = dict(base)
    for key, value in own.items():
        under, below = table.get(key), (*path, key)
        if isinstance(under, Mapping) and isinstance(value, Mapping) and not _ruling(below):
            table[key] = merged(under, value, below)
        else:
            table[key] = value
    return table


def _ruling(path: tuple[str, ...]) -> bool:
    """Whether a path such as ``covers.pond.pbf`` leads to the ruling of a kind of land."""
    return len(path) == 3 and path[0] in {"covers", "visited"} and path[2] in LANDS


def _tabulate(table: dict[str, Any], name: str, folder: Traversable) -> None:
    """Put what stands in the tables beside a file where the file would say it itself."""
    for scheme in table.get("land", {}).get("schemes", {}).values():
        _fill(scheme, "codes", USE, name, folder)
    if "provinces" in table:
        _fill(table["provinces"], "names", WORDS, name, folder)


def _fill(entry: dict[str, Any], key: str, shape: Record, name: str, folder: Traversable) -> None:
    """Put the rows of the tables of an entry under a key; the first table that has one counts."""
    rows: dict[str, Any] = {}
    for file in reversed(entry.pop("tables", [])):
        rows |= _rows(name, folder.joinpath(file), shape)
    if rows:
        entry[key] = rows | entry.get(key, {})


def _rows(name: str, place: Traversable, shape: Record) -> dict[str, Any]:
    """Rows of a CSV file by its column ``code``; the other columns are the fields of a record."""
    try:
        lines = place.read_bytes().decode("utf-8-sig").splitlines()
    except (OSError, ValueError) as fault:
        raise UnusableInput(
            f"The table {place.name} of the rules {name} could not be read ({fault}): give a CSV "
            "file in UTF-8.",
            f"无法读取规则 {name} 的表 {place.name}（{fault}）：请给出 UTF-8 编码的 CSV 文件。",
        ) from fault
    read = csv.DictReader(lines)
    lacking = [key for key in ("code", *shape.fields) if key not in (read.fieldnames or ())]
    if lacking:
        raise UnusableInput(
            f"The table {place.name} of the rules {name} lacks the column {lacking[0]}: add it.",
            f"规则 {name} 的表 {place.name} 缺少列 {lacking[0]}：请补充。",
        )
    rows = {row["code"]: {key: _told(row[key]) for key in shape.fields} for row in read}
    check(rows, Each(shape), f"{name}, {place.name}", whole=True)
    return rows


def _told(cell: str | None) -> Any:
    """A cell as TOML would say it; one that a short row lacks stays None and is refused."""
    return {"true": True, "false": False}.get(cell, cell) if cell is not None else None
