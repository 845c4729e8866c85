"""Shapefiles: text in GBK, names of ten bytes, and what does not fit said instead of lost."""

from __future__ import annotations

from pathlib import Path

import shapely

from farmland.delivery import Delivery, Filled
from farmland.errors import UnusableInput
from farmland.io.export import dbase, features, spreadsheet
from farmland.rules import Words

MOST_BYTES = 2**31 - 1
"""What a .shp or a .dbf may take: places in it are signed numbers of 32 bits."""


def write(delivery: Delivery, folder: Path) -> tuple[Words, ...]:
    """Fill a new folder: a shapefile for each table with a geometry, a DBF for others.

    A plain table with text of any length becomes a CSV. Returns what has to be said.
    """
    folder.mkdir()
    notes: list[Words] = []
    for filled in delivery.tables:
        if _boundless(filled):
            spreadsheet.write(filled, folder / f"{filled.table.name}.csv")
        else:
            notes += _one(filled, folder)
    return tuple(notes)


def check(delivery: Delivery) -> None:
    """Refuse what no shapefile can hold, before anything is written.

    Raises
    ------
    UnusableInput
        When a file would take 2 GB.
    """
    for filled in delivery.tables:
        size = 0 if _boundless(filled) else max(dbase.size(filled), _shape_bytes(filled))
        if size > MOST_BYTES:
            raise UnusableInput(
                f"Table {filled.table.name} would take {size / 1e9:.1f} GB as a shapefile, which "
                "ends at 2 GB: give --format gdb or --format gpkg.",
                f"表 {filled.table.name} 写成 Shapefile 约需 {size / 1e9:.1f} GB，超出 2 GB 上限："
                "请改用 --format gdb 或 --format gpkg。",
            )


def _one(filled: Filled, folder: Path) -> list[Words]:
    """One shapefile, or a DBF alone; and what had to be changed."""
    name, encoding = filled.table.name, dbase.encoding_of(filled)
    if filled.table.geometry:
        features.write_shapes(filled, folder / f"{name}.shp")
    shortened = dbase.write(filled, folder / f"{name}.dbf", encoding)
    (folder / f"{name}.cpg").write_text(encoding, "ascii")
    fields = [each.name for each in filled.table.fields]
    short = dbase.short_names(fields, encoding)
    if short != fields:
        pairs = zip(short, fields, strict=True)
        spreadsheet.write_rows(folder / f"{name}_names.csv", ["field", "column"], pairs)
    return [
        note
        for note, said in (
            (_rare(name), encoding != dbase.ENCODINGS[0]),
            (_shortened(name, shortened), shortened > 0),
            (_renamed(name), short != fields),
        )
        if said
    ]


def _boundless(filled: Filled) -> bool:
    """Whether a table is nothing but text that a DBF would cut: the run and its sources."""
    texts = any(each.kind == "text" and each.length == 0 for each in filled.table.fields)
    return texts and filled.table.source == "run"


def _shape_bytes(filled: Filled) -> int:
    """Bytes of the .shp: a head, and for each shape its box, its rings and its points."""
    if not filled.table.geometry:
        return 0
    shapes = filled.frame.geometry.to_numpy()
    parts = shapely.get_parts(shapes)
    rings = len(parts) + int(shapely.get_num_interior_rings(parts).sum())
    return 100 + 52 * len(shapes) + 4 * rings + 16 * int(shapely.get_num_coordinates(shapes).sum())


def _rare(name: str) -> Words:
    return Words(
        f"{name} has characters that GBK lacks: its text is in GB 18030, as its .cpg says; a "
        "reader that knows only GBK shows those characters wrongly.",
        f"{name} 含 GBK 之外的字符：文字采用 GB 18030（已在 .cpg 注明），"
        "只支持 GBK 的软件会错误显示这些字符。",
    )


def _shortened(name: str, count: int) -> Words:
    return Words(
        f"{count} texts of {name} are longer than the 254 bytes of a shapefile: they were cut "
        "there.",
        f"{name} 有 {count} 条文字超过 Shapefile 的 254 字节上限，已在其中截断。",
    )


def _renamed(name: str) -> Words:
    return Words(
        f"Field names of {name} were shortened to ten bytes: {name}_names.csv says which is which.",
        f"{name} 的字段名已缩短至 10 字节：对照见 {name}_names.csv。",
    )
