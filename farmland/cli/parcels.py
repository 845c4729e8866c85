"""``farmland parcels check``: what is wrong with a parcel layer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from farmland.cli import endings
from farmland.cli.options import PARCELS, TALK, all_of, geopackage, plan_of
from farmland.cli.spoken import command, group, option
from farmland.columns import table
from farmland.rules import Words

if TYPE_CHECKING:
    from farmland.checks import Finding
    from farmland.parcels import Parcels

FIRST = 5
"""Ids that are named for each finding."""


@group(
    name="parcels",
    en="Look after parcel layers.",
    zh="地块图层的检查与整理。",
    example="farmland parcels check parcels.gdb --out repaired.gpkg",
)
def parcels() -> None:
    """Commands on parcel layers."""


@command(
    name="check",
    en="Say what is wrong with a parcel layer, and write a repaired copy with --out.",
    zh="检查地块图层的问题；用 --out 写出修复后的副本。",
    example="farmland parcels check parcels.gdb --layer DLTB --out repaired.gpkg",
)
@click.argument("file")
@option("--out", metavar="X.gpkg", en="Repaired copy.",
        zh="修复后的副本。")  # fmt: skip
@all_of(PARCELS, TALK)
def check(file: str, out: str | None, **settings: Any) -> None:
    """Check a layer; faults of rows are findings, not failures."""
    console = endings.console(settings)
    plan = plan_of(settings, console)
    target = geopackage(out, file) if out else None
    from farmland import checks
    from farmland.io import lock
    from farmland.io import parcels as reader

    read = reader.read(
        file,
        layer=plan.layer,
        id_field=plan.id_field,
        field_map=plan.field_map,
        crs=plan.crs,
        encoding=plan.encoding,
        keep_columns=plan.keep_columns,
    )
    if target is not None:
        with lock.held(target):
            reader.write(read, target)
    found = checks.check(read)
    console.say(*read.notes)
    console.result(as_json(read, found, target), as_text(read, found, target, console.language))


parcels.add_command(check)


def as_json(parcels: Parcels, found: tuple[Finding, ...], out: Path | None) -> dict[str, Any]:
    """Findings for programs; rows are counted from 1, as people do."""
    return {
        "source": parcels.source,
        "layer": parcels.layer,
        "crs": str(parcels.frame.crs),
        "rows": len(parcels),
        "usable": int(parcels.usable.sum()),
        "area_m2": round(float(parcels.area_m2[parcels.usable].sum()), 2),
        "findings": [
            {"kind": each.kind, "count": each.count, "rows": list(each.rows), "ids": list(each.ids)}
            for each in found
        ],
        "notes": [{"en": note.en, "zh": note.zh} for note in parcels.notes],
        "written": str(out) if out else None,
    }


def as_text(parcels: Parcels, found: tuple[Finding, ...], out: Path | None, language: str) -> str:
    """Findings as a table for people."""
    area = float(parcels.area_m2[parcels.usable].sum())
    head = Words(
        f"{parcels.source}, layer {parcels.layer}, {parcels.frame.crs.name}: {len(parcels)} rows, "
        f"{int(parcels.usable.sum())} usable, {area / 1e4:,.2f} ha",
        f"{parcels.source}，图层 {parcels.layer}，{parcels.frame.crs.name}：共 {len(parcels)} 行，"
        f"可用 {int(parcels.usable.sum())} 行，{area / 1e4:,.2f} 公顷",
    ).text(language)
    rows = [(each.words.text(language), each.count, _first(each)) for each in found]
    body = table([_FINDING.text(language), _ROWS.text(language), _IDS.text(language)], rows)
    if not found:
        body = _NOTHING.text(language)
    return "\n".join([head, "", body, *([f"  {out}"] if out else [])])


def _first(finding: Finding) -> str:
    more = " …" if finding.count > FIRST and finding.ids else ""
    return ", ".join(finding.ids[:FIRST]) + more


_FINDING, _ROWS, _IDS = Words("Finding", "问题"), Words("Rows", "行数"), Words("First", "例")
_NOTHING = Words("Nothing is wrong with it.", "未发现问题。")
