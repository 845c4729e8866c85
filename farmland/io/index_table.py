"""Write indices, a row per parcel and look, as they come, so that any number of them fits."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from farmland.errors import UnusableInput
from farmland.io.drafts import replacing
from farmland.plain import in_csv

Row = tuple[str, date, Sequence[float | None], float, float, float, bool]
"""One value for each of :func:`columns`, those of the indices together."""


def columns(indices: Sequence[str]) -> tuple[str, ...]:
    """Of a table of indices.

    Solar day of the look; mean of each index over the clear pixels to 1e-4, empty without one;
    pixels of the parcel that were clear (for the index that has the most of them), that a scene
    shows, and in all, each by how much of it the parcel covers, to 1e-4 of its 100 m²; whether
    something stayed unread.
    """
    return ("parcel_id", "date", *indices, "clear", "seen", "pixels", "unread")


BATCH = 50_000
"""Rows of a row group of Parquet."""


@dataclass(slots=True)
class Written:
    """What went into a table."""

    rows: int = 0
    unread: int = 0
    """Rows for which something stayed unread."""


def write(rows: Iterable[Row], indices: Sequence[str], target: Path) -> Written:
    """Write rows to ``target`` in one step: CSV or, when its name ends in .parquet, Parquet.

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
        put(_counted(rows, written), columns(indices), draft)
    return written


def _counted(rows: Iterable[Row], written: Written) -> Iterator[Row]:
    for row in rows:
        written.rows += 1
        written.unread += row[-1]
        yield row


def _csv(rows: Iterable[Row], names: Sequence[str], draft: Path) -> None:
    """UTF-8 with a mark in front, which spreadsheets want for Chinese names."""
    with draft.open("w", encoding="utf-8-sig", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(names)
        for parcel, day, means, *counts, unread in rows:
            values = ["" if mean is None else f"{mean:.4f}" for mean in means]
            pixels = [f"{count:.4f}" for count in counts]
            lines.writerow([in_csv(parcel), day.isoformat(), *values, *pixels, int(unread)])


def _parquet(rows: Iterable[Row], names: Sequence[str], draft: Path) -> None:
    from pyarrow import parquet

    schema = _schema(names)
    with parquet.ParquetWriter(draft, schema, compression="zstd") as file:
        for batch in _batches(rows):
            file.write_table(_table(batch, schema))


def _batches(rows: Iterable[Row]) -> Iterator[Sequence[Row]]:
    held: list[Row] = []
    for row in rows:
        held.append(row)
        if len(held) == BATCH:
            yield held
            held = []
    yield held


def _schema(names: Sequence[str]) -> Any:
    import pyarrow as pa

    numbers = [pa.float64()] * (len(names) - 3)
    return pa.schema(
        list(zip(names, [pa.string(), pa.date32(), *numbers, pa.bool_()], strict=True))
    )


def _table(rows: Sequence[Row], schema: Any) -> Any:
    import pyarrow as pa

    flat = [(parcel, day, *means, *others) for parcel, day, means, *others in rows]
    columns = zip(*flat, strict=True) if flat else ([] for _ in schema.names)
    return pa.table([list(column) for column in columns], schema=schema)


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
