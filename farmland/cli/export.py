"""``farmland export``: a result under the names and in the formats of its receiver."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from farmland.cli import endings
from farmland.cli.options import (
    RESULT,
    TALK,
    all_of,
    demand,
    existing,
)
from farmland.cli.spoken import command, option
from farmland.columns import table
from farmland.errors import WrongUsage
from farmland.rules import Words
from farmland.rules.profile import FORMATS

if TYPE_CHECKING:
    from farmland.flow.export import Exported

BATCH_BYTES = 20
"""Of the field PCH."""


@command(
    name="export",
    en="Hand a result over under the field names of an office: shapefile (GBK), File GDB, "
    "GeoPackage, GeoParquet, GeoJSON.",
    zh="按业务部门的字段名导出结果：Shapefile（GBK）、File GDB、GeoPackage、GeoParquet、GeoJSON。",
    example="farmland export county.gpkg --profile cn --to handover\n"
    "farmland export county.gpkg --profile cn --format gdb --batch 2026Q2 \\\n"
    "    --to handover",
)
@option("--profile", metavar="cn|generic|FILE", default="",
        en="Names of tables and fields (default: those of the rules of the run).",
        zh="表名与字段名方案（默认随运行所用规则）。")  # fmt: skip
@option("--to", metavar="DIR", default="", needed=True, en="Folder to write into.",
        zh="输出文件夹。")  # fmt: skip
@option("--format", "formats", type=click.Choice(FORMATS), multiple=True,
        en="Repeat for several (default: shp, gdb and gpkg).",
        zh="格式；可重复（默认 shp、gdb 与 gpkg）。")  # fmt: skip
@option("--batch", metavar="TEXT", default="",
        en="Number of the batch, such as 2026Q2 (default: when the run began).",
        zh="批次号，如 2026Q2（默认为运行开始时间）。")  # fmt: skip
@option("--redact", is_flag=True,
        en="Leave out outlines and owners, and blur places to 0.01 degrees.",
        zh="脱敏：不含图形与权属，中心点取到 0.01 度。")  # fmt: skip
@all_of(RESULT, TALK)
def export(
    result: Path,
    profile: str,
    to: str,
    formats: tuple[str, ...],
    batch: str,
    redact: bool,
    **settings: Any,
) -> None:
    """Write the files and say what they hold, and what is not known."""
    console = endings.console(settings)
    demand(
        to,
        "It is not said where the files go: give --to DIR.",
        "没有指明输出位置：请给出 --to DIR。",
    )
    existing(result)
    if len(batch.encode("gb18030", "replace")) > BATCH_BYTES or not batch.isprintable():
        raise WrongUsage(
            f"The batch {batch!r} is too long or no text: give at most {BATCH_BYTES} bytes, such "
            "as 2026Q2.",
            f"批次号 {batch!r} 过长或含不可见字符：最多 {BATCH_BYTES} 字节，如 2026Q2。",
        )
    from farmland import flow
    from farmland.io import lock

    folder = Path(to)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with lock.held(folder, "--to"):
        done = flow.export(
            result, folder, console.tell, profile=profile, formats=formats, batch=batch,
            redact=redact,
        )  # fmt: skip
    console.say(*done.notes)
    console.result(as_json(done), as_text(done, console.language))


def as_json(done: Exported) -> dict[str, Any]:
    """What was written, for programs."""
    return {
        "profile": done.profile,
        "written": [str(path) for path in done.paths],
        "rows": done.rows,
        "notes": [{"en": note.en, "zh": note.zh} for note in done.notes],
    }


def as_text(done: Exported, language: str) -> str:
    """What was written, for people."""
    heads = [_TABLE.text(language), _ROWS.text(language)]
    rows = table(heads, list(done.rows.items()))
    return "\n".join([rows, "", *(f"  {path}" for path in done.paths)])


_TABLE, _ROWS = Words("Table", "表"), Words("Rows", "行数")
