"""``farmland scenes``: what a catalog has for parcels and a period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from farmland.cli import endings
from farmland.cli.detect import NO_PARCELS
from farmland.cli.options import CATALOG, PARCELS, PLAN, TALK, all_of, demand, plan_of
from farmland.cli.spoken import command, option
from farmland.columns import table
from farmland.errors import WrongUsage
from farmland.periods import Period
from farmland.rules import Words

if TYPE_CHECKING:
    from farmland.scene import Scene

HEADS = (
    Words("Date", "日期"),
    Words("Tile", "分幅"),
    Words("Cloud %", "云量 %"),
    Words("Baseline", "处理版本"),
    Words("Platform", "卫星"),
    Words("Item", "条目"),
)


@command(
    name="scenes",
    en="List the scenes a catalog has for parcels and a period.",
    zh="列出目录中覆盖地块与时段的影像。",
    example="farmland scenes parcels.gdb --period 2023-06/2026-05 --json",
)
@click.argument("parcels", required=False, default="")
@option("--period", metavar="A/B", en="When; 2024, 2024-06 or two dates.",
        zh="时段；可写 2024、2024-06 或起止日期。")  # fmt: skip
@all_of(CATALOG, PARCELS, PLAN, TALK)
def scenes(period: str | None, **settings: Any) -> None:
    """List scenes, the oldest first."""
    console = endings.console(settings)
    plan = plan_of(settings, console)
    demand(plan.parcels, *NO_PARCELS)
    if not period:
        raise WrongUsage(
            "It is not said which period is meant: give --period 2024-06/2025-05.",
            "没有指明时段：请给出 --period 2024-06/2025-05。",
        )
    from farmland import flow

    found = flow.scenes(plan, Period.parse(period), console.tell)
    heads = [head.text(plan.lang) for head in HEADS]
    console.result({"scenes": [as_json(scene) for scene in found]}, table(heads, map(row, found)))


def row(scene: Scene) -> tuple[object, ...]:
    """What the table says of one scene."""
    cloud = "–" if scene.cloud_cover is None else f"{scene.cloud_cover:.0f}"
    day = scene.datetime.date().isoformat()
    return day, scene.tile, cloud, scene.baseline, scene.platform, scene.item_id


def as_json(scene: Scene) -> dict[str, Any]:
    """What programs learn of one scene."""
    return {
        "item_id": scene.item_id,
        "collection": scene.collection,
        "datetime": scene.datetime.isoformat(),
        "tile": scene.tile,
        "platform": scene.platform,
        "baseline": scene.baseline,
        "cloud_cover": scene.cloud_cover,
        "assets": {band: asset.href for band, asset in scene.assets.items()},
    }
