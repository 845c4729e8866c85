"""``farmland doctor``: whether everything farmland needs is at hand."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from farmland.cli import endings
from farmland.cli.environment import package_folder
from farmland.cli.options import TALK, all_of
from farmland.cli.spoken import command, option, session
from farmland.columns import table
from farmland.rules import Words

MARKS = {"fine": "✓", "note": "!", "fault": "✗"}
HEADS = Words("Checked", "检查项"), Words("Found", "结果"), Words("Advice", "建议")


@command(
    name="doctor",
    en="Check this machine: versions, GDAL drivers, threads, memory, caches, fonts, catalogs.",
    zh="检查本机环境：版本、GDAL 驱动、线程、内存、缓存、字体与影像目录。",
    example="farmland doctor --offline",
)
@option("--offline", is_flag=True, en="Ask no catalog.", zh="不连接任何目录。")
@option("--catalog", metavar="URL", en="Ask only this catalog.", zh="只检查该目录。")
@all_of(TALK)
def doctor(*, offline: bool, catalog: str | None, **settings: Any) -> None:
    """Look at the machine, and end with a code that says whether a run can work on it."""
    console = endings.console(settings)
    from farmland.io import machine
    from farmland.io.catalog import CATALOGS

    asked = {catalog: CATALOGS.get(catalog, catalog)} if catalog else CATALOGS
    cache = Path(os.environ.get("NUMBA_CACHE_DIR") or package_folder())
    found = list(machine.look(session().ignored, cache, {} if offline else asked))
    value = [{"name": each.name.en, "value": each.value, "state": each.state} for each in found]
    rows = [
        (
            MARKS[each.state],
            each.name.text(console.language),
            each.value,
            each.advice.text(console.language) if each.advice else "",
        )
        for each in found
    ]
    heads = ["", *(head.text(console.language) for head in HEADS)]
    console.result({"checks": value}, table(heads, rows))
    fault = machine.fault(found)
    if fault is not None:
        raise fault
