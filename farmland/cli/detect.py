"""``farmland detect``: the main job."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from farmland.cli import closing, endings, showing
from farmland.cli.options import (
    CATALOG,
    FARMLAND,
    LAND,
    PARCELS,
    PERIODS,
    PLAN,
    PLOT,
    RUN,
    TALK,
    all_of,
    demand,
    geopackage,
    plan_of,
)
from farmland.cli.spoken import command, option
from farmland.rules import Words

if TYPE_CHECKING:
    from farmland.result import Result

NO_PARCELS = (
    "It is not said which parcels are meant: give a vector file.",
    "没有指明地块：请给出矢量文件。",
)

INCOMPLETE = Words(
    "More imagery stayed unread or unseen than the rules allow: see the layers scenes and parcels.",
    "未读取或缺失的影像超过规则允许的比例：详见图层 scenes 与 parcels。",
)


@command(
    name="detect",
    en="Find which parcels stopped being grain land, since when, what they became and why.",
    zh="找出哪些地块不再种粮、自何时起、变成什么、依据是什么。",
    example="farmland detect parcels.gdb --layer YJJBNTBHTB --after 2025-06/2026-05 \\\n"
    "    --out county.gpkg\n"
    "farmland detect parcels.gdb --pbf county.gdb --survey dltb.shp \\\n"
    "    --out county.gpkg\n"
    "farmland detect --plan county.toml --out county.gpkg",
)
@option("--out", metavar="X.gpkg", needed=True, en="GeoPackage to write.",
        zh="要写出的 GeoPackage。")  # fmt: skip
@option("--crops", is_flag=True, default=None,
        en="Also list fields of grain that grow another crop now: rapeseed, vegetables, sugar "
           "cane. They are candidates, and never outflow.",
        zh="同时列出由粮食改种油菜、蔬菜或甘蔗的地块：仅为待观察线索，不计入流出。")  # fmt: skip
@option("--model", metavar="X.json", en="What verified cases have taught (farmland train).",
        zh="由已核实图斑训练的模型（farmland train）。")  # fmt: skip
@all_of(FARMLAND, PLOT, PERIODS, CATALOG, PARCELS, LAND, RUN, PLAN, TALK)
def detect(plot: str | None, **settings: Any) -> None:
    """Run a detection and write its result."""
    console = endings.console(settings)
    plan = plan_of(settings, console)
    demand(plan.parcels, *NO_PARCELS)
    out = geopackage(plan.out, plan.parcels)
    drawn = out.with_suffix("") / showing.OVERVIEW
    picture = showing.asked(plot, drawn)
    from farmland import flow
    from farmland.io import geopackage as target
    from farmland.io import lock

    with lock.held(out):
        target.check(out)
        result = flow.detect(plan, console.tell)
        written = flow.deliver(result, out, plan.lang, console.tell)
    if picture and picture.named:
        showing.write(picture, drawn.read_bytes())
    console.say(*(Words(**note) for note in result.run["input"]["notes"]))
    console.say(*flow.land.notes(result.run["land"]))
    console.say(*flow.following.notes(result.run["cases"]))
    if result.run["unread_total"]:
        console.say(unread(result, written))
    code = flow.exit_code(result)
    if code:
        console.say(INCOMPLETE)
    page = closing.page(result, written, plan.lang, closing.Screen.of(sys.stdout))
    console.result(as_json(result, written, code), page, picture)
    click.get_current_context().exit(code)


def unread(result: Result, written: tuple[Path, ...]) -> Words:
    """How much stayed unread, and where it is listed."""
    blocks, scenes = result.run["unread_total"], result.run["unread_scenes"]
    listed = next((str(path) for path in written if path.name == "run.json"), "run.json")
    return Words(
        f"{blocks} blocks of {scenes} scenes stayed unread: {listed} lists them under unread.",
        f"{scenes} 景影像中有 {blocks} 块未能读取：清单见 {listed} 的 unread 项。",
    )


def as_json(result: Result, written: tuple[Path, ...], code: int) -> dict[str, Any]:
    """The result in a few numbers, for programs."""
    from farmland.accounting.summary import places_in

    outflow = result.outflow
    stages = outflow["stage"].value_counts()
    return {
        "exit_code": code,
        "written": [str(path) for path in written],
        "parcels": len(result.parcels),
        "status": {str(key): int(n) for key, n in result.parcels["status"].value_counts().items()},
        "places": places_in(result.summary),
        "conversions": len(outflow),
        "confirmed": int(stages.get("confirmed", 0)),
        "candidates": int(stages.get("candidate", 0)),
        "area_m2": round(float(outflow["area_m2"].sum()), 2),
        "other_crops": len(result.conversions) - len(outflow),
        "land": closing.by_land(result),
        "cases": result.run["cases"],
    }
