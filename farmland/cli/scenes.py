"""``farmland scenes``: what a catalog has for parcels and a period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from farmland.cli import endings, showing
from farmland.cli.detect import NO_PARCELS
from farmland.cli.options import (
    CATALOG,
    FARMLAND,
    PARCELS,
    PERIOD,
    PLAN,
    PLOT,
    TALK,
    all_of,
    demand,
    demand_period,
    plan_of,
)
from farmland.cli.spoken import command, option
from farmland.columns import table
from farmland.errors import WrongUsage
from farmland.plan import Plan
from farmland.rules import Words

if TYPE_CHECKING:
    from farmland.io.catalog.found import Found

HEADS = (
    Words("Date", "日期"),
    Words("Tile", "分幅"),
    Words("Cloud %", "云量 %"),
    Words("Baseline", "处理版本"),
    Words("Platform", "卫星"),
    Words("MB", "MB"),
    Words("Item", "条目"),
    Words("Duplicate of", "重复于"),
)

MB = 1e6


@command(
    name="scenes",
    en="List the scenes a catalog has for parcels and a period.",
    zh="列出目录中覆盖地块与时段的影像。",
    example="farmland scenes parcels.gdb --period 2023-06/2026-05 --save scenes.json\n"
    "farmland scenes parcels.gdb --period 2023-06/2026-05 --plot scenes.png",
)
@all_of(FARMLAND, PERIOD)
@option("--save", metavar="FILE.json", default="",
        en="Also save the items, for --catalog FILE.json.",
        zh="另将条目存为文件，可用于 --catalog FILE.json。")  # fmt: skip
@all_of(PLOT, CATALOG, PARCELS, PLAN, TALK)
def scenes(period: str | None, save: str, plot: str | None, **settings: Any) -> None:
    """List scenes, the oldest first."""
    console = endings.console(settings)
    plan = plan_of(settings, console)
    demand(plan.parcels, *NO_PARCELS)
    when = demand_period(period)
    target = _target(save, plan)
    picture = showing.asked(plot, showing.here("scenes"))
    from farmland import flow
    from farmland.imagery import looks
    from farmland.io.catalog import found as items

    found = flow.items(plan, when, console.tell)
    if target:
        items.save(found, target)
    duplicates = looks.duplicates(each.scene for each in found)
    if picture:
        showing.write(picture, _calendar(found, duplicates, plan))
    console.result(
        {
            "scenes": [as_json(each, duplicates) for each in found],
            **totals(found),
            **({"saved": str(target)} if target else {}),
        },
        "\n".join([listed(found, duplicates, plan.lang), *closing(found, target, plan.lang)]),
        picture,
    )


def _target(save: str, plan: Plan) -> Path | None:
    """Where the items are saved, which may be nothing that is read."""
    if not save:
        return None
    if not save.lower().endswith((".json", ".geojson")):
        raise WrongUsage(
            f"The items cannot be saved as {save}: let its name end in .json.",
            f"条目无法存为 {save}：文件名请以 .json 结尾。",
        )
    if Path(save).resolve() in {Path(plan.parcels).resolve(), Path(plan.catalog).resolve()}:
        raise WrongUsage(
            f"The file {save} is an input too: give another --save.",
            f"文件 {save} 同时是输入：请换一个 --save。",
        )
    return Path(save)


def _calendar(found: Sequence[Found], duplicates: Mapping[str, str], plan: Plan) -> bytes:
    """The scenes as a picture, with those marked whose offset the pixels will have to tell."""
    from farmland import rules
    from farmland.imagery import radiometry
    from farmland.report.fonts import language_of_pictures
    from farmland.report.plots import calendar
    from farmland.report.plots.scenes import of_scenes

    held = [each.scene for each in found]
    offsets = radiometry.settle(held, {}, rules.load(plan.rules).radiometry)
    unsettled = frozenset(name for name, offset in offsets.items() if not offset.usable)
    drawn = of_scenes(held, duplicates, unsettled, plan)
    return calendar.picture(drawn, language_of_pictures(plan.lang))


def listed(found: Sequence[Found], duplicates: Mapping[str, str], language: str) -> str:
    """The scenes as a table; its last column only where an acquisition is published twice."""
    columns = len(HEADS) if duplicates else len(HEADS) - 1
    heads = [head.text(language) for head in HEADS[:columns]]
    return table(heads, (row(each, duplicates)[:columns] for each in found))


def row(found: Found, duplicates: Mapping[str, str]) -> tuple[object, ...]:
    """What the table says of one scene."""
    scene, stated = found.scene, found.stated_bytes
    cloud = "–" if scene.cloud_cover is None else f"{scene.cloud_cover:.0f}"
    size = "–" if stated is None else f"{stated / MB:,.0f}"
    day, twin = scene.datetime.date().isoformat(), duplicates.get(scene.item_id, "")
    return day, scene.tile, cloud, scene.baseline, scene.platform, size, scene.item_id, twin


def closing(found: Sequence[Found], target: Path | None, language: str) -> list[str]:
    """The lines under the table: how many and how large, and where they were saved."""
    known = totals(found)
    count, silent, size = len(found), known["without_bytes"], known["bytes"] / MB
    english, chinese = f"{count} scenes", f"共 {count} 景"
    if silent < count:
        english += f"; the files of their bands take {size:,.0f} MB"
        chinese += f"；所用波段文件 {size:,.0f} MB"
    if silent:
        english += f"; {silent} do not state the size of their files"
        chinese += f"；{silent} 景未注明文件大小"
    lines = [Words(f"{english}.", f"{chinese}。")]
    if target:
        lines.append(Words(f"Saved to {target}.", f"已存至 {target}。"))
    return ["", *(line.text(language) for line in lines)]


def totals(found: Sequence[Found]) -> dict[str, int]:
    """Stated bytes of all scenes, and how many scenes state none."""
    stated = [each.stated_bytes for each in found]
    return {"bytes": sum(size or 0 for size in stated), "without_bytes": stated.count(None)}


def as_json(found: Found, duplicates: Mapping[str, str]) -> dict[str, Any]:
    """What programs learn of one scene."""
    scene = found.scene
    return {
        "item_id": scene.item_id,
        "collection": scene.collection,
        "datetime": scene.datetime.isoformat(),
        "tile": scene.tile,
        "platform": scene.platform,
        "baseline": scene.baseline,
        "cloud_cover": scene.cloud_cover,
        "bytes": found.stated_bytes,
        "duplicate_of": duplicates.get(scene.item_id),
        "assets": {band: asset.href for band, asset in scene.assets.items()},
    }
