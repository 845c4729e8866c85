"""Read what people said of cases from a table: CSV, or a vector layer that QGIS saved."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from farmland.errors import UnusableInput, WrongUsage
from farmland.labels import Label

VERDICTS = {
    **dict.fromkeys(("true", "1", "yes", "y", "t", "verified", "是", "属实", "真"), True),
    **dict.fromkeys(("false", "0", "no", "n", "f", "dismissed", "否", "不属实", "假"), False),
}
"""What may stand in the column ``verdict``, whatever its case."""

IDS = ("patch_id", "parcel_id")


def read(path: str | Path, covers: Collection[str]) -> tuple[Label, ...]:
    """Read a table with ``patch_id`` or ``parcel_id``, ``verdict`` and, optionally, ``cover``.

    Rows with an empty verdict say nothing and are left out; ``covers`` are the names known.

    Raises
    ------
    WrongUsage
        When there is no such file.
    UnusableInput
        When it is no table, lacks a column, or a row can't be meant or contradicts another.
    """
    source = Path(path)
    if not source.is_file():
        raise WrongUsage(
            f"There is no file {path}: check the path of the labels.",
            f"文件 {path} 不存在：请检查标注文件的路径。",
        )
    table = _table(source)
    table.columns = [str(name).strip().lower() for name in table.columns]
    if "verdict" not in table or not set(IDS) & set(table):
        raise UnusableInput(
            f"The labels {source.name} have the columns {', '.join(map(str, table.columns))}: give "
            "verdict and patch_id or parcel_id.",
            f"标注 {source.name} 的字段为 {'、'.join(map(str, table.columns))}："
            "需要 verdict 以及 patch_id 或 parcel_id。",
        )
    return _consistent(tuple(_labels(table, source.name, covers)), source.name)


def _table(source: Path) -> pd.DataFrame:
    """All cells as text, ``""`` where there is nothing."""
    try:
        if source.suffix.lower() == ".csv":
            return _csv(source)
        frame = pyogrio.read_dataframe(source, read_geometry=False)
    except (DataSourceError, DataLayerError, OSError, ValueError) as fault:
        raise UnusableInput(
            f"The labels {source.name} cannot be read: give a CSV file, or a layer that QGIS "
            "saved.",
            f"无法读取标注 {source.name}：请给出 CSV 文件或由 QGIS 保存的图层。",
        ) from fault
    return pd.DataFrame({name: list(map(_cell, frame[name])) for name in frame.columns})


def _cell(value: Any) -> str:
    """A cell as text."""
    return "" if pd.isna(value) else str(value)


def _csv(source: Path) -> pd.DataFrame:
    """A CSV file in UTF-8, or in the encoding that Excel writes in China."""
    try:
        return pd.read_csv(source, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except UnicodeDecodeError:
        return pd.read_csv(source, dtype=str, keep_default_na=False, encoding="gb18030")


def _labels(table: pd.DataFrame, name: str, covers: Collection[str]) -> Iterator[Label]:
    """The rows that say something."""
    columns = [table[key] if key in table else [""] * len(table) for key in (*IDS, "cover")]
    for row, (verdict, *cells) in enumerate(zip(table["verdict"], *columns, strict=True), start=1):
        patch, parcel, cover = (str(cell).strip() for cell in cells)
        said = str(verdict).strip().lower().removesuffix(".0")
        if not said:
            continue
        if said not in VERDICTS or not (patch or parcel):
            raise UnusableInput(
                f"Row {row} of the labels {name} says {said[:40]!r} of {(patch or parcel)!r}: give "
                "true or false, and an id.",
                f"标注 {name} 第 {row} 行对 {(patch or parcel)!r} 填写 {said[:40]!r}："
                "请填 true 或 false，并给出编号。",
            )
        _hold_cover(cover, row, name, covers)
        yield Label(patch, parcel, VERDICTS[said], cover)


def _hold_cover(cover: str, row: int, name: str, covers: Collection[str]) -> None:
    """Hold that a cover is one of ours."""
    if not cover or cover in covers:
        return
    near = get_close_matches(cover, covers, 1, 0.0)[0]
    raise UnusableInput(
        f"Row {row} of the labels {name} has an unknown cover {cover!r}: the nearest known one is "
        f"{near!r}.",
        f"标注 {name} 第 {row} 行的地类 {cover!r} 未知：最接近的是 {near!r}。",
    )


def _consistent(labels: tuple[Label, ...], name: str) -> tuple[Label, ...]:
    """Hold that nothing is said to be both true and false; rows said twice count once."""
    said: dict[str, Label] = {}
    for label in labels:
        before = said.setdefault(label.named, label)
        if before.agreed != label.agreed:
            raise UnusableInput(
                f"The labels {name} say both true and false of {label.named}: keep one row.",
                f"标注 {name} 对 {label.named} 同时标为属实与不属实：请只保留一行。",
            )
    return tuple(said.values())
