"""``farmland ndvi``: clean NDVI of every parcel on every look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from farmland.cli import endings
from farmland.cli.detect import NO_PARCELS
from farmland.cli.options import (
    CATALOG,
    PARCELS,
    PLAN,
    RULES,
    TALK,
    all_of,
    demand,
    demand_period,
    plan_of,
)
from farmland.cli.spoken import command, option
from farmland.rules import Words

TABLES = ("csv", "parquet")

INCOMPLETE = Words(
    "More looks stayed unread than the rules allow: the column unread marks them.",
    "未读取的影像超过规则允许的比例：见 unread 列。",
)


@command(
    name="ndvi",
    en="Write the NDVI of every parcel on every clear look, one row each.",
    zh="输出每个地块在每个晴空日的 NDVI，每个一行。",
    example="farmland ndvi parcels.gdb --period 2025-03/2025-10 --out ndvi",
)
@click.argument("parcels", required=False, default="")
@option("--period", metavar="A/B", en="When; 2024, 2024-06 or two dates.",
        zh="时段；可写 2024、2024-06 或起止日期。")  # fmt: skip
@option("--out", metavar="DIR", en="Folder to write into.", zh="输出文件夹。")
@option("--format", "kind", type=click.Choice(TABLES), default="csv",
        en="Format of the table (csv).", zh="表格格式（csv）。")  # fmt: skip
@all_of(CATALOG, PARCELS, RULES, PLAN, TALK)
def ndvi(period: str | None, kind: str, **settings: Any) -> None:
    """Count and write, a sheet at a time."""
    console = endings.console(settings)
    plan = plan_of(settings, console)
    demand(plan.parcels, *NO_PARCELS)
    when = demand_period(period)
    demand(
        plan.out,
        "It is not said where the table goes: give a folder with --out.",
        "没有指明输出位置：请用 --out 给出文件夹。",
    )
    from farmland import flow
    from farmland.io import lock, ndvi_table

    target = Path(plan.out) / f"ndvi.{kind}"
    target.parent.mkdir(parents=True, exist_ok=True)
    with lock.held(target):
        rows = flow.ndvi(plan, when, console.tell).rows()
        written = ndvi_table.write(rows, target)
    code = flow.unread_code(plan, written.unread, written.rows)
    if code:
        console.say(INCOMPLETE)
    told = Words(
        f"{written.rows} rows in {target}; something stayed unread for {written.unread}.",
        f"{target} 共 {written.rows} 行；其中 {written.unread} 行有未读取的数据。",
    )
    console.result(
        {"rows": written.rows, "unread": written.unread, "written": [str(target)]},
        told.text(plan.lang),
    )
    click.get_current_context().exit(code)
