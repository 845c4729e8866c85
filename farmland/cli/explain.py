"""``farmland explain``: why one parcel has the verdict it has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from farmland.cli import endings
from farmland.cli.options import (
    RESULT,
    TALK,
    all_of,
    existing,
)
from farmland.cli.spoken import command, option
from farmland.errors import WrongUsage


@command(
    name="explain",
    en="Tell for one parcel which looks were used or rejected, and which test moved the verdict.",
    zh="说明某一地块用了哪些影像、舍弃了哪些，以及哪项检验决定了结论。",
    example="farmland explain county.gpkg --parcel 3201150010020000017\n"
    "farmland explain county.gpkg --parcel 3201150010020000017 --picture why.png",
)
@option("--parcel", required=True, metavar="ID", en="Id of the parcel.", zh="地块编号。")
@option("--picture", type=click.Path(path_type=Path), metavar="FILE.png",
        en="Also draw the curves and the tests.", zh="同时绘制曲线与检验图。")  # fmt: skip
@all_of(RESULT, TALK)
def explain(result: Path, parcel: str, picture: Path | None, **settings: Any) -> None:
    """Explain one parcel of a result."""
    console = endings.console(settings)
    existing(result)
    if picture is not None and picture.suffix.lower() != ".png":
        raise WrongUsage(
            f"The picture {picture} is no PNG: let its name end in .png.",
            f"图片 {picture} 不是 PNG：文件名请以 .png 结尾。",
        )
    from farmland import flow

    explanation = flow.explain(result, parcel)
    if picture is not None:
        flow.draw(explanation, picture, console.language)
    console.result(explanation.as_json(), explanation.text(console.language))
