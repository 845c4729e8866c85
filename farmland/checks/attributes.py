"""Codes and names of an attribute table against the rules of land surveys; they warn only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np

from farmland.checks.columns import Column, Mask, as_text, named
from farmland.checks.finding import Found, Rows, found
from farmland.parcels import Parcels
from farmland.rules.attributes import Attributes, Rule
from farmland.rules.land import LandUses

Table = Mapping[str, Column]


def read(parcels: Parcels, known: Attributes) -> dict[str, Column]:
    """The columns that a rule names and the layer has, by their standard names."""
    wanted = {field for rule in known.rules for field in rule.fields} | {"DLMC"}
    wanted |= {field for each in known.names for field in (each.code, each.name)}
    columns = named(parcels)
    return {
        field: as_text(parcels.frame[columns[field]], known.blank)
        for field in sorted(wanted & columns.keys())
    }


def scheme_of(table: Table, land: LandUses) -> str:
    """Classification of land use in which DLBM is written; ``""`` when it cannot be told."""
    if "DLBM" not in table:
        return ""
    codes, names = table["DLBM"], table.get("DLMC")
    if names is None:
        return land.scheme(codes.values)
    pairs = np.unique(np.column_stack([codes.code, names.code]), axis=0)
    return land.scheme(
        [codes.values[code] for code, _ in pairs], [names.values[name] for _, name in pairs]
    )


def of_rules(table: Table, scheme: str, known: Attributes) -> Iterator[Found]:
    """Rows that break a rule of consistency."""
    for rule in known.rules:
        if all(field in table for field in rule.fields) and scheme in (rule.schemes or (scheme,)):
            rows = np.flatnonzero(_broken(rule, table))
            yield found(rule.kind, rows, given=_given(table, rule.fields, rows))
    for each in known.names:
        if each.code in table and each.name in table:
            code, name = table[each.code], table[each.name]
            odd = name.where(bool)
            for value, right in each.table.items():
                odd &= ~code.where(value.__eq__) | ~name.where(right.__eq__)
            odd &= code.where(each.table.__contains__)
            rows = np.flatnonzero(odd)
            yield found(each.kind, rows, given=_given(table, (each.code, each.name), rows))


def of_land(table: Table, scheme: str, land: LandUses) -> Iterator[Found]:
    """Codes of land use that are in no table, and names that are those of other codes."""
    if "DLBM" not in table or not scheme:
        return
    codes = table["DLBM"]
    uses = [land.of(value, scheme) if value else None for value in codes.values]
    strange = {value for value, use in zip(codes.values, uses, strict=True) if value and not use}
    rows = np.flatnonzero(codes.where(strange.__contains__))
    yield found("unknown_land_code", rows, given=_given(table, ("DLBM",), rows))
    if "DLMC" not in table:
        return
    names = table["DLMC"]
    right = np.array(
        [
            use.name.zh if use and use.code == value else ""
            for use, value in zip(uses, codes.values, strict=True)
        ],
        object,
    )[codes.code]
    stated = names.text(np.arange(len(names.code)))
    rows = np.flatnonzero((right != "") & (stated != "") & (stated != right))
    yield found("land_name_differs", rows, given=_given(table, ("DLBM", "DLMC"), rows))


def _broken(rule: Rule, table: Table) -> Mask:
    """Rows of which a rule is asked and does not hold."""
    asked = np.ones(len(next(iter(table.values())).code), bool)
    for field, pattern in rule.when.items():
        asked &= table[field].where(re.compile(pattern).fullmatch)
    held = np.ones(len(asked), bool)
    for field, pattern in rule.then.items():
        held &= table[field].where(re.compile(pattern).fullmatch)
    for field, (low, high) in rule.between.items():
        numbers = np.array([_number(value) for value in table[field].values])
        held &= ((numbers >= low) & (numbers < high))[table[field].code]
    for field in rule.unique:
        held &= ~_again(table[field])
    return np.asarray(asked & ~held)


def _again(column: Column) -> Mask:
    """Rows whose value stood in an earlier row; blanks do not count."""
    _, first, value = np.unique(column.code, return_index=True, return_inverse=True)
    later = np.arange(len(column.code)) != first[value]
    return np.asarray(later & column.where(bool))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _given(table: Table, fields: tuple[str, ...], rows: Rows) -> list[str]:
    """What stands in the fields of each row: ``DLBM 0101, ZZSXDM JKHF``."""
    columns = [table[field].text(rows) for field in fields]
    return [
        ", ".join(f"{field} {value or '–'}" for field, value in zip(fields, values, strict=True))
        for values in zip(*columns, strict=True)
    ]
