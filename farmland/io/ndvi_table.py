"""Write one row per parcel and look, as they come, so that any number of them fits."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from farmland.errors import UnusableInput
from farmland.io.drafts import replacing

Row = tuple[str, date, float | None, float, float, float, bool]
"""One value for each of :data:`COLUMNS`."""

COLUMNS = ("parcel_id", "date", "ndvi", "clear", "seen", "pixels", "unread")
"""Solar day of the look; mean NDVI of the clear pixels to 1e-4, empty without one; pixels of the
parcel that were clear, that a scene shows, and in all, each by how much of it the parcel covers, to
1e-4 of its 100 m²; whether something stayed unread."""

BATCH = 50_000
"""Rows of a row group of Parquet."""


@dataclass(slots=True)
class Written:
    """What went into a table."""

    rows: int = 0
    unread: int = 0
    """Rows for which something stayed unread."""


def write(rows: Iterable[Row], target: Path) -> Written:
    """Write rows to ``target``, CSV or, when its name ends in .parquet, Parquet; in one step.

    Raises
    ------
    UnusableInput, Unreachable
        When the folder cannot be written or pyarrow is wanted and missing; when the disk is full.
    """
    written = Written()
    put = _parquet if target.suffix == ".parquet" else _csv
    if put is _parquet:
        _demand_pyarrow(target)
    with replacing(target) as draft:
        put(_counted(rows, written), draft)
    return written


def _counted(rows: Iterable[Row], written: Written) -> Iterator[Row]:
    for row in rows:
        written.rows += 1
        written.unread += row[-1]
        yield row


def _csv(rows: Iterable[Row], draft: Path) -> None:
    """UTF-8 with a mark in front, which spreadsheets want for Chinese names."""
    with draft.open("w", encoding="utf-8-sig", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(COLUMNS)
        for parcel, day, ndvi, *counts, unread in rows:
            value = "" if ndvi is None else f"{ndvi:.4f}"
            pixels = [f"{count:.4f}" for count in counts]
            lines.writerow([_text(parcel), day.isoformat(), value, *pixels, int(unread)])


def _text(parcel: str) -> str:
    """An id that a spreadsheet shows and never computes (DESIGN 5.7)."""
    return f"'{parcel}" if parcel[:1] in {"=", "+", "-", "@", "\t", "\r"} else parcel


def _parquet(rows: Iterable[Row], draft: Path) -> None:
    from pyarrow import parquet

    with parquet.ParquetWriter(draft, _schema(), compression="zstd") as file:
        for batch in _batches(rows):
            file.write_table(_table(batch))


def _batches(rows: Iterable[Row]) -> Iterator[Sequence[Row]]:
    held: list[Row] = []
    for row in rows:
        held.append(row)
        if len(held) == BATCH:
            yield held
            held = []
    yield held


def _schema() -> Any:
    import pyarrow as pa

    kinds = (
        pa.string(),
        pa.date32(),
        *([pa.float64()] * 4),
        pa.bool_(),
    )
    return pa.schema(list(zip(COLUMNS, kinds, strict=True)))


def _table(rows: Sequence[Row]) -> Any:
    import pyarrow as pa

    columns = zip(*rows, strict=True) if rows else ([] for _ in COLUMNS)
    return pa.table([list(column) for column in columns], schema=_schema())


def _demand_pyarrow(target: Path) -> None:
    try:
        import pyarrow as pa  # noqa: F401  # asked for ahead of the work
    except ImportError:
        raise UnusableInput(
            f"Writing {target.name} needs pyarrow: pip install 'farmland[parquet]', or name a "
            ".csv file.",
            f"写出 {target.name} 需要 pyarrow：请运行 pip install 'farmland[parquet]'，"
            "或改用 .csv 文件。",
        ) from None
