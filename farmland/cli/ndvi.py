"""``farmland ndvi``: clean NDVI, or any index, of every parcel on every look, and composites."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from farmland.cli import combinations, endings, showing
from farmland.cli.console import Console
from farmland.cli.detect import NO_PARCELS
from farmland.cli.options import (
    CATALOG,
    FARMLAND,
    MEMORY,
    PARCELS,
    PERIOD,
    PLAN,
    PLOT,
    RULES,
    TALK,
    all_of,
    demand,
    demand_period,
    plan_of,
)
from farmland.cli.showing import Picture
from farmland.cli.spoken import command, option
from farmland.errors import WrongUsage
from farmland.periods import Period
from farmland.plan import Plan
from farmland.rules import Words

if TYPE_CHECKING:
    from farmland.flow.composites import Wanted
    from farmland.flow.imagery import Imagery
    from farmland.flow.record import IndexRecord
    from farmland.io.index_table import Written
    from farmland.rules.indices import Index

TABLES = ("csv", "parquet")

STEPS = ("dekad", "month", "year", "period")

INCOMPLETE = Words(
    "More looks stayed unread than the rules allow: the column unread marks them.",
    "未读取的影像超过规则允许的比例：见 unread 列。",
)
UNREAD_LOOKS = Words(
    "More looks stayed unread than the rules allow: farmland:unread_days of the items names them.",
    "未读取的影像超过规则允许的比例：见各条目的 farmland:unread_days。",
)


@command(
    name="ndvi",
    en="Write NDVI or any index of every parcel on every clear look: one row each, and "
       "composites as COGs with STAC items; pixels outside the parcels hold no data.",
    zh="输出每个地块在每个晴空日的 NDVI 或任意指数：每个一行；并可输出合成影像"
       "（COG 与 STAC 条目，地块以外的像元为无数据）。",
    example="farmland ndvi parcels.gdb --period 2025-03/2025-10 --out ndvi\n"
            "farmland ndvi parcels.gdb --period 2025 --index EVI --index LSWI --out both\n"
            "farmland ndvi parcels.gdb --period 2025 --composite median --out medians\n"
            "farmland ndvi parcels.gdb --period 2025 --composite q90 --index LSWI --out q90",
)  # fmt: skip
@all_of(FARMLAND, PERIOD)
@option("--out", metavar="DIR", needed=True, en="Folder to write into.", zh="输出文件夹。")
@option("--format", "kind", type=click.Choice(TABLES), default="csv",
        en="Format of the table (default: csv).", zh="表格格式（默认 csv）。")  # fmt: skip
@option("--composite", "methods", metavar="METHOD", multiple=True,
        en="Also write composites into DIR/composites: median, max (with its day), q1 ... q99, or "
           "medoid (with its day) or geomedian of all bands; repeat for several.",
        zh="另在 DIR/composites 输出合成影像：median、max（含日期）、q1 至 q99，"
           "或全波段的 medoid（含日期）、geomedian；可重复。")  # fmt: skip
@option("--index", "indices", metavar="NAME", multiple=True,
        en="Index of the table and the composites, such as EVI, LSWI or NDRE (default: NDVI), a "
           "column of DIR/<names>.csv each; an unknown name tells all; repeat for several.",
        zh="表格与合成影像的指数，如 EVI、LSWI、NDRE（默认 NDVI），在 DIR/<名称>.csv 中各占一列；"
           "名称有误时列出全部；可重复。")  # fmt: skip
@option("--every", type=click.Choice(STEPS), default="month",
        en="Time that one composite spans (default: month).",
        zh="每幅合成影像的时间跨度（默认 month）。")  # fmt: skip
@option("--no-table", is_flag=True, en="Write composites only.", zh="只输出合成影像。")
@all_of(PLOT, CATALOG, PARCELS, RULES, MEMORY, PLAN, TALK)
def ndvi(
    period: str | None,
    kind: str,
    methods: tuple[str, ...],
    indices: tuple[str, ...],
    every: str,
    no_table: bool,
    plot: str | None,
    **settings: Any,
) -> None:
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
    if no_table and not methods:
        raise _nothing_wanted()
    combinations.hold_used({"--every": ("--composite",)})
    combinations.hold_idle({"--format": ("--no-table",), "--plot": ("--no-table",)})
    picture = showing.asked(plot, Path(plan.out) / "ndvi.png")
    wanted = _wanted(methods, indices, every)
    from farmland import flow

    held = flow.prepare(plan, when, wanted.indices, console.tell)
    parts = [] if no_table else [_table(plan, held, wanted.indices, kind, console, picture)]
    if methods:
        parts.append(_composites(plan, held, when, wanted, console))
    result = {key: value for told, _, _ in parts for key, value in told.items()}
    written = [path for told, _, _ in parts for path in told["written"]]
    told = "\n".join(text for _, text, _ in parts)
    console.result({**result, "written": written}, told, picture)
    click.get_current_context().exit(max(code for _, _, code in parts))


Part = tuple[dict[str, Any], str, int]
"""What was written as JSON and as text, and the exit code."""


def _nothing_wanted() -> WrongUsage:
    """Without a composite there is the table or nothing."""
    return WrongUsage(
        "There is nothing to write: --no-table needs a --composite such as median.",
        "没有可输出的内容：--no-table 需配合 --composite（如 median）使用。",
    )


def _wanted(methods: Sequence[str], indices: Sequence[str], every: str) -> Wanted:
    """What is asked for, each once; checked before anything is read."""
    from farmland.flow.composites import Wanted
    from farmland.imagery.compositing import Method
    from farmland.rules.indices import named

    return Wanted(
        tuple(dict.fromkeys(Method.parse(text) for text in methods)),
        tuple({index.name: index for index in map(named, indices or ("NDVI",))}.values()),
        every,
    )


def _table(
    plan: Plan,
    held: Imagery,
    indices: Sequence[Index],
    kind: str,
    console: Console,
    picture: Picture | None,
) -> Part:
    """Write the table, named after its indices, and what is drawn of it."""
    from farmland import flow
    from farmland.io import index_table, lock

    record = flow.index_table(plan, held, indices, console.tell)
    target = Path(plan.out) / f"{'_'.join(record.names)}.{kind}"
    target.parent.mkdir(parents=True, exist_ok=True)
    with lock.held(target):
        if picture is None:
            written = index_table.write(record.rows(), record.names, target)
        else:
            written = _drawn(record, target, picture, plan)
    code = flow.unread_code(plan, written.unread, written.rows)
    if code:
        console.say(INCOMPLETE)
    told = Words(
        f"{written.rows} rows in {target}; something stayed unread for {written.unread}.",
        f"{target} 共 {written.rows} 行；其中 {written.unread} 行有未读取的数据。",
    )
    result = {"rows": written.rows, "unread": written.unread, "written": [str(target)]}
    return result, told.text(plan.lang), code


def _drawn(record: IndexRecord, target: Path, picture: Picture, plan: Plan) -> Written:
    """Write the table and draw what passes."""
    from farmland.io import index_table
    from farmland.report.fonts import language_of_pictures
    from farmland.report.plots import curves
    from farmland.scene import attribution

    gathered = curves.Gathered(record.names, record.parcel_ids)
    written = index_table.write(gathered.passing(record.rows()), record.names, target)
    source = attribution(look.day.year for look in record.looks)
    showing.write(picture, curves.picture(gathered, source, language_of_pictures(plan.lang)))
    return written


def _composites(plan: Plan, held: Imagery, when: Period, wanted: Wanted, console: Console) -> Part:
    """Write the composites."""
    from farmland import flow
    from farmland.flow import composites
    from farmland.io import lock

    folder = Path(plan.out) / composites.FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with lock.held(folder):
        made = composites.composites(plan, held, when, wanted, folder, console.tell)
    code = flow.unread_code(plan, made.unread, made.needed)
    if code:
        console.say(UNREAD_LOOKS)
    share = made.unread / max(1, made.needed)
    absent = ", ".join(made.without_looks) or "-"
    told = Words(
        f"{len(made.items)} composites in {made.collection}; {share:.1%} of what was needed stayed "
        f"unread; nothing was acquired in: {absent}.",
        f"{made.collection} 共 {len(made.items)} 幅合成影像；所需数据中 {share:.1%} 未读取；"
        f"无影像的时段：{absent}。",
    )
    result = {
        "composites": list(made.items),
        "without_looks": list(made.without_looks),
        "unread_share": round(share, 4),
        "written": [str(made.collection)],
    }
    return result, told.text(plan.lang), code
