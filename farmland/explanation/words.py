"""What an explanation says around its numbers, in both languages."""

from __future__ import annotations

from farmland.rules import Words

PARCEL, PATCH = Words("Parcel", "地块"), Words("Patch", "图斑")
UNKNOWN, ANY = Words("not known", "未知"), Words("any", "有即可")

PERIODS = {
    "history": Words("History", "历史期"),
    "before": Words("Before", "前时段"),
    "after": Words("After", "后时段"),
}

CHECK_HEADS = (
    Words("What there was to judge by", "判断条件"),
    Words("Number", "数值"),
    Words("Needed", "要求"),
    Words("", ""),
)
CHECKS = {
    "full_pixels": Words("full pixels of 10 m inside the parcel", "完整 10 米像元数"),
    "history": Words("looks used in the history", "历史期有效观测次数"),
    "history_days": Words("days of history between them", "历史观测跨越天数"),
    "after": Words("looks used in the period after", "后时段有效观测次数"),
    "cropping": Words("crops in the history", "历史种植"),
    "below": Words("looks after that lie below its own past", "后时段低于自身历史的观测"),
    "peaks": Words("NDVI peak, before → after", "NDVI 峰值（前 → 后）"),
}
OF = Words("{below} of {judged}", "{below} / {judged}")

TEST_HEADS = (
    Words("Test", "检验"),
    Words("Number", "数值"),
    Words("Speaks for it", "支持变化"),
    Words("Log odds", "对数几率"),
    Words("", ""),
)
TESTS = {
    "base": Words("before any evidence", "尚无证据时"),
    "novelty": Words("novelty: spreads from all known", "新异度：偏离已知光谱（倍离散度）"),
    "unusual": Words("novelty over its own past's", "新异度与自身历史之比"),
    "latest": Words("novelty of the last three looks", "最近三次观测的新异度"),
    "colour": Words("soil colour, away from its past", "土色偏离自身历史（倍离散度）"),
    "tint": Words("soil colour, against neighbours", "土色相对周边的偏离（倍离散度）"),
    "missing": Words("NDVI-days short of its own past", "NDVI·日 低于自身历史同期"),
    "peak": Words("NDVI peak since then", "变化后 NDVI 峰值"),
    "recent": Words("NDVI peak of the last looks", "最近观测的 NDVI 峰值"),
    "even": Words("how much NDVI still varies", "变化后 NDVI 的标准差"),
    "rest": Words("fall below the rest of the parcel", "低于地块其余部分的降幅"),
    "apart": Words("distance from the rest, over past", "与地块其余部分差异（比历史）"),
    "lasting": Words("days since the change", "变化后持续天数"),
    "inner": Words("share clear of the parcel's edge", "不受地块边缘影响的比例"),
    "seasons": Words("crop seasons that did not come", "未出现的生长季数"),
    "reach": Words("peak over the one expected", "峰值与预期之比"),
    "swing": Words("greatest rise or fall of NDVI", "NDVI 最大升降"),
    "above": Words("greener than the fields around", "较周边偏绿的累积"),
    "greener": Words("greener than its own past", "较自身历史偏绿的累积"),
    "floor": Words("least NDVI", "NDVI 低值"),
    "rough": Words("how rough its curve is", "曲线粗糙度"),
    "unlike": Words("unlike any field around", "与周边各地块曲线的差异"),
    "changed": Words("unlike any year of its past", "与自身各年曲线的差异"),
    "patchy": Words("how uneven it has become", "地块内不均匀程度（比历史）"),
    "learned": Words("what verified cases have taught", "由已核实图斑学得的修正"),
}
FALLING = ("peak", "recent", "even")
"""Tests that speak for a change under their threshold; the others above it."""

SUM = Words("together", "合计")
SHORT = {
    "novelty": Words("novelty", "新异度"),
    "unusual": Words("novelty over its past", "新异度比历史"),
    "latest": Words("latest looks", "最近观测"),
    "colour": Words("soil colour", "土色"),
    "tint": Words("colour against neighbours", "相对周边的土色"),
    "missing": Words("season missed", "缺失生长季"),
    "peak": Words("NDVI peak", "NDVI 峰值"),
    "recent": Words("latest NDVI", "最近 NDVI"),
    "even": Words("evenness", "平稳"),
    "rest": Words("rest of the parcel", "地块其余部分"),
    "apart": Words("unlike the rest", "异于其余部分"),
    "lasting": Words("lasting", "持续时间"),
    "inner": Words("edge of the parcel", "地块边缘"),
    "seasons": Words("seasons missed", "缺失生长季数"),
    "reach": Words("peak reached", "峰值"),
    "swing": Words("rise and fall", "升降"),
    "above": Words("above the fields", "高于周边"),
    "greener": Words("above its past", "高于历史"),
    "floor": Words("least NDVI", "NDVI 低值"),
    "rough": Words("roughness", "粗糙度"),
    "unlike": Words("unlike the fields", "异于周边"),
    "changed": Words("unlike its years", "异于历年"),
    "patchy": Words("patchiness", "不均匀"),
    "learned": Words("verified cases", "已核实图斑"),
    "confidence": Words("score", "评分"),
    "looks": Words("looks", "观测次数"),
    "days": Words("days", "天数"),
    "kinds": Words("kinds of evidence", "证据种类"),
}
DISMISSED = Words("Weighed and not listed: {area:,} m² since {since}",
                  "经检验未列出：{area:,} 平方米，自 {since} 起")  # fmt: skip
LISTED = Words("To be listed it needs: ", "列出所需：")
MOVED = Words("Moved the verdict most: ", "影响最大的检验：")
NEEDED = Words("A confirmation needs: ", "确认所需：")
PEAKS = Words("NDVI peaks: ", "NDVI 峰值：")
NUMBERS = {
    "peak": Words("since the change", "变化后"),
    "own_peak": Words("own past in these months at least", "自身历史同期不低于"),
    "neighbours_peak": Words("neighbours at least", "周边地块不低于"),
}
LIKE = Words("Looks most like: ", "最像：")
UNCALIBRATED = Words(
    "The score is not calibrated: it orders clues and is no probability.",
    "评分未经校准：仅用于排序，不代表概率。",
)
BETWEEN = Words("Changed between {start} and {end}", "变化发生于 {start} 至 {end} 之间")
CONFIRMED = Words("; confirmed on {day}", "；{day} 确认")
SIZE = Words(
    "{m2:,.0f} m² ({mu:,.2f} mu), {share:.0%} of the parcel",
    "{mu:,.2f} 亩（{m2:,.0f} 平方米），占地块 {share:.0%}",
)

LOOKS = Words("Looks: {used} used, {rejected} rejected", "观测：采用 {used} 次，舍弃 {rejected} 次")
KEY = Words(
    "Clear: percent of the parcel's inner pixels, → what was left after rescue and without haze "
    "and shadow; a look needs {share:.0%}.",
    "晴空：地块内部像元中晴空的百分比，→ 后为找回误判并剔除霾与阴影后的比例；"
    "有效观测需 {share:.0%}。",
)
LOOK_HEADS = (
    Words("Day", "日期"),
    Words("Look", "观测"),
    Words("Clear", "晴空"),
    Words("NDVI", "NDVI"),
    Words("Own past", "自身历史"),
    Words("Around", "周边"),
    Words("Scene", "影像"),
)
SAID = {
    "used": Words("used", "采用"),
    "cloud": Words("cloud", "云"),
    "haze": Words("haze", "霾"),
    "no_data": Words("no data", "无数据"),
    "unread": Words("unread", "未读出"),
    "set_aside": Words("set aside", "弃用"),
}
AFTER_BEGINS = Words("the period after begins", "后时段开始")
FIRST = Words("{patch}: first look after the change", "{patch}：变化后首次观测")
CONFIRMED_HERE = Words("{patch}: confirmed by this look", "{patch}：本次观测确认")


def of_test(name: str) -> Words:
    """What a test is called; one without words is called by its name."""
    return TESTS.get(name) or Words(name, name)


def in_short(name: str) -> Words:
    """What a test is called in a word or two."""
    return SHORT.get(name) or of_test(name)
