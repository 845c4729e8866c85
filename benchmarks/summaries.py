"""What the long records come to, in the few rows that a first page has room for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rendering import Result, rows

from farmland.rules import Words

FOUND, DESCRIBED = "Found and falsely alarmed: ", "Described: "

PLACES = {
    "north_china, 2 years of history": Words("North China, simulated", "华北（模拟）"),
    "northeast, 2 years of history": Words("North-east, simulated", "东北（模拟）"),
    "cloudy_south, 2 years of history": Words("Cloudy south, simulated", "多云南方（模拟）"),
    "published covers in Flanders": Words("Flanders, covers set in", "佛兰德（植入地物）"),
    "published covers in Switzerland": Words("Switzerland, covers set in", "瑞士（植入地物）"),
    "real yards in Flanders": Words("Flanders, farmyards set in", "佛兰德（植入场院）"),
}
"""Groups of the contest that the first page shows, and what they are called there."""

COLUMNS = (
    ("fast ≥ 1,000 m²", FOUND, Words("found", "发现")),
    ("confirmed ≥ 120 d", FOUND, Words("confirmed", "确认")),
    ("slow ≥ 200 d", FOUND, Words("slow found", "缓变发现")),
    ("conversion right", DESCRIBED, Words("class right", "类别正确")),
    ("onset inside", DESCRIBED, Words("date right", "时间正确")),
    ("false alarms", FOUND, Words("false alarms", "误报")),
)
"""Column of the record, the table it stands in, and what it is called on the first page."""

WHERE = Words("where", "地区")

SPEED = Words(
    "A county of {run} ({parcels} parcels, {scenes} scenes) took {seconds} s and {peak} MB on "
    "{machine}.",
    "{run}的一个县（{parcels} 个地块、{scenes} 景影像）用时 {seconds} 秒、"
    "内存峰值 {peak} MB（{machine}）。",
)

LEAD = "**Fast covers of 1,000 m² and more found, and quiet parcels falsely alarmed, percent**"


def first_page(results: Mapping[str, Result], language: str) -> str:
    """How sure and how fast it is, as one table and a sentence."""
    contest = results["detectors"]
    heads = [WHERE.text(language), *(words.text(language) for *_, words in COLUMNS)]
    cells = [
        [
            place.text(language),
            *(_short(_ours(contest, table + group)[column]) for column, table, _ in COLUMNS),
        ]
        for group, place in PLACES.items()
    ]
    speed = results["speed"]
    run, parcels, scenes, seconds, peak = speed["tables"][0]["rows"][-1][:5]
    told = SPEED.text(language).format(
        run=run if language == "en" else run.replace(" km, 36 months", " 公里、36 个月"),
        parcels=parcels,
        scenes=scenes,
        seconds=seconds,
        peak=peak,
        machine=speed["machine"],
    )
    return f"{rows(heads, cells)}\n{told}\n"


def contest(result: Result) -> str:
    """Ours beside the best peer of each group, by F1 at one change in ten parcels."""
    heads = ("group", "ours finds", "ours alarms", "best peer", "it finds", "it alarms")
    cells = [row for group, table in _groups(result) if (row := _beside(group, table))]
    return f"{LEAD}\n\n{rows(heads, cells)}"


def _groups(result: Result) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Group and rows of each table of what was found."""
    for table in result["tables"]:
        if table["title"].startswith(FOUND):
            yield table["title"].removeprefix(FOUND), _records(table)


def _beside(group: str, detectors: Sequence[Mapping[str, Any]]) -> list[str]:
    """One row of the comparison; none where ours stands alone."""
    ours, *peers = detectors
    if not peers:
        return []
    best = max(peers, key=lambda peer: (float(peer["F1 at 10 %"]), -_number(peer["false alarms"])))
    shown = ("fast ≥ 1,000 m²", "false alarms")
    return [
        group,
        *(_short(ours[name]) for name in shown),
        best["detector"],
        *(_short(best[name]) for name in shown),
    ]


def _ours(result: Result, title: str) -> dict[str, Any]:
    """The row of our detector in the table of that title."""
    table = next(table for table in result["tables"] if table["title"] == title)
    return next(row for row in _records(table) if row["detector"] == "ours")


def _records(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]


def _short(cell: str) -> str:
    """A rate and its interval, without how many it is of."""
    return re.sub(r"; [^)]*\)", ")", str(cell))


def _number(cell: str) -> float:
    return float(str(cell).split(" ")[0])
