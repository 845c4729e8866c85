"""``farmland report``: the page beside a result, or its QGIS project, written again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from farmland.cli import endings
from farmland.cli.options import TALK, all_of, existing
from farmland.cli.spoken import command, option


@command(
    name="report",
    en="Write the HTML report of a result again, or its QGIS project after renaming the file.",
    zh="重新生成结果的 HTML 报告；文件改名后可重建其中的 QGIS 工程。",
    example="farmland report county.gpkg --relink",
)
@click.argument("result", type=click.Path(path_type=Path))
@option("--relink", is_flag=True, en="Only write the QGIS project again.",
        zh="仅重建 QGIS 工程。")  # fmt: skip
@all_of(TALK)
def report(result: Path, relink: bool, **settings: Any) -> None:
    """Write what stands beside or in a result again."""
    console = endings.console(settings)
    existing(result)
    from farmland import flow
    from farmland.io import geopackage, lock

    with lock.held(result):
        if relink:
            geopackage.relink(result)
            written = [str(result)]
        else:
            written = [str(path) for path in flow.report(result, console.language)]
    console.result({"written": written}, "\n".join(written))
