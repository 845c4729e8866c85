"""``farmland demo``: the main job on the bundled sample, offline."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from farmland.cli import closing, endings, showing
from farmland.cli.options import PLOT, TALK, all_of
from farmland.cli.spoken import command, option


@command(
    name="demo",
    en="Run the main job on the bundled sample: no network, under a minute.",
    zh="用自带样例演示主要功能：无需联网，一分钟内完成。",
    example="farmland demo --out farmland-demo",
)
@option("--out", metavar="DIR", type=click.Path(path_type=Path), default="farmland-demo",
        en="Folder to write to (default: farmland-demo).",
        zh="输出文件夹（默认 farmland-demo）。")  # fmt: skip
@all_of(PLOT, TALK)
def demo(out: Path, plot: str | None, **settings: Any) -> None:
    """Detect on the bundled sample and say where the result is."""
    console = endings.console(settings)
    drawn = out / "farmland-demo" / showing.OVERVIEW
    picture = showing.asked(plot, drawn)
    from farmland import flow

    result, written = flow.demo(out, console.language, console.tell)
    if picture and picture.named:
        showing.write(picture, drawn.read_bytes())
    page = closing.page(result, written, console.language, closing.Screen.of(sys.stdout))
    console.result({"written": [str(path) for path in written]}, page, picture)
