"""``farmland parcels check``: what is wrong with a parcel layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from farmland.cli import endings, showing
from farmland.cli.options import (
    LANG,
    MEMORY,
    PARCELS,
    PLOT,
    RULES,
    TALK,
    all_of,
    geopackage,
    plan_of,
    spreadsheet,
)
from farmland.cli.spoken import argument, command, group, option

if TYPE_CHECKING:
    from farmland.checks import Report
    from farmland.parcels import Parcels


@group(
    name="parcels",
    en="Look after parcel layers: what is wrong with them, and a repaired copy.",
    zh="地块图层的检查与整理：有什么问题，并写出修复后的副本。",
    example="farmland parcels check parcels.gdb --out repaired.gpkg",
)
@all_of(LANG)
def parcels(lang: str | None) -> None:
    """Commands on parcel layers."""
    del lang


@command(
    name="check",
    en="Say what is wrong with a parcel layer, and write a repaired copy with --out.",
    zh="检查地块图层的问题；用 --out 写出修复后的副本。",
    example="farmland parcels check parcels.gdb --layer DLTB --out repaired.gpkg",
)
@argument("file", en="Parcel layer: GeoPackage, File GDB, shapefile, zip ...",
          zh="地块图层：GeoPackage、File GDB、Shapefile、zip 等。")  # fmt: skip
@option("--out", metavar="X.gpkg", en="Repaired copy, with the findings as a layer.",
        zh="修复后的副本，并附问题图层。")  # fmt: skip
@option("--list", "listed", metavar="X.csv", en="The findings as a table for spreadsheets.",
        zh="问题清单，供电子表格打开。")  # fmt: skip
@all_of(PLOT, PARCELS, RULES[:1], MEMORY, TALK)
def check(
    file: str, out: str | None, listed: str | None, plot: str | None, **settings: Any
) -> None:
    """Check a layer; faults of rows are findings, not failures."""
    console = endings.console(settings)
    plan = plan_of(settings, console)
    target = geopackage(out, file) if out else None
    listing = spreadsheet(listed, file) if listed else None
    beside = target.with_suffix(".png") if target else showing.here("check")
    picture = showing.asked(plot, beside)
    from farmland import checks, rules
    from farmland.cli import findings
    from farmland.io import lock, repaired
    from farmland.io import parcels as reader
    from farmland.room import BASE_BYTES, CHECK_ROW_BYTES, Room

    console.tell("parcels", 0, 0)
    read = reader.read(
        file,
        layer=plan.layer,
        id_field=plan.id_field,
        field_map=plan.field_map,
        crs=plan.crs,
        encoding=plan.encoding,
        keep_columns=plan.keep_columns,
        room=Room(plan.memory_bytes, BASE_BYTES, CHECK_ROW_BYTES),
    )
    console.tell("parcels", len(read), len(read))
    report = checks.check(read, rules.load(plan.rules), console.tell)
    told = checks.layer(read, report.findings)
    if target is not None:
        with lock.held(target):
            repaired.write(read, told, target)
    if listing is not None:
        repaired.write_list(told, listing)
    if picture:
        showing.write(picture, _map(read, report, console.language))
    console.say(*read.notes)
    written = [path for path in (target, listing) if path is not None]
    console.result(
        findings.as_json(read, report, written),
        findings.as_text(read, report, written, console.language),
        picture,
    )


def _map(read: Parcels, report: Report, language: str) -> bytes:
    """The findings as a picture."""
    from farmland.cli import mapped
    from farmland.report.fonts import language_of_pictures
    from farmland.report.plots import findings

    return findings.picture(mapped.layer(read, report), language_of_pictures(language))


parcels.add_command(check)
