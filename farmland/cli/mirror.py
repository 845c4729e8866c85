"""``farmland mirror``: a local archive of the imagery that parcels need."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from farmland.cli import endings, showing
from farmland.cli.detect import NO_PARCELS
from farmland.cli.options import (
    CATALOG,
    FARMLAND,
    PARCELS,
    PERIOD,
    PLAN,
    PLOT,
    RUN,
    TALK,
    all_of,
    demand,
    demand_period,
    plan_of,
)
from farmland.cli.spoken import command, option
from farmland.errors import WrongUsage
from farmland.plan import Plan
from farmland.rules import Words

if TYPE_CHECKING:
    from farmland.flow.mirror import Mirrored

MB = 1e6

NAMED = 5
"""Unread files that are named; the rest stand in ``mirror.json``."""

INCOMPLETE = 3


@command(
    name="mirror",
    en="Copy the imagery that parcels need into a local archive: STAC and COG, resumable. Later "
    "commands take --catalog DIR --offline.",
    zh="将地块所需影像复制到本地存档（STAC 与 COG，可续传）；之后各命令可用 "
    "--catalog DIR --offline。",
    example="farmland mirror parcels.gdb --period 2022-06/2026-05 --to archive\n"
    "farmland detect parcels.gdb --after 2025-06/2026-05 \\\n"
    "    --catalog archive --offline --out county.gpkg",
)
@all_of(FARMLAND, PERIOD)
@option("--to", metavar="DIR", default="", needed=True,
        en="Folder of the archive; an older one grows.",
        zh="存档文件夹；已有存档会继续增长。")  # fmt: skip
@option("--index", "indices", metavar="NAME", multiple=True,
        en="Also copy the red-edge bands of an index, such as NDRE; all other bands are copied in "
           "any case. Repeat for several.",
        zh="另复制指数所需的红边波段，如 NDRE；其他波段总会复制。可重复。")  # fmt: skip
@option("--whole-tiles", is_flag=True,
        en="Copy files whole, so that their host does not learn where the parcels lie.",
        zh="复制整个文件，影像主机无从得知地块位置。")  # fmt: skip
@option("--verify", is_flag=True, en="Check the checksums of files that are there already.",
        zh="核对已有文件的校验和。")  # fmt: skip
@all_of(PLOT, CATALOG, PARCELS, RUN[:2], PLAN, TALK)
def mirror(
    period: str | None,
    to: str,
    indices: tuple[str, ...],
    whole_tiles: bool,
    verify: bool,
    plot: str | None,
    **settings: Any,
) -> None:
    """Copy, and say what was copied and what stayed unread."""
    console = endings.console(settings)
    plan = plan_of(settings, console)
    demand(plan.parcels, *NO_PARCELS)
    when, folder = demand_period(period), _folder(to, plan)
    picture = showing.asked(plot, folder / "mirror.png")
    from farmland.flow import mirror as mirroring
    from farmland.io import lock
    from farmland.rules.indices import named

    wanted = [named(name) for name in indices]
    folder.mkdir(parents=True, exist_ok=True)
    with lock.held(folder / "mirror", option="--to"):
        done = mirroring.mirror(
            plan, when, folder, console.tell, wanted=wanted, whole=whole_tiles, verify=verify
        )
    code = INCOMPLETE if done.unread else 0
    if code:
        console.say(_unread(done))
    if picture:
        showing.write(picture, _calendar(done, folder, plan))
    console.result(as_json(done, folder, code), as_text(done, folder, plan.lang), picture)
    click.get_current_context().exit(code)


def _folder(to: str, plan: Plan) -> Path:
    """Where the archive goes, which may not be the one that is read."""
    demand(
        to,
        "It is not said where the archive goes: give --to DIR.",
        "没有指明存档位置：请给出 --to DIR。",
    )
    folder, catalog = Path(to).resolve(), Path(plan.catalog).resolve()
    if folder in {catalog, catalog.parent} and catalog.exists():
        raise WrongUsage(
            f"The archive {to} is the catalog that is read: give another --to.",
            f"存档 {to} 就是所读取的目录：请换一个 --to。",
        )
    if folder.is_file():
        raise WrongUsage(
            f"The archive {to} is a file: give a folder with --to.",
            f"存档 {to} 是一个文件：请用 --to 指定文件夹。",
        )
    return Path(to)


def _calendar(done: Mirrored, folder: Path, plan: Plan) -> bytes:
    """What lies on the disk as a picture."""
    from farmland.report.fonts import language_of_pictures
    from farmland.report.plots import calendar
    from farmland.report.plots.scenes import of_archive

    drawn = of_archive(done.kept, folder, plan)
    return calendar.picture(drawn, language_of_pictures(plan.lang))


def as_json(done: Mirrored, folder: Path, code: int) -> dict[str, Any]:
    """What programs learn of a mirror."""
    return {
        "exit_code": code,
        "to": str(folder),
        "scenes": done.scenes,
        "files": done.files,
        "skipped": done.skipped,
        "bytes": done.size,
        "source_bytes": done.source_size,
        "fetched_bytes": done.fetched,
        "requests": done.requests,
        "unread": [asdict(gap) for gap in done.unread],
    }


def as_text(done: Mirrored, folder: Path, language: str) -> str:
    """What people read of a mirror."""
    size, fetched = _mb(done.size), _mb(done.fetched)
    english, chinese = f"{size}.", f"{size}。"
    if done.source_size is not None:
        source = _mb(done.source_size)
        english, chinese = f"{size} of {source}.", f"{size}（原文件 {source}）。"
    lines = [
        Words(
            f"{done.scenes} scenes, {done.files} files, {english}",
            f"共 {done.scenes} 景、{done.files} 个文件，{chinese}",
        ),
        Words(
            f"Fetched now: {fetched} in {done.requests} requests; {done.skipped} "
            "files were whole already.",
            f"本次获取 {fetched}，请求 {done.requests} 次；{done.skipped} 个文件此前已完整。",
        ),
        Words(
            f"Later commands: --catalog {folder} --offline",
            f"后续命令可用：--catalog {folder} --offline",
        ),
    ]
    return "\n".join(line.text(language) for line in lines)


def _mb(size: int) -> str:
    return f"{size / MB:,.{0 if size >= 10 * MB or not size else 1}f} MB"


def _unread(done: Mirrored) -> Words:
    """The closing sentence when something is missing."""
    reasons = Counter(gap.reason for gap in done.unread).most_common(3)
    named = ", ".join(f"{gap.item_id} {gap.band}" for gap in done.unread[:NAMED])
    more = len(done.unread) - NAMED
    count, why = len(done.unread), "; ".join(f"{number} × {reason}" for reason, number in reasons)
    return Words(
        f"{count} files stayed unread ({why}): {named}{f' and {more} more' if more > 0 else ''}; "
        "mirror.json names them all, run again to fetch them.",
        f"{count} 个文件未能读取（{why}）：{named}{f' 等另外 {more} 个' if more > 0 else ''}；"
        "mirror.json 列出全部，重新运行即可补取。",
    )
