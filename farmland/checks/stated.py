"""Areas in the table against areas of the outlines, in the unit in which they agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.checks.columns import as_numbers, named
from farmland.checks.finding import NONE, Found, found
from farmland.parcels import Parcels
from farmland.rules.attributes import Attributes, Unit
from farmland.rules.checks import Checks

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Stated:
    """A column of areas of whole outlines."""

    column: str
    field: str
    """Its standard name, ``""`` where it has none."""
    unit: Unit
    recognised: bool
    """Whether the outlines say that the unit is this one; else it is taken for granted."""
    area_m2: Numbers
    """(n,) in square metres; NaN where the table has no number."""


def stated(parcels: Parcels, known: Attributes, limits: Checks) -> Stated | None:
    """The column that states areas: a standard one, else one that agrees with the outlines."""
    columns = named(parcels)
    for field in known.gross:
        if field in columns:
            numbers = as_numbers(parcels.frame[columns[field]])
            unit = _unit(numbers, parcels.area_m2, known, limits)
            usual = known.units[0]
            m2 = (unit or usual).m2
            return Stated(columns[field], field, unit or usual, unit is not None, numbers * m2)
    for column in map(str, parcels.frame.columns):
        if re.fullmatch(known.other_areas, column) and not re.fullmatch(known.planar_areas, column):
            numbers = as_numbers(parcels.frame[column])
            unit = _unit(numbers, parcels.area_m2, known, limits)
            if unit is not None:
                return Stated(column, "", unit, True, numbers * unit.m2)
    return None


def of_areas(
    parcels: Parcels, gross: Stated | None, known: Attributes, limits: Checks
) -> Iterator[Found]:
    """Areas that differ, a unit that is not the standard one, nets that do not follow."""
    if gross is None:
        return
    if gross.field and gross.unit.id != known.units[0].id:
        yield found("area_unit", [NONE], given=[f"{gross.column}, {gross.unit.id}"])
    with np.errstate(invalid="ignore"):
        difference = np.abs(gross.area_m2 - parcels.area_m2) / parcels.area_m2
        rows = np.flatnonzero(difference > limits.area_share)
    yield found(
        "area_differs",
        rows,
        area_m2=parcels.area_m2[rows],
        given=[f"{value:.2f}" for value in gross.area_m2[rows]],
    )
    yield from _of_nets(parcels, gross, known, limits)


def _of_nets(parcels: Parcels, gross: Stated, known: Attributes, limits: Checks) -> Iterator[Found]:
    """Net areas and deducted areas that do not follow from the gross area."""
    columns = named(parcels)
    net = next((name for name, whole in known.net.items() if whole == gross.field), "")
    numbers = {
        field: as_numbers(parcels.frame[columns[field]])
        for field in (gross.field, net, "KCMJ", "KCXS")
        if field in columns
    }
    if not {gross.field, "KCMJ"} <= numbers.keys():
        return
    whole, deducted = numbers[gross.field], np.nan_to_num(numbers["KCMJ"])
    near = limits.net_m2 / gross.unit.m2
    if net in numbers:
        odd = np.abs(whole - deducted - numbers[net]) > near
        yield _told("net_differs", odd, {gross.field: whole, "KCMJ": deducted, net: numbers[net]})
    if "KCXS" in numbers:
        odd = np.abs(whole * numbers["KCXS"] - deducted) > near + limits.share_rounding * whole
        share = numbers["KCXS"]
        yield _told("deduction_differs", odd, {gross.field: whole, "KCXS": share, "KCMJ": deducted})


def _told(kind: str, odd: NDArray[np.bool_], numbers: dict[str, Numbers]) -> Found:
    rows = np.flatnonzero(odd)
    given = [
        ", ".join(f"{field} {values[row]:.10g}" for field, values in numbers.items())
        for row in rows
    ]
    return found(kind, rows, given=given)


def _unit(numbers: Numbers, area_m2: Numbers, known: Attributes, limits: Checks) -> Unit | None:
    """The unit in which numbers agree with areas in the middle, if there is one."""
    with np.errstate(invalid="ignore"):
        usable = (numbers > 0) & (area_m2 > 0)
    if not usable.any():
        return None
    m2 = 1 / float(np.median(numbers[usable] / area_m2[usable]))
    unit = min(known.units, key=lambda each: abs(np.log(each.m2 / m2)))
    return unit if abs(unit.m2 / m2 - 1) < limits.unit_share else None
