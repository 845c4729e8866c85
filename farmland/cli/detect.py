"""``farmland detect``: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from farmland.cli import endings
from farmland.cli.options import (
    CATALOG,
    FARMLAND,
    LAND,
    PARCELS,
    PERIODS,
    PLAN,
    RUN,
    TALK,
    all_of,
    demand,
    geopackage,
    plan_of,
)
from farmland.cli.spoken import command, option
from farmland.columns import table
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
@all_of(FARMLAND, PERIODS, CATALOG, PARCELS, LAND, RUN, PLAN, TALK)
def detect(**settings: Any) -> None:
    """Run a detection and write its result."""
    console = endings.console(settings)
    plan = plan_of(settings, console)
    demand(plan.parcels, *NO_PARCELS)
    out = geopackage(plan.out, plan.parcels)
    from farmland import flow
    from farmland.io import geopackage as target
    from farmland.io import lock

    with lock.held(out):
        target.check(out)
        result = flow.detect(plan, console.tell)
        written = flow.deliver(result, out, plan.lang, console.tell)
    console.say(*(Words(**note) for note in result.run["input"]["notes"]))
    console.say(*flow.land.notes(result.run["land"]))
    console.say(*flow.following.notes(result.run["cases"]))
    if result.run["unread_total"]:
        console.say(unread(result, written))
    code = flow.exit_code(result)
    if code:
        console.say(INCOMPLETE)
    console.result(as_json(result, written, code), as_text(result, written, plan.lang))
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
        "land": by_land(result),
        "cases": result.run["cases"],
    }


def by_land(result: Result) -> dict[str, float]:
    """Square metres of outflow on each kind of land."""
    parts = result.overlay[result.overlay["patch_id"].isin(result.outflow["patch_id"])]
    sums = parts.groupby("land")["area_m2"].sum()
    return {str(kind): round(float(area), 2) for kind, area in sums.items()}


def land(result: Result, language: str) -> str:
    """The same as a line for people, the largest first."""
    from farmland.layers import words

    unit = "平方米" if language == "zh" else "m²"
    sums = sorted(by_land(result).items(), key=lambda entry: -entry[1])
    said = (f"{words('overlay', 'land', kind).text(language)} {area:,.0f} {unit}"
            for kind, area in sums)  # fmt: skip
    return ("；" if language == "zh" else "; ").join(said)


def as_text(result: Result, written: tuple[Path, ...], language: str) -> str:
    """The result in a small table, for people."""
    from farmland.layers import words

    counts = result.parcels["status"].value_counts()
    heads = [_STATUS.text(language), _PARCELS.text(language)]
    rows = [(words("parcels", "status", key).text(language), n) for key, n in counts.items()]
    patches, area = len(result.outflow), float(result.outflow["area_m2"].sum())
    found = Words(
        f"{patches} patches of changed land, {area:,.0f} m².",
        f"共 {patches} 个变化图斑，{area:,.0f} 平方米。",
    )
    others = len(result.conversions) - patches
    if others:
        found = Words(
            f"{found.en}\n{others} fields with another crop, still cultivated.",
            f"{found.zh}\n另有 {others} 个改种地块，仍在耕种。",
        )
    if result.run["land"]["layers"]:
        found = Words(f"{found.en}\n{land(result, 'en')}", f"{found.zh}\n{land(result, 'zh')}")
    clue = Words(**result.run["clue"])
    files = "\n".join(f"  {path}" for path in written)
    said = f"{found.text(language)}\n{by_place(result, language)}{clue.text(language)}"
    return f"{table(heads, rows)}\n\n{said}\n{files}"


def by_place(result: Result, language: str) -> str:
    """A line that says how many places the sums are told by; nothing where none is known."""
    from farmland.accounting.summary import places_in
    from farmland.layers import words

    counts = places_in(result.summary)
    if not counts:
        return ""
    named = [
        f"{words('summary', 'level', level).text(language)} {count}"
        for level, count in counts.items()
    ]
    said = Words(f"Summed up by place: {', '.join(named)}.", f"已按区划汇总：{'、'.join(named)}。")
    return f"{said.text(language)}\n"


_STATUS, _PARCELS = Words("Status", "状态"), Words("Parcels", "地块数")
