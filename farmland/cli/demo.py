"""``farmland demo``: the main job on the bundled sample, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from farmland.cli import endings
from farmland.cli.options import TALK, all_of
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
@all_of(TALK)
def demo(out: Path, **settings: Any) -> None:
    """Detect on the bundled sample and say where the result is."""
    console = endings.console(settings)
    from farmland import flow

    written = [str(path) for path in flow.demo(out, console.language, console.tell)]
    console.result({"written": written}, "\n".join(written))
