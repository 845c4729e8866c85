"""Write what is handed over: each format under one name, replaced in one step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyogrio
from pyogrio.errors import DataSourceError

from farmland.delivery import Delivery
from farmland.errors import UnusableInput, disk_fault
from farmland.io.drafts import replacing
from farmland.io.export import shapefile
from farmland.io.export.formats import WRITERS
from farmland.progress import Tell
from farmland.rules import Words


def write(
    delivery: Delivery, folder: Path, name: str, wanted: Sequence[str], tell: Tell
) -> tuple[tuple[Path, ...], tuple[Words, ...]]:
    """Write every format that is wanted into ``folder``, which is made where it is missing.

    Parameters
    ----------
    delivery : Delivery
    folder : Path
    name : str
        Start of the names: ``<name>_shp/``, ``<name>.gdb``, ``<name>.gpkg``, ``<name>_parquet/``,
        ``<name>_geojson/``.
    wanted : sequence of str
        Of :data:`farmland.rules.profile.FORMATS`.
    tell : callable
        Stage, done, total.

    Returns
    -------
    paths, notes
        What was written, and what a format could not hold.

    Raises
    ------
    UnusableInput
        When the folder is a file or not writable, when something of somebody else stands under a
        name, when it is open elsewhere, or when a format cannot hold a table.
    Unreachable
        When the disk is full.
    """
    targets = [folder / f"{name}{WRITERS[each][0]}" for each in wanted]
    _prepare(folder, targets, delivery)
    if "shp" in wanted:
        shapefile.check(delivery)
    if "parquet" in wanted:
        _demand_pyarrow()
    notes: list[Words] = []
    tell("export", 0, len(wanted))
    for done, (each, target) in enumerate(zip(wanted, targets, strict=True), 1):
        with replacing(target) as draft:
            notes += WRITERS[each][1](delivery, draft)
        tell("export", done, len(wanted))
    return tuple(targets), tuple(dict.fromkeys(notes))


def _demand_pyarrow() -> None:
    try:
        import pyarrow as pa  # noqa: F401  # asked for ahead of the work
    except ImportError:
        raise UnusableInput(
            "Writing GeoParquet needs pyarrow: run pip install 'farmland[parquet]', or give "
            "another --format.",
            "写出 GeoParquet 需要 pyarrow：请运行 pip install 'farmland[parquet]'，"
            "或改用其他 --format。",
        ) from None


def _prepare(folder: Path, targets: Sequence[Path], delivery: Delivery) -> None:
    """Make the folder, and refuse to replace what is not ours or is in use."""
    if folder.exists() and not folder.is_dir():
        raise UnusableInput(
            f"The output {folder} is a file: give a folder with --to.",
            f"输出 {folder} 是一个文件：请用 --to 指定文件夹。",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise disk_fault(fault, folder) from fault
    tables = {each.table.name for each in delivery.tables}
    for target in targets:
        if target.is_dir() and any(target.glob("*.lock")):
            raise UnusableInput(
                f"{target} is open in another program such as ArcGIS: close it there and run "
                "again.",
                f"{target} 正被其他程序（如 ArcGIS）打开：请关闭后重试。",
            )
        if target.exists() and not _ours(target, tables):
            raise UnusableInput(
                f"{target} exists and holds something else: give another --to.",
                f"{target} 已存在且内容不符：请用 --to 换一个文件夹。",
            )


def _ours(target: Path, tables: set[str]) -> bool:
    """Whether something holds tables of these names and nothing else."""
    if target.suffix in {".gdb", ".gpkg"}:
        try:
            return {str(name) for name, _ in pyogrio.list_layers(target)} <= tables
        except DataSourceError:
            return False
    if not target.is_dir():
        return False
    names = {entry.name.split(".")[0].removesuffix("_names") for entry in target.iterdir()}
    return names <= tables
