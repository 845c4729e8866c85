"""Sentences of the bulletin (DOMAIN 8.1 no. 1), in both languages; wording rules: DOMAIN 8.3."""

from __future__ import annotations

from farmland.rules import Words

TITLE = Words("Bulletin on farmland change", "耕地变化监测快报")
ISSUE = Words("Year {year}, no. ____", "（{year}年度第＿＿期）")
PERIOD = Words("Monitored: {before} against {after}", "监测期：前时相 {before} 至 后时相 {after}")
MADE = Words("Generated {made} UTC", "生成时间：{made}（UTC）")

HEADS = (
    Words("1. Overall", "一、总体情况"),
    Words("2. Cultivated land", "二、耕地变化情况"),
    Words("3. Suspected new construction", "三、疑似新增建设用地情况"),
    Words("4. Suspected use without approval", "四、疑似未经批准占用情况"),
    Words("5. Notes on the figures", "五、统计说明"),
    Words("Annex: covers and classes", "附：现状类型与分类对照"),
)

OVERALL = Words(
    "Suspected clues found: {patches} with {area}, {confirmed} of them confirmed by imagery. "
    "All are to be checked on the ground.",
    "本期发现疑似耕地变化线索 {patches} 处，面积 {area}，其中影像确认 {confirmed} 处，"
    "均需实地核实。",
)
NONE = Words("No clue was found in this period.", "本期未发现疑似耕地变化线索。")
OF_WHICH = Words("Of these: {parts}.", "其中：{parts}。")
KIND = Words("{kind} {patches} with {area}", "{kind} {patches} 处，{area}")
WATCHED = Words(
    "{monitored} of {all} parcels could be monitored ({share:.1%}); about the other {rest} nothing "
    "can be said, which does not mean that nothing changed.",
    "共涉及地块 {all} 个，可监测 {monitored} 个（{share:.1%}）；其余 {rest} 个未能监测，"
    "不代表未发生变化。",
)
BASIC = Words(
    "{area} of it lies on permanent basic farmland.", "上述面积中，位于永久基本农田 {area}。"
)
BASE = Words(
    "There were {before} of cultivated land; {after} are left after suspected outflow.",
    "原有耕地 {before}，扣除疑似流出后为 {after}。",
)
OUTFLOW = Words(
    "Suspected outflow of cultivated land: {area} in {patches} clues.",
    "疑似耕地流出 {area}，涉及图斑 {patches} 个。",
)
OF_OUTFLOW = Words("Of it: {parts}.", "其中{parts}。")
NO_OUTFLOW = Words("No suspected outflow of cultivated land was found.", "本期未发现疑似耕地流出。")
FLOW = Words("{item} {area}", "{item} {area}")
IDLE = Words(
    "Another {area} are suspected to lie idle, which is no outflow.",
    "另有疑似撂荒 {area}，不计入流出。",
)
BUILT = Words(
    "Suspected new construction land: {area} in {patches} clues ({share:.1%} of the outflow).",
    "疑似新增建设用地占用耕地 {area}，涉及图斑 {patches} 个，占流出面积的 {share:.1%}。",
)
NO_ACCOUNTS = Words(
    "No accounts were kept with this result.", "本结果未保存耕地流出台账，本节不作统计。"
)
NOT_CHECKED = Words(
    "Not checked against approvals: this section is left blank.",
    "未套合审批信息，本节不作统计。",
)
CHECKED = Words(
    "After checking against the approvals given, {inside} lie within them (reasonable outflow) and "
    "{outside} outside, suspected of use without approval and to be verified.",
    "经套合所提供的审批信息，审批范围内（合理流出）{inside}；审批范围外疑似未经批准占用 {outside}，"
    "需逐一核实。",
)

KINDS_TABLE = Words("Clues by cover", "按现状类型统计")
FLOWS_TABLE = Words("Suspected outflow of cultivated land", "疑似耕地流出情况")
TOP_TABLE = Words("{count} places with the largest area", "面积最大的 {count} 个{level}")
TOP_BUILT = Words(
    "{count} places with the largest suspected new construction",
    "疑似新增建设用地最多的 {count} 个{level}",
)
LEVELS = {
    "county": Words("counties", "县（市、区）"),
    "township": Words("townships", "乡镇（街道）"),
    "village": Words("villages", "村"),
    "all": Words("places", "区域"),
}
CHART = Words("Area of clues by cover (mu)", "线索面积按现状类型分布（亩）")
CAPTION_TABLE, CAPTION_FIGURE = (
    Words("Table {n}: {title}", "表{n}  {title}"),
    Words("Figure {n}: {title}", "图{n}  {title}"),
)
CLASSES = Words("Covers, conversions and candidate codes", "现状类型、变化类型与候选地类")

COVER, CONVERSION = Words("Cover", "现状类型"), Words("Conversion", "变化类型")
CODE, CLASS = Words("Land code", "候选地类"), Words("Policy class", "政策分类")
ITEM, PATCHES = Words("Item", "科目"), Words("Clues", "图斑数")
MU, SHARE = Words("Area (mu)", "面积（亩）"), Words("Share", "占比")
CONFIRMED, BASIC_MU = Words("Confirmed", "影像确认"), Words("Permanent basic (mu)", "永农（亩）")

SOURCE = Words(
    "Imagery: {imagery}. {attribution}. Made by farmland {version}, rules {rules}.",
    "影像：{imagery}。{attribution}。由 farmland {version} 生成，规则 {rules}。",
)
UNCALIBRATED = Words(
    "Levels rest on imagery and are not calibrated by field checks; no probability is printed.",
    "可信等级依据影像判定，未经实地核查校准，故不列概率。",
)
SCOPE = Words(
    "Scope: the {count} parcels given ({source}).",
    "统计范围：所提供的 {count} 个地块（{source}）。",
)
