"""What stands on an evidence sheet (DOMAIN 8.1 no. 5), in both languages."""

from __future__ import annotations

from farmland.rules import Words

TITLE = Words("Clue to be checked in the field", "耕地变化线索核实表")
NUMBER = Words("Sheet {number} of {total}", "第 {number} 张 / 共 {total} 张")
PAGE = Words("page {page} of {pages}", "本册第 {page} 页 / 共 {pages} 页")
LEVEL = Words("level: {level}", "可信等级：{level}")
PROBABILITY = Words("probability {share:.2f}", "概率 {share:.2f}")
NOT_KNOWN = Words("not known", "未知")
NOT_OVERLAID = Words("not overlaid with land layers", "未套合地类与永久基本农田图层")
NOT_CONFIRMED = Words("not confirmed yet", "尚未确认")
OPEN = Words("left open", "待定")
OF_PARCEL = Words("{share:.1%} of the parcel", "占地块 {share:.1%}")
LOOKS = Words("{before} before, {after} after", "前时段 {before} 次，后时段 {after} 次")
REASON = Words("Why", "判定依据")

PATCH, RUN = Words("Patch", "图斑编号"), Words("Run", "批次")
PLACE, PARCEL = Words("Place", "坐落"), Words("Parcel", "地块编号")
CENTRE, AREA = Words("Centre", "中心坐标"), Words("Area", "图斑面积")
SHARE, LAND = Words("Share", "占比"), Words("Land under it", "占用地类")
CHANGED, CONFIRMED = Words("Changed", "变化时间"), Words("Confirmed", "影像确认")
EARLIER, LATER = Words("Picture before", "前时相影像"), Words("Picture after", "后时相影像")
WAS, CODE = Words("Was", "原种植"), Words("Land code", "候选地类")
CLASS, RULE = Words("Policy class", "政策分类"), Words("Rule", "判定规则")
CLEAR = Words("Clear looks", "有效观测")

ALIKE = Words("one stretch, north up", "同一拉伸，上北")
FIELD = Words("Check on the ground (filled in by the inspector)", "实地核实（由核实人员填写）")
WHO, WHEN = Words("Inspector", "核实人"), Words("Date", "核实日期")
FOUND, NAME = Words("Land class found", "现地地类"), Words("Crop or use found", "现状作物或用途")
PHOTOS = Words("Photo no.", "照片编号")
PHOTO = (
    Words("north", "北"),
    Words("east", "东"),
    Words("south", "南"),
    Words("west", "西"),
    Words("detail 1", "细部 1"),
    Words("detail 2", "细部 2"),
    Words("from afar", "远景"),
    Words("name board", "标识牌"),
)
"""Eight photos: four directions, two details, one from afar, one of the name board."""
RESULT = Words("Conclusion", "核实结论")
CHOICES = (
    Words("as suspected", "情况属实"),
    Words("in part", "部分属实"),
    Words("not so", "不属实"),
    Words("cannot tell", "无法判定"),
)
REMARKS, SIGNED = Words("Remarks", "情况说明"), Words("Signature", "签字")
FLOOR = Words(
    "Please photograph the floor inside, too: is the plough layer intact?",
    "请加拍棚内地面：耕作层是否完好。",
)
"""Asked where only the floor decides (DOMAIN 7.7)."""

MADE = Words(
    "farmland {version} · rules {rules} · generated {made} UTC",
    "farmland {version} · 规则 {rules} · 生成时间 {made}（UTC）",
)
