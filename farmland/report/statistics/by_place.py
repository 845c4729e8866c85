"""Tables with a row for each place: counts, covers, where land went, old and new."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from farmland import areas, layers, places
from farmland.report.statistics import wording as said
from farmland.report.statistics.form import Cell, Column, Table, filled, of_kind
from farmland.result import Result
from farmland.rules import Words
from farmland.shares import in_groups, largest_remainder

LEVELS = ("county", "township", "village")
"""Levels that tables have rows of, the widest first."""

ACCOUNTS = layers.ACCOUNTS.column("item").meanings

FLOWS = tuple(item for item in ACCOUNTS if item.startswith("to_"))
"""Items of the accounts that outflow is divided into by the land use it went to."""

AGES = ("outflow_legacy", "outflow_new", "outflow_undated")

ALL = "*"
"""Instead of the code of a place: all of them."""

Lines = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Rows by code, and by what they count; with those of all places under ``ALL``."""

RowOf = Callable[[str], Sequence[Cell]]


def level_of(table: pd.DataFrame) -> str:
    """The level whose places a table of a result is told by.

    The widest of county, township and village with more than one place; with one place only, the
    finest level that is known; ``"all"`` where no place is.
    """
    counts = {level: table.loc[table["level"] == level, "code"].nunique() for level in LEVELS}
    several = [level for level in LEVELS if counts[level] > 1]
    known = [level for level in LEVELS if counts[level]]
    return several[0] if several else known[-1] if known else "all"


def overall(result: Result) -> Table | None:
    """Counts and areas of every place and of its policy classes, the largest area first."""
    table = result.summary
    if not len(table):
        return None
    level = level_of(table)
    lines = _lines(table[table["cover"] == "all"], level, "conversion")
    classes = _classes(result, level, lines)
    basic, before = _basic(result, level), _basic_before(result.accounts, level)
    columns = [Column(said.PATCHES, "count"), Column(said.CONFIRMED, "count"),
               Column(said.AREA_MU, "area")]  # fmt: skip
    columns += [_mu_of(layers.words("overlay", "policy_class", name)) for name in classes]
    columns += [Column(said.BASIC_MU, "area")] if basic else []
    columns += [Column(said.BASIC_MILLE, "mille")] if basic and before else []
    columns += [Column(said.MONITORED, "count"), Column(said.UNMONITORED, "count")]

    def row(code: str) -> Sequence[Cell]:
        whole = lines[code]["all"]
        cells: list[Cell] = [
            int(whole["patches"]),
            int(whole["confirmed"]),
            float(whole["area_mu"]),
        ]
        cells += [classes[name].get(code, 0.0) for name in classes]
        cells += [basic.get(code, 0.0)] if basic else []
        if basic and before:
            known = before.get(code)
            cells.append(1000 * basic.get(code, 0.0) / known if known else None)
        return [*cells, int(whole["monitored_parcels"]), int(whole["unmonitored_parcels"])]

    return _by_area(said.TITLE_A, columns, lines, row, key="all")


def covers(result: Result) -> Table | None:
    """Each place against each cover."""
    table = result.summary
    kinds = _in_order(
        set(table["cover"].dropna()) - {"all"}, layers.SUMMARY.column("cover").meanings
    )
    if not kinds:
        return None
    keys = ["level", "code", "name", "cover"]
    single = table[(table["cover"] != "all") | (table["conversion"] == "all")]
    sums = single.groupby(keys, as_index=False, dropna=False)[["patches", "area_mu"]].sum()
    lines = _lines(sums, level_of(table), "cover")
    columns = [part for kind in kinds for part in of_kind(layers.words("summary", "cover", kind))]
    columns += [Column(said.PATCHES, "count"), Column(said.AREA_MU, "area")]

    def row(code: str) -> Sequence[Cell]:
        at = lines[code]
        return [cell for kind in (*kinds, "all") for cell in _number_and_mu(at.get(kind))]

    return _by_area(said.TITLE_B, columns, lines, row, key="all")


def flows(result: Result) -> Table | None:
    """Which land cultivated land became, place by place; inflow cannot be seen, and it says so."""
    table = result.accounts
    if not len(table):
        return None
    checked = (table["approvals"] == "checked").any()
    lines = _lines(table, level_of(table), "item")
    shown = (*FLOWS, *(("reasonable",) if checked else ()))
    columns = [*of_kind(ACCOUNTS["outflow"]), *(_mu_of(ACCOUNTS[item]) for item in shown)]
    columns += [Column(said.BASIC_MU, "area"), Column(said.INFLOW, "area"),
                Column(said.NET_CHANGE, "area")]  # fmt: skip

    def row(code: str) -> Sequence[Cell]:
        at = lines[code]
        parts = [_part_of_outflow(at, item) for item in shown]
        basic = _real(at["outflow"]["pbf_mu"])
        return [*_number_and_mu(at["outflow"]), *parts, basic,
                said.NOT_MONITORED, said.NOT_TO_BE_TOLD]  # fmt: skip

    approvals = said.NOTE_CHECKED if checked else said.NOTE_NOT_CHECKED
    notes = (said.NOTE_FLOWS, said.NOTE_INFLOW, approvals)
    return _by_area(said.TITLE_C, columns, lines, row, key="outflow", notes=notes)


def ages(result: Result) -> Table | None:
    """Outflow before and after the cut-off dates of the rules."""
    table = result.accounts
    if not len(table):
        return None
    lines = _lines(table, level_of(table), "item")
    shown = ("outflow", *AGES)
    columns = [part for item in shown for part in of_kind(ACCOUNTS[item])]
    columns.append(Column(said.BASIC_MU, "area"))

    def row(code: str) -> Sequence[Cell]:
        at = lines[code]
        cells = [cell for item in shown for cell in _number_and_mu(at.get(item))]
        return [*cells, _real(at["outflow"]["pbf_mu"])]

    return _by_area(said.TITLE_E, columns, lines, row, key="outflow")


def _by_area(
    title: Words,
    columns: Sequence[Column],
    lines: Lines,
    row: RowOf,
    *,
    key: str,
    notes: tuple[Words, ...] = (),
) -> Table:
    """Rows of places with their rank by the area of ``key``, and the total of several."""
    codes = sorted(
        (code for code in lines if code != ALL),
        key=lambda code: (-float(lines[code][key]["area_mu"]), code),
    )
    rows: list[tuple[Cell, ...]] = []
    for rank, code in enumerate(codes, 1):
        rows.append((rank, str(lines[code][key]["name"] or code), code, *row(code)))
    total = len(codes) > 1
    if total:
        rows.append((None, said.TOTAL, "", *row(ALL)))
    elif not codes:
        rows.append((None, said.WHOLE, "", *row(ALL)))
    first = (Column(said.RANK, "count", 6), Column(said.PLACE, "text", 22),
             Column(said.CODE, "text", 14))  # fmt: skip
    return Table(title, (*first, *columns), tuple(rows), total, notes)


def _lines(table: pd.DataFrame, level: str, counted: str) -> Lines:
    """Rows of one level and of the whole by code and by what they count."""
    lines: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in table[table["level"].isin([level, "all"])].to_dict("records"):
        found = {str(name): value for name, value in row.items()}
        code = ALL if found["level"] == "all" else str(found["code"])
        lines.setdefault(code, {})[str(found[counted])] = found
    return lines


def _in_order(found: Iterable[str], order: Iterable[str]) -> list[str]:
    """Coded values that occur, in the order of their words; such without words come last."""
    left = set(found)
    known = [kind for kind in order if kind in left]
    return [*known, *sorted(left.difference(known))]


def _number_and_mu(found: Mapping[str, Any] | None) -> list[Cell]:
    """Count and area of a row; nothing counted where there is no row."""
    if found is None:
        return [0, 0.0]
    number = found["patches"]
    return [None if pd.isna(number) else int(number), _real(found["area_mu"])]


def _part_of_outflow(at: Mapping[str, Mapping[str, Any]], item: str) -> float | None:
    """Mu of an item; 0 where nothing flowed out, unknown in results that did not tell it apart."""
    if item in at:
        return _real(at[item]["area_mu"])
    return None if at["outflow"]["area_mu"] else 0.0


def _mu_of(kind: Words) -> Column:
    return Column(filled(said.MU_OF, kind), "area")


def _real(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _classes(result: Result, level: str, lines: Lines) -> dict[str, dict[str, float]]:
    """Mu by policy class and place, those of a place adding up to what it has in all.

    Each part of a patch counts in its own class and where it lies; a patch that was not overlaid
    is one part. Empty where it is not known in which of the places they lie.
    """
    whole = result.outflow
    whole = whole[~whole["patch_id"].isin(result.overlay["patch_id"])]
    columns = ["policy_class", "area_m2"]
    parts = [result.outflow_parts[[*columns, "place_code"]], whole[columns].assign(place_code="")]
    found = pd.concat([pd.DataFrame(part) for part in parts if len(part)] or parts[:1])
    found["code"] = _at(found["place_code"], level)
    found["policy_class"] = found["policy_class"].fillna("uncertain")
    sums = found.groupby(["code", "policy_class"], as_index=False)["area_m2"].sum()
    rows = {code: number for number, code in enumerate(dict.fromkeys(sums["code"]))}
    if not lines.keys() >= rows.keys():
        return {}
    totals = np.array([float(lines[code]["all"]["area_mu"]) for code in rows])
    mu = sums["area_m2"].to_numpy(np.float64) / areas.M2_PER_MU
    sums["mu"] = in_groups(mu, sums["code"].map(rows).to_numpy(np.intp), totals)
    by_class = {str(name): part for name, part in sums.groupby("policy_class")}
    return {
        name: {
            **dict(zip(by_class[name]["code"], by_class[name]["mu"], strict=True)),
            ALL: round(float(by_class[name]["mu"].sum()), 2),
        }
        for name in _in_order(by_class, layers.OVERLAY.column("policy_class").meanings)
    }


def _basic(result: Result, level: str) -> dict[str, float]:
    """Mu on permanent basic farmland by place, adding up to ``ALL``; empty: not known."""
    parts = result.outflow_parts
    if not parts["pbf"].notna().any():
        return {}
    lawful = parts[(parts["pbf"] == 1).fillna(value=False)]
    sums = lawful["area_m2"].groupby(pd.Index(_at(lawful["place_code"], level), dtype=object)).sum()
    mu = largest_remainder(sums.to_numpy() / areas.M2_PER_MU).tolist()
    return {**dict(zip(sums.index, mu, strict=True)), ALL: round(sum(mu), 2)}


def _at(codes: pd.Series[str], level: str) -> list[str]:
    """The place of a level in which each code lies; ``ALL`` where no place is told."""
    return [places.at(code, level) if level != "all" else ALL for code in places.normals(codes)]


def _basic_before(table: pd.DataFrame, level: str) -> dict[str, float]:
    """Mu of permanent basic farmland there was, by place and under ``ALL``."""
    rows = table[(table["item"] == "pbf_before") & table["level"].isin([level, "all"])]
    triples = zip(rows["level"], rows["code"], rows["area_mu"], strict=True)
    return {ALL if each == "all" else str(code): float(mu) for each, code, mu in triples}
