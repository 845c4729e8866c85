"""Tables as text that a spreadsheet opens: UTF-8 with a mark, nothing that it would compute."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from farmland.delivery import Filled
from farmland.plain import in_csv


def write(filled: Filled, path: Path) -> None:
    """Write a table without its geometry."""
    names = [each.name for each in filled.table.fields]
    rows = filled.frame[names].astype(object).itertuples(index=False)
    write_rows(path, names, (["" if pd.isna(cell) else cell for cell in row] for row in rows))


def write_rows(path: Path, heads: Sequence[str], rows: Iterable[Iterable[Any]]) -> None:
    """Write rows below their heads."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(map(_shown, heads))
        lines.writerows(map(_shown, row) for row in rows)


def _shown(cell: Any) -> Any:
    return in_csv(cell) if isinstance(cell, str) else cell
