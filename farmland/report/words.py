"""What a report says around the data, in both languages (wording rules: DOMAIN 8.3)."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from farmland import areas
from farmland.dates import spoken, spoken_span
from farmland.result import PICTURED
from farmland.rules import Words

TITLE = Words("Farmland change clues", "耕地变化线索监测报告")
IMAGERY = Words("Sentinel-2 L2A (Copernicus), 10 m", "Sentinel-2 L2A（Copernicus），10 米")

STATUS = {
    "confirmed": Words(
        "Imagery shows that at least part of the parcel stopped being grain land.",
        "影像显示地块至少一部分已不再种粮。",
    ),
    "candidate": Words(
        "It departs from its own past, but not yet for long enough to be sure.",
        "已偏离自身历史，但持续时间尚不足以确认。",
    ),
    "changed_before": Words(
        "It changed before the period after began; listed with its date.",
        "变化早于本期；已列出日期。",
    ),
    "stable": Words("It follows its own past and its neighbours.", "与自身历史及周边地块一致。"),
    "not_cropped": Words(
        "No crop cycle anywhere in the past: nothing to depart from.",
        "历史上未见耕种周期，无从比较。",
    ),
    "unsettled_history": Words(
        "Its past is too short or too irregular to be a measure.",
        "历史过短或不规则，不足以作为比较基准。",
    ),
    "too_few_looks": Words(
        "Too few clear looks: cloud, haze or shadow.", "晴空影像太少（云、霾或阴影）。"
    ),
    "too_small": Words(
        "Under 8 full pixels of 10 m: smaller than Sentinel-2 can follow.",
        "完整像元不足 8 个，超出 10 米影像的监测能力。",
    ),
    "no_imagery": Words("No scene covers it.", "没有影像覆盖。"),
    "unread": Words("Imagery exists but could not be read.", "有影像但未能读取。"),
    "invalid_geometry": Words("Its outline is missing or cannot be used.", "图形缺失或无法使用。"),
}
"""One plain sentence for each status of a parcel, in the order in which they are listed."""

UI = {
    "clue": Words("Please note", "说明"),
    "period_after": Words("Period after", "后时段"),
    "period_before": Words("Period before", "前时段"),
    "period_history": Words("Past learnt from", "历史学习期"),
    "source": Words("Parcels", "地块来源"),
    "imagery": Words("Imagery", "影像"),
    "rules": Words("Rules", "规则"),
    "generated": Words("Generated", "生成时间"),
    "clues": Words("clues", "变化线索"),
    "confirmed": Words("Confirmed by imagery", "影像确认"),
    "candidate": Words("candidate", "待观察"),
    "area": Words("area of the patches", "线索图斑面积"),
    "monitored": Words("parcels monitored", "可监测地块"),
    "unmonitored": Words("parcels not monitored", "未能监测地块"),
    "map": Words("Where", "分布"),
    "map_hint": Words(
        "Click a patch to see its evidence, a parcel to see its status. Drag to move; + and − "
        "zoom, and so does the wheel once the map was clicked or while Ctrl is held.",
        "点击图斑查看证据，点击地块查看状态。拖动平移；“+”“−”缩放，"
        "点击地图后或按住 Ctrl 时可用滚轮缩放。",
    ),
    "map_label": Words(
        "Map of parcels and patches: arrow keys move, plus and minus zoom, zero shows all",
        "地块与图斑地图：方向键平移，加减号缩放，数字 0 显示全部",
    ),
    "explore": Words("Clues on the map and in a list", "线索分布与清单"),
    "find": Words("Find", "查找"),
    "find_hint": Words("id, place, type", "地块、图斑、区域、类型"),
    "any": Words("all", "全部"),
    "least": Words("At least (mu)", "不小于（亩）"),
    "order": Words("Sorted by", "排序"),
    "order_likely": Words("confidence", "可信程度"),
    "order_area": Words("area", "面积"),
    "order_recent": Words("date of change", "变化日期"),
    "order_cover": Words("type", "类型"),
    "order_place": Words("place", "区域"),
    "order_status": Words("case status", "办理状态"),
    "reverse": Words("Reverse the order", "倒序"),
    "reset": Words("Clear", "清除"),
    "found": Words("{shown} of {total} clues · {area}", "{total} 处线索中的 {shown} 处 · {area}"),
    "shown": Words("{shown} of {total}", "第 {shown} 处，共 {total} 处"),
    "nothing": Words("No clue fits this choice.", "没有符合条件的线索。"),
    "closer": Words("Zoom in", "放大"),
    "further": Words("Zoom out", "缩小"),
    "whole": Words("Show all", "显示全部"),
    "swipe": Words("Move the line between before and after", "移动前后时相分界线"),
    "back": Words("All clues", "返回清单"),
    "trail": Words("From patch to patch", "图斑导航"),
    "previous": Words("Previous patch", "上一处"),
    "next": Words("Next patch", "下一处"),
    "print": Words("Print", "打印"),
    "loading": Words("The evidence is still being read.", "证据读取中。"),
    "left_out": Words(
        "The pictures of this patch are not in this page, to keep it light.",
        "为控制文件大小，本页未包含该图斑的影像。",
    ),
    "not_taken": Words(
        f"Pictures are made of the {PICTURED:,} surest clues only.",
        f"仅为可信程度最高的 {PICTURED} 处线索制作影像。",
    ),
    "beside": Words("Its picture lies beside this page: {file}", "影像另存于：{file}"),
    "no_curve": Words("There was no look to draw a curve from.", "没有可供绘制曲线的观测。"),
    "curve_label": Words(
        "NDVI of the patch over time, with its own past and its neighbours",
        "图斑 NDVI 时间曲线，含自身历史与周边耕地",
    ),
    "printed": Words("The first {shown} are printed.", "仅打印前 {shown} 处。"),
    "no_program": Words(
        "This browser runs no programs in this page: here are the summary, a map and the first "
        "clues. The GeoPackage and the folder chips/ hold the rest.",
        "浏览器未启用脚本：此处显示汇总、地图和首批线索，其余见 GeoPackage 及 chips/ 文件夹。",
    ),
    "title": TITLE,
    "parts": Words("By kind of land", "按土地性质"),
    "land": Words("Land", "土地性质"),
    "code_before": Words("Land class before", "原地类"),
    "approved": Words("Approved", "已审批"),
    "redline": Words("Ecological redline", "生态红线"),
    "grain_zone": Words("Grain production zone", "粮食生产功能区"),
    "legacy": Words("Before the cut-off", "历史存量"),
    "item": Words("Prohibition", "“六个严禁”条目"),
    "yes": Words("yes", "是"),
    "no": Words("no", "否"),
    "case": Words("Case", "办理状态"),
    "place": Words("Place", "区域"),
    "conversion": Words("Conversion", "变化类型"),
    "scene_before": Words("Scene before", "前时相影像"),
    "scene_after": Words("Scene after", "后时相影像"),
    "onset": Words("At the change", "变化时"),
    "kinds": Words("What it became", "现状覆盖"),
    "kind": Words("Cover", "覆盖类型"),
    "patches": Words("Patches", "图斑数"),
    "list": Words("All clues", "线索清单"),
    "patch": Words("Patch", "图斑编号"),
    "parcel": Words("Parcel", "地块"),
    "became": Words("Became", "现状"),
    "was": Words("Was", "原种植"),
    "when": Words("Changed between", "变化时间"),
    "size": Words("Area", "面积"),
    "level": Words("Level", "可信等级"),
    "probability": Words("Probability", "概率"),
    "stage": Words("Stage", "确认程度"),
    "before": Words("Before", "前时相"),
    "after": Words("After", "后时相"),
    "no_chip": Words("no picture could be read", "未能读取影像"),
    "no_day": Words("not known", "未知"),
    "share": Words("Share of parcel", "占地块"),
    "confirmed_on": Words("Confirmed on", "确认日期"),
    "looks": Words("Clear looks, before / after", "晴空观测（前 / 后）"),
    "class": Words("Policy class", "政策分类"),
    "code": Words("Candidate land code", "候选地类"),
    "rule": Words("Rule", "判定规则"),
    "field": Words("Field check", "现场核实"),
    "agreed": Words("agrees", "属实"),
    "not_agreed": Words("does not agree", "不属实"),
    "who": Words("by", "核实人"),
    "on": Words("date", "日期"),
    "key_own": Words("its own past at this season", "自身历史同期"),
    "key_near": Words("neighbouring farmland that day", "当日周边耕地"),
    "key_dot": Words("clear look", "晴空观测"),
    "key_hit": Words("clear look since the change", "变化后晴空观测"),
    "key_miss": Words("not clear, not used", "非晴空，未使用"),
    "key_when": Words("changed between", "变化时间段"),
    "key_confirmed": Words("confirmed", "确认"),
    "ledger": Words("Every parcel, accounted for", "全部地块去向"),
    "ledger_hint": Words(
        "A parcel that is not listed as a clue is not thereby cleared: here is what could be said "
        "about each.",
        "未列为线索并不等于没有变化：下表说明每个地块能否判断及原因。",
    ),
    "status": Words("Status", "状态"),
    "parcels": Words("Parcels", "地块数"),
    "meaning": Words("What it means", "含义"),
    "scenes": Words("Scenes", "所用影像"),
    "scene": Words("Scene", "影像编号"),
    "day": Words("Day (UTC)", "日期（UTC）"),
    "tile": Words("Tile", "瓦片"),
    "baseline": Words("Baseline", "处理基线"),
    "offset": Words("Offset", "辐射偏移"),
    "known_from": Words("Known from", "依据"),
    "clear_share": Words("Clear", "晴空"),
    "blocks": Words("Read / skipped / failed", "读取 / 略过 / 失败"),
    "duplicate_of": Words("Duplicate of", "重复于"),
    "all_scenes": Words("Show all scenes", "展开全部影像"),
    "remarks": Words("Remarks on the parcels", "地块数据说明"),
    "run": Words("How this was made", "运行记录"),
    "all_settings": Words("Show all settings and versions", "展开全部设置与版本"),
    "set_aside": Words("set aside: can't tell the offset", "偏移无法判断，已弃用"),
    "none": Words("No clue was found in this period.", "本期未发现耕地变化线索。"),
    "in_scale": Words(
        "All pictures share one stretch; north is up.", "各时相影像采用同一拉伸，上北下南。"
    ),
}


def both(words: Words) -> Markup:
    """A text as HTML that shows in the chosen language only."""
    if words.en == words.zh:
        return Markup("{}").format(words.en)
    return Markup('<span lang="zh">{}</span><span lang="en">{}</span>').format(words.zh, words.en)


def day(value: Any) -> Words:
    """A date as people write it; unknown where there is none."""
    if value is None or value != value:
        return UI["no_day"]
    return spoken(value)


def span(first: Any, last: Any) -> Words:
    """Two dates with a dash between."""
    return spoken_span(day(first), day(last))


def area(m2: float, mu: float | None = None) -> Words:
    """An area as people write it: mu first in Chinese, square metres first in English.

    A sum has the mu of its parts, so that it adds up as the tables do; else they are reckoned.
    """
    mu = m2 / areas.M2_PER_MU if mu is None else mu
    return Words(f"{m2:,.0f} m² ({mu:,.2f} mu)", f"{mu:.2f} 亩（{m2:.2f} 平方米）")


def headline(patches: int, confirmed: int) -> Words:
    """The result in one sentence."""
    if not patches:
        return UI["none"]
    plural = "s" if patches > 1 else ""
    return Words(
        f"{patches:,} clue{plural} of farmland that may have stopped being grain land, "
        f"{confirmed:,} of them confirmed by imagery.",
        f"本期发现疑似耕地变化线索 {patches} 处，其中影像确认 {confirmed} 处，均需实地核实。",
    )


def absent(taken: bool) -> Words:
    """Why there is no picture: its scene could not be read, or none was to be made."""
    return UI["no_chip" if taken else "not_taken"]


def stages(confirmed: int, candidate: int) -> Words:
    """How many patches of each stage."""
    return Words(
        f"{confirmed:,} confirmed · {candidate:,} candidates",
        f"影像确认 {confirmed} · 待观察 {candidate}",
    )


def share(part: int, total: int) -> Words:
    """A share of all parcels."""
    percent = 100 * part / total if total else 0.0
    return Words(f"{percent:.1f} % of all parcels", f"占全部地块 {percent:.1f}%")


def left_out(shown: int, total: int) -> Words:
    """Says that a list stops early."""
    return Words(
        f"The {shown:,} most probable of {total:,} are shown; the GeoPackage holds all of them.",
        f"仅列出概率最高的 {shown} 处（共 {total} 处）；全部见 GeoPackage。",
    )


def inside(shown: int, left: int, *, limited: bool) -> Words:
    """Of how many patches the page holds the pictures, where others are, why some have none."""
    held, none = _held(shown, left), UI["not_taken"]
    return Words(f"{held.en} {none.en}", f"{held.zh}{none.zh}") if limited else held


def _held(shown: int, left: int) -> Words:
    """Of how many patches the page holds the pictures, and where the others are."""
    if not left:
        return Words(
            f"Pictures of {shown:,} patches and the curves of all are inside this page.",
            f"本页内含 {shown} 处图斑的影像和全部曲线。",
        )
    return Words(
        f"Inside this page: the curves of all patches, and the pictures of the {shown:,} most "
        f"worth a visit. Those of {left:,} more were left out to keep it light: some lie in "
        "chips/, all of them in evidence.sqlite beside it.",
        f"本页内含全部曲线，以及最值得实地核实的 {shown} 处图斑的影像；为控制文件大小，"
        f"另有 {left} 处影像未收入，部分见 chips/，全部见同目录的 evidence.sqlite。",
    )


def scenes_line(total: int, duplicates: int, aside: int, failed: int, read: int) -> Words:
    """What became of the scenes, in one sentence."""
    size = f"{read / 1e6:,.1f} MB"
    return Words(
        f"Scenes considered: {total:,}; published twice: {duplicates:,}; set aside because their "
        f"offset could not be told: {aside:,}; read: {size}; blocks that stayed unreadable: "
        f"{failed:,}.",
        f"共检索影像 {total} 景；重复发布 {duplicates} 景，偏移无法判断而弃用 {aside} 景；"
        f"读取 {size}，未能读出的数据块 {failed} 个。",
    )
