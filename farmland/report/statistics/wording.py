"""Titles and columns of the tables, in both languages (DOMAIN 8.2)."""

from __future__ import annotations

from farmland.rules import Words

TITLE_A = Words("Clues by place", "疑似变化图斑个数、面积分区统计")
TITLE_B = Words("Clues by place and cover", "分区与现状类型交叉统计")
TITLE_C = Words("Where cultivated land went", "疑似耕地流出流向")
TITLE_D = Words("Permanent basic farmland", "永久基本农田专项统计")
TITLE_E = Words("Before and after the cut-off dates", "存量与新增统计")
TITLE_F = Words("What could be said of the parcels", "数据质量：地块监测情况")
TITLE_F2 = Words("Imagery by month", "数据质量：逐月影像")
TITLE_G = Words("Restorable land and crops on it", "恢复情况（即可恢复、工程恢复地块）")
LEDGER = Words("Ledger of clues", "图斑台账")
NOTES = Words("Notes", "说明")

WHY_ABSENT = {
    "A": Words("no summary was kept", "未保存汇总表"),
    "B": Words("there is no clue", "本期无线索"),
    "C": Words("no accounts were kept", "未保存耕地流出台账"),
    "D": Words(
        "no clue lies on land of which a layer of permanent basic farmland tells",
        "没有可按永久基本农田图层判断的线索",
    ),
    "E": Words("no accounts were kept", "未保存耕地流出台账"),
    "F": Words("there is no parcel", "无地块"),
    "F2": Words("there is no scene", "无影像"),
    "G": Words(
        "no land survey with planting attributes (ZZSXDM) tells of restorable land (JKHF, GCHF) "
        "under the parcels",
        "未提供含种植属性（ZZSXDM）的地类图斑，或地块范围内没有即可恢复、工程恢复（JKHF、GCHF）土地",
    ),
}

PLACE, CODE = Words("Place", "行政区"), Words("Code", "区划代码")
RANK, TOTAL = Words("Rank", "位次"), Words("Total", "合计")
WHOLE = Words("Whole area", "全部范围")
PATCHES, CONFIRMED = Words("Clues", "图斑数"), Words("Confirmed by imagery", "其中影像确认")
AREA_MU, AREA_M2 = Words("Area (mu)", "面积（亩）"), Words("Area (m²)", "面积（平方米）")
BASIC_MU = Words("On permanent basic farmland (mu)", "其中永久基本农田（亩）")
BASIC_MILLE = Words("Per mille of permanent basic farmland", "占永久基本农田（‰）")
MONITORED = Words("Parcels monitored", "可监测地块")
UNMONITORED = Words("Parcels not monitored", "未能监测地块")
NUMBER_OF = Words("{kind}: clues", "{kind}：个数")
MU_OF = Words("{kind}: mu", "{kind}：亩")

BAND = Words("Size on permanent basic farmland", "占用永久基本农田面积")
SHARE = Words("Share", "占比")
STATUS, PARCELS = Words("Status", "监测状态"), Words("Parcels", "地块数")
FEWEST = Words("Full pixels, least", "完整像元数（最少）")
MIDDLE = Words("Full pixels, median", "完整像元数（中位）")
UNDER = Words("Under 8 full pixels", "完整像元不足 8 个")
MONTH, SCENES = Words("Month", "月份"), Words("Scenes", "影像景数")
DAYS, CLEAR = Words("Days", "观测日数"), Words("Clear share, mean", "平均晴空比例")
FAILED = Words("Blocks unread", "未读出数据块")

BANDS = (
    (0.0, 1.0, Words("under 1 mu", "1 亩以下")),
    (1.0, 5.0, Words("1 to 5 mu", "1—5 亩")),
    (5.0, 10.0, Words("5 to 10 mu", "5—10 亩")),
    (10.0, float("inf"), Words("10 mu and more", "10 亩及以上")),
)
"""Bands of DOMAIN 8.2, table D; a band includes its lower edge."""

TABLE = Words("Table {name}", "表{name}")
NOTE_BANDS = Words(
    "Bands order clues for checking; they say nothing about any responsibility.",
    "分档仅用于安排核实次序，不作任何认定。",
)
INFLOW, NET_CHANGE = Words("Inflow (mu)", "流入（亩）"), Words("Net change (mu)", "净变化（亩）")
NOT_MONITORED = Words("not monitored", "未监测")
NOT_TO_BE_TOLD = Words("cannot be told", "无法计算")
NOTE_INFLOW = Words(
    "Net change = inflow - outflow. Inflow to cultivated land happens on other land, which a run "
    "over parcels of farmland does not see: neither it nor the net change is given.",
    "净变化 = 流入 − 流出。耕地流入发生在非耕地上，本次仅监测所提供的耕地地块，"
    "无法发现流入，故流入与净变化均不统计。",
)
NOTE_FLOWS = Words(
    "Each part of a patch counts where it lies, with the land use of its candidate code; without "
    "such a code it is pending. The columns add up to the outflow.",
    "图斑各部分按所在区域和候选地类统计，无候选地类的列入地类待定；各列之和等于流出面积。",
)
NOTE_NOT_CHECKED = Words(
    "Not checked against approvals: outflow within approvals is included.",
    "未套合审批信息：含审批范围内的流出。",
)
NOTE_CHECKED = Words(
    "Only outflow outside the approvals given is divided.", "流向仅统计审批范围以外的流出。"
)
NOTE_PBF = Words(
    "A patch counts with the part of it that lies on permanent basic farmland.",
    "仅统计图斑落在永久基本农田内的部分。",
)

MARK = Words("Planting attribute", "种植属性")
RESTORABLE = {
    "JKHF": Words("JKHF restorable at once", "JKHF 即可恢复"),
    "GCHF": Words("GCHF restorable by engineering", "GCHF 工程恢复"),
}
STATES = {
    "returned": Words("Crop cycles seen", "影像可见耕种周期"),
    "left_again": Words("Crop cycles seen, then a suspected change", "曾见耕种周期、疑似再次流出"),
    "not_returned": Words("No crop cycle seen", "未见耕种周期"),
    "not_told": Words("Cannot be told", "无法判断"),
}
"""What imagery shows of restorable land."""
PARCELS_OF = Words("{kind}: parcels", "{kind}：地块数")
NOTE_RESTORED = Words(
    "Crop cycles are what imagery shows up to the end of the period; orchards that shed their "
    "leaves may look alike. That land was restored is found on the ground only.",
    "耕种周期为截至后时段末的影像表现，落叶果园等可能与作物相似；是否恢复耕种须实地核实。",
)
NOTE_RESTORABLE = Words(
    "Counted is restorable land inside the parcels given. Where it is less than half of a parcel, "
    "or the parcel could not be monitored, nothing can be told.",
    "仅统计所提供地块范围内的可恢复土地；占地块不足一半或地块未能监测的，列为无法判断。",
)
NOTE_OUTSIDE = Words(
    "Not on permanent basic farmland: {area}; clues without any part on it: {patches}.",
    "永久基本农田以外：{area}；完全不涉及永久基本农田的图斑 {patches} 个。",
)

NUMBER, PATCH, PARCEL = (
    Words("No.", "序号"),
    Words("Patch", "图斑编号"),
    Words("Parcel", "地块编号"),
)
LOCATION = Words("Place", "坐落")
LEVEL, PROBABILITY = Words("Level", "可信等级"), Words("Probability", "概率")
EAST, NORTH = Words("Longitude", "经度"), Words("Latitude", "纬度")
LEGACY = Words("Before the cut-off date", "存量或新增")
LEGACIES = {
    1: Words("before", "存量"),
    0: Words("after", "新增"),
    None: Words("cannot be told", "时间待定"),
}
LAND_M2 = Words("{land} (m²)", "{land}（平方米）")
FIX = Words("Area still to be dealt with (mu)", "待整改面积（亩）")
CLOSED = Words("Closed on", "销号日期")

ABSENT = Words("Absent: {why}.", "本表未生成：{why}。")
EXPLAINED = (
    (
        Words("Areas", "面积"),
        Words(
            "Ellipsoidal areas; 1 mu = 2000/3 m² (1 m² = 0.0015 mu), two decimals, no separators. "
            "Parts are rounded so that they add up to the printed total.",
            "面积为椭球面积；1 亩 = 2000/3 平方米（1 平方米 = 0.0015 亩），保留两位小数，"
            "不加分节号；分项按最大余数法取舍，与合计一致。",
        ),
    ),
    (
        Words("Land classes", "地类口径"),
        Words(
            "Land before the change follows the survey layer given; after it, the candidate class "
            "of the cover seen. Earthwork has no land class yet and counts as pending.",
            "变化前地类以所套合的调查图层为准，变化后为影像判读的候选地类；推填土等尚无地类，列入地类待定。",
        ),
    ),
    (
        Words("Stage and level", "确认程度与等级"),
        Words(
            "Stage and level rest on imagery alone: they say how sure a clue is, not what is "
            "allowed.",
            "确认程度与可信等级均仅依据影像，表示线索的可靠程度，不表示用地是否合规。",
        ),
    ),
    (
        Words("Comma-separated values", "CSV 文件"),
        Words(
            "An apostrophe stands before texts that a spreadsheet would compute. Import columns of "
            "codes and numbers of parcels as text; the workbook has them so already.",
            "疑似公式的文本前加撇号；编号与代码列请按文本导入，工作簿中已设为文本。",
        ),
    ),
)
"""What goes with every table."""
