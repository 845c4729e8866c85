"""Scenes as a calendar: what a catalog has, and what an archive keeps of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from farmland.plan import Periods, Plan
from farmland.report.plots.calendar import Calendar, Column, Kind, Mark, Span
from farmland.rules import Words
from farmland.scene import Kept, Scene

MB = 1e6

CLEAR = 20.0
"""Percent of cloud up to which a scene is called clear here."""

CLOUDS: Mapping[str, tuple[float, Kind]] = {
    "clear": (CLEAR, Kind("#1B6B45", Words("cloud up to 20 %", "云量不超过 20%"))),
    "fair": (50.0, Kind("#6FAE7F", Words("20–50 %", "20–50%"))),
    "poor": (80.0, Kind("#B9CDB9", Words("50–80 %", "50–80%"))),
    "overcast": (100.0, Kind("#C9CCC9", Words("over 80 %", "80% 以上"))),
}
"""Classes of cloud over the whole granule, each with its upper edge in percent."""

NO_TILE = "–"

OTHERS: Mapping[str, Kind] = {
    "unknown": Kind("#8FA3B5", Words("cloud not said", "云量未注明")),
    "unsettled": Kind(
        "#7A4FA3",
        Words("offset not said: pixels decide", "辐射偏移未注明，由像元判定"),
        "X",
    ),
    "duplicate": Kind("#C4543A", Words("published twice", "重复发布"), "d"),
}

PERIODS: Mapping[str, tuple[str, Words]] = {
    "history": ("#EEF2F5", Words("history", "历史时段")),
    "before": ("#E4EDF4", Words("before", "前时段")),
    "after": ("#FBF0DD", Words("after", "后时段")),
}


def of_scenes(
    scenes: Sequence[Scene],
    duplicates: Mapping[str, str],
    unsettled: frozenset[str],
    plan: Plan,
) -> Calendar:
    """Scenes by date and tile, as high as they are clear.

    Parameters
    ----------
    scenes, duplicates
        All that was found; item ids of those published again.
    unsettled
        Item ids of scenes whose items don't say whether the offset is in the counts.
    plan
        Its periods lie behind the scenes where it has any.
    """
    marks = [_seen(scene, duplicates, unsettled) for scene in scenes]
    kinds = {name: kind for name, (_, kind) in CLOUDS.items()} | dict(OTHERS)
    count, clear = len(scenes), sum(mark.kind == "clear" for mark in marks)
    tiles = len({mark.tile for mark in marks})
    return Calendar(
        title=Words("Scenes that a catalog has", "目录中的影像"),
        said=Words(
            f"{count:,} scenes of {tiles:,} tiles, {clear:,} of them with at most {CLEAR:.0f} % "
            "cloud; the higher a bar, the clearer",
            f"共 {count:,} 景、{tiles:,} 个分幅，其中云量不超过 {CLEAR:.0f}% 的 {clear:,} 景；"
            "柱越高云越少",
        ),
        sources=Words(
            f"Catalog: {plan.catalog} · cloud of the whole granule as its item says · dates in UTC",
            f"目录：{plan.catalog} · 云量为条目所注整景云量 · 日期为 UTC",
        ),
        kinds=kinds,
        marks=marks,
        columns=(
            Column(Words("scenes", "景数"), lambda held: f"{len(held)}"),
            Column(Words("≤ 20 %", "≤ 20%"), _counter("clear")),
        ),
        spans=spans(plan),
    )


def _seen(scene: Scene, duplicates: Mapping[str, str], unsettled: frozenset[str]) -> Mark:
    day, cloud = scene.datetime.date(), scene.cloud_cover
    if scene.item_id in duplicates:
        return Mark(scene.tile or NO_TILE, day, "", flag="duplicate")
    flag = "unsettled" if scene.item_id in unsettled else ""
    if cloud is None:
        return Mark(scene.tile or NO_TILE, day, "unknown", 0.5, flag)
    kind = next((name for name, (edge, _) in CLOUDS.items() if cloud <= edge), "overcast")
    return Mark(scene.tile or NO_TILE, day, kind, 1 - cloud / 100, flag)


def spans(plan: Plan) -> tuple[Span, ...]:
    """The periods of a plan, the history only where nothing else lies."""
    if plan.after is None:
        return ()
    settled = Periods.settle(plan.after, plan.before, plan.history)
    named = {"history": settled.history, "before": settled.before, "after": settled.after}
    return tuple(Span(period.start, period.end, *PERIODS[name]) for name, period in named.items())


def _counter(kind: str) -> Callable[[Sequence[Mark]], str]:
    return lambda held: str(sum(mark.kind == kind for mark in held))


KEPT: Mapping[str, Kind] = {
    "whole": Kind("#2F6F9F", Words("copied", "已复制")),
    "gaps": Kind("#C4543A", Words("something stayed unread", "有未读取的部分")),
}


def of_archive(kept: Sequence[Kept], folder: Path, plan: Plan) -> Calendar:
    """Scenes of an archive by date and tile, as high as they are large on the disk."""
    most = max(each.size for each in kept) or 1
    marks = [
        Mark(each.tile or NO_TILE, each.day, "whole" if each.whole else "gaps", each.size / most,
             amount=each.size)
        for each in kept
    ]  # fmt: skip
    size, gaps = sum(each.size for each in kept), sum(not each.whole for each in kept)
    unread = Words(f", {gaps:,} with something unread", f"，其中 {gaps:,} 景有未读取的部分")
    if not gaps:
        unread = Words("", "")
    return Calendar(
        title=Words("What the archive holds", "存档内容"),
        said=Words(
            f"{len(kept):,} scenes, {_size(size)}{unread.en}; a full bar is {_size(most)}: of "
            "cloudy days little more than the classification is kept",
            f"共 {len(kept):,} 景、{_size(size)}{unread.zh}；满柱为 {_size(most)}，"
            "多云日仅存分类图层等少量数据",
        ),
        sources=Words(f"Archive: {folder} · dates in UTC", f"存档：{folder} · 日期为 UTC"),
        kinds=KEPT,
        marks=marks,
        columns=(
            Column(Words("scenes", "景数"), lambda held: f"{len(held)}"),
            Column(Words("MB", "MB"), _megabytes),
        ),
        spans=spans(plan),
    )


def _size(size: int) -> str:
    return f"{size / 1e3:,.0f} kB" if size < MB else f"{size / MB:,.1f} MB"


def _megabytes(held: Sequence[Mark]) -> str:
    size = sum(mark.amount for mark in held) / MB
    return f"{size:,.0f}" if size >= 10 else f"{size:.1f}"
