"""``farmland explain``: why one parcel has the verdict it has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from farmland.cli import endings, showing
from farmland.cli.options import (
    PLOT,
    RESULT,
    TALK,
    all_of,
    existing,
)
from farmland.cli.spoken import command, option


@command(
    name="explain",
    en="Tell for one parcel which looks were used or rejected, and which test moved the verdict.",
    zh="说明某一地块用了哪些影像、舍弃了哪些，以及哪项检验决定了结论。",
    example="farmland explain county.gpkg --parcel 3201150010020000017\n"
    "farmland explain county.gpkg --parcel 3201150010020000017 --plot why.png",
)
@option("--parcel", required=True, metavar="ID", en="Id of the parcel.", zh="地块编号。")
@all_of(RESULT, PLOT, TALK)
def explain(result: Path, parcel: str, plot: str | None, **settings: Any) -> None:
    """Explain one parcel of a result."""
    console = endings.console(settings)
    existing(result)
    picture = showing.asked(plot, result.with_suffix("") / "explain.png")
    from farmland import flow

    explanation = flow.explain(result, parcel)
    if picture:
        flow.draw(explanation, picture.path, console.language)
    console.result(explanation.as_json(), explanation.text(console.language), picture)
