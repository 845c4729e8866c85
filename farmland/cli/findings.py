"""The report of ``farmland parcels check``: for programs, and as a page for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from farmland.columns import table, wrapped
from farmland.rules import Words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from farmland.checks import Report
    from farmland.checks.finding import Found
    from farmland.parcels import Parcels

FIRST = 3
"""Ids that are named for each kind of finding."""


def as_json(parcels: Parcels, report: Report, written: Sequence[Path]) -> dict[str, Any]:
    """Findings for programs; rows are counted from 1, as people do."""
    ids = parcels.frame["parcel_id"].to_numpy(dtype=object)
    return {
        "source": parcels.source,
        "layer": parcels.layer,
        "crs": str(parcels.frame.crs),
        "kind": parcels.kind,
        "scheme": report.scheme,
        "rows": len(parcels),
        "usable": int(parcels.usable.sum()),
        "area_m2": round(_measured(parcels), 2),
        "findings": [_entry(each, ids) for each in report.findings],
        "repair": _repair(report, ids),
        "stated": _stated(parcels, report),
        "notes": [{"en": note.en, "zh": note.zh} for note in parcels.notes],
        "written": [str(path) for path in written],
    }


def as_text(parcels: Parcels, report: Report, written: Sequence[Path], language: str) -> str:
    """Findings as a table, what each means and what to do, and the accounts of areas."""
    area, name = _measured(parcels), parcels.frame.crs.name
    head = Words(
        f"{parcels.source}, layer {parcels.layer}, {name}: {len(parcels)} rows, "
        f"{int(parcels.usable.sum())} usable, {area / 1e4:,.2f} ha",
        f"{parcels.source}，图层 {parcels.layer}，{name}：共 {len(parcels)} 行，"
        f"可用 {int(parcels.usable.sum())} 行，{area / 1e4:,.2f} 公顷",
    ).text(language)
    if report.findings:
        body = "\n".join([_table(parcels, report, language), "", *_advice(report, language)])
    else:
        body = _NOTHING.text(language)
    accounts = [each.text(language) for each in (*_areas(parcels, report), *_scheme(report))]
    files = [f"  {path}" for path in written]
    return "\n".join([head, "", body, "", *(wrapped(line) for line in accounts), *files])


def _table(parcels: Parcels, report: Report, language: str) -> str:
    ids = parcels.frame["parcel_id"].to_numpy(dtype=object)
    heads = [each.text(language) for each in (_FINDING, _SEVERITY, _COUNT, _FIRST)]
    rows = [
        (
            each.kind.title.text(language),
            _SEVERITIES[each.kind.severity].text(language),
            len(each),
            _first(each, ids),
        )
        for each in report.findings
    ]
    return table(heads, rows)


def _advice(report: Report, language: str) -> Iterator[str]:
    """What each kind means and what to do about it."""
    for each in report.findings:
        said = Words(
            f"{each.kind.title.en}: {each.kind.meaning.en} {each.kind.remedy.en}",
            f"{each.kind.title.zh}：{each.kind.meaning.zh}{each.kind.remedy.zh}",
        )
        yield wrapped(said.text(language))


def _areas(parcels: Parcels, report: Report) -> Iterator[Words]:
    """The ledger of repair and the stated areas, in sentences."""
    book = _totals(report)
    if len(report.ledger.rows):
        uncounted = len(report.ledger.uncounted)
        yield Words(
            f"Area: {book['drawn_m2']:,.2f} m² as drawn, {book['repaired_m2']:,.2f} m² repaired: "
            f"{book['turned_m2']:,.2f} gained from loops that run the other way, "
            f"{book['twice_m2']:,.2f} lost that was counted more than once, "
            f"{book['dropped_m2']:,.2f} lost in outlines that could not be kept"
            + (f"; {uncounted} rows could not be measured." if uncounted else "."),
            f"面积：原图形 {book['drawn_m2']:,.2f} 平方米，"
            f"修复后 {book['repaired_m2']:,.2f} 平方米："
            f"反向环计入 {book['turned_m2']:,.2f}，重复部分扣减 {book['twice_m2']:,.2f}，"
            f"无法保留 {book['dropped_m2']:,.2f}"
            + (f"；另有 {uncounted} 行无法计算。" if uncounted else "。"),
        )
    stated = _stated(parcels, report)
    if stated is not None and report.stated is not None:
        unit = report.stated.unit.label
        guess = Words("", "") if stated["recognised"] else Words(" (taken for granted)", "（推定）")
        yield Words(
            f"{stated['column']}, in {unit.en}{guess.en}: {stated['stated_m2']:,.2f} m²; the "
            f"outlines of these {stated['rows']} rows: {stated['measured_m2']:,.2f} m².",
            f"{stated['column']}（单位：{unit.zh}{guess.zh}）合计 "
            f"{stated['stated_m2']:,.2f} 平方米；"
            f"相应 {stated['rows']} 行图形面积 {stated['measured_m2']:,.2f} 平方米。",
        )


def _scheme(report: Report) -> Iterator[Words]:
    if report.scheme:
        yield Words(
            f"Land codes were read as {report.scheme}.", f"地类编码按 {report.scheme} 识别。"
        )


def _entry(found: Found, ids: NDArray[np.object_]) -> dict[str, Any]:
    """All findings of one kind; those of the whole layer have no row."""
    kind, rows = found.kind, found.rows[found.rows >= 0]
    return {
        "kind": kind.name,
        "severity": kind.severity,
        "title": {"en": kind.title.en, "zh": kind.title.zh},
        "meaning": {"en": kind.meaning.en, "zh": kind.meaning.zh},
        "remedy": {"en": kind.remedy.en, "zh": kind.remedy.zh},
        "count": len(found),
        "rows": [int(row) + 1 for row in rows],
        "ids": list(ids[rows]),
        "other_ids": [ids[other] if other >= 0 else None for other in found.others],
        "area_m2": [None if np.isnan(area) else round(float(area), 2) for area in found.area_m2],
        "given": list(found.given),
    }


def _repair(report: Report, ids: NDArray[np.object_]) -> dict[str, Any]:
    """The ledger: totals, and the rows that nobody can measure."""
    totals = {name: round(value, 2) for name, value in _totals(report).items()}
    return {**totals, "uncounted": list(ids[report.ledger.uncounted])}


def _totals(report: Report) -> dict[str, float]:
    book = report.ledger
    return {
        "drawn_m2": book.untouched_m2 + float(book.drawn_m2.sum()),
        "turned_m2": float(book.turned_m2.sum()),
        "twice_m2": float(book.twice_m2.sum()),
        "dropped_m2": float(book.dropped_m2.sum()),
        "repaired_m2": book.untouched_m2 + float(book.repaired_m2.sum()),
    }


def _stated(parcels: Parcels, report: Report) -> dict[str, Any] | None:
    """Totals of the column that states areas, over the rows that have both."""
    stated = report.stated
    if stated is None:
        return None
    both = np.isfinite(stated.area_m2) & parcels.usable
    return {
        "column": stated.column,
        "unit": stated.unit.id,
        "recognised": stated.recognised,
        "rows": int(both.sum()),
        "stated_m2": round(float(stated.area_m2[both].sum()), 2),
        "measured_m2": round(float(parcels.area_m2[both].sum()), 2),
    }


def _measured(parcels: Parcels) -> float:
    return float(parcels.area_m2[parcels.usable].sum())


def _first(found: Found, ids: NDArray[np.object_]) -> str:
    if found.rows[0] < 0:
        return "; ".join(filter(None, found.given))
    several = list(dict.fromkeys(ids[found.rows]))
    return ", ".join(map(str, several[:FIRST])) + (" …" if len(several) > FIRST else "")


_FINDING, _SEVERITY = Words("Finding", "问题"), Words("Severity", "性质")
_COUNT, _FIRST = Words("Count", "数量"), Words("First", "例")
_SEVERITIES = {"fault": Words("fault", "错误"), "warning": Words("warning", "提示")}
_NOTHING = Words("Nothing is wrong with it.", "未发现问题。")
