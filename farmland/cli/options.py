"""Options that mean the same in every command, and the plan they make together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial, reduce
from pathlib import Path
from typing import Any

import click

from farmland.cli import combinations
from farmland.cli.console import Console
from farmland.cli.showing import a_png
from farmland.cli.spoken import GENERAL, Function, argument, option, session
from farmland.errors import WrongUsage
from farmland.language import LANGUAGES
from farmland.periods import Period
from farmland.plan import Plan, parse_memory, read_plan
from farmland.rules import Words

Decorator = Callable[[Function], Function]

general = partial(option, section=GENERAL)
layer = partial(option, section=Words("Parcel layer", "地块图层"))
land = partial(option, section=Words("On what land a patch lies", "图斑所在土地"))
imagery = partial(option, section=Words("Imagery", "影像"))
period = partial(
    option,
    section=Words("Periods (2024, 2024-06 or two dates)", "时段（2024、2024-06 或起止日期）"),
)
run = partial(option, section=Words("Run", "运行"))

LANG: tuple[Decorator, ...] = (
    general("--lang", type=click.Choice(LANGUAGES), en="Language (default: that of the locale).",
            zh="语言（默认取自系统区域设置）。"),
)  # fmt: skip
"""Of groups; read from the command line before anything else, by farmland.language."""

TALK: tuple[Decorator, ...] = (
    *LANG,
    general("--json", "as_json", is_flag=True, en="Print the result as JSON.",
            zh="以 JSON 输出结果。"),
    general("-v", "--verbose", count=True, en="Say more; -vv shows tracebacks.",
            zh="输出更多信息；-vv 显示错误追踪。"),
    general("-q", "--quiet", count=True, en="Say less; -qq only errors.",
            zh="减少输出；-qq 只显示错误。"),
    general("--log-json", is_flag=True, en="Talk in lines of JSON, for cron.",
            zh="日志每行一个 JSON 对象，适用于定时任务。"),
)  # fmt: skip
"""Of every command."""

PLOT: tuple[Decorator, ...] = (
    option("--plot", is_flag=False, flag_value="", default=None, metavar="[FILE.png]",
           callback=a_png,
           en="Draw the result into this file; without a name beside the result, and then it is "
              "shown where there is a screen.",
           zh="将结果绘成图片存入该文件；不写文件名则存于结果旁，有屏幕时并打开显示。"),
)  # fmt: skip
"""Of every command with something to look at."""

PARCELS: tuple[Decorator, ...] = (
    layer("--id-field", metavar="NAME",
          en="Column of the ids (default: the first that is unique).",
          zh="地块编号字段（默认为首个取值唯一的）。"),
    layer("--layer", metavar="NAME", en="Layer of the file (default: the likeliest).",
          zh="文件中的图层（默认为最可能的图层）。"),
    layer("--field-map", metavar="A=B", multiple=True,
          en="Column A is called B in the file; several with commas.",
          zh="标准字段 A 在文件中名为 B；多个用逗号分隔。"),
    layer("--crs", metavar="EPSG:N", en="Coordinate system, when the file does not say it.",
          zh="坐标参照系，用于文件未注明时。"),
    layer("--encoding", metavar="NAME", en="Encoding of a shapefile's text, such as GBK.",
          zh="Shapefile 的文字编码，如 GBK。"),
    layer("--keep-columns", metavar="NAME", multiple=True,
          en="Keep a column although it looks like personal information; several with commas.",
          zh="保留疑似含个人信息的字段；多个用逗号分隔。"),
)  # fmt: skip
"""How a parcel layer is read."""

LAND: tuple[Decorator, ...] = (
    land("--pbf", metavar="LAYER", en="Permanent basic farmland: FILE, or FILE|layername=NAME.",
         zh="永久基本农田图层：文件，或 文件|layername=图层名。"),
    land("--survey", metavar="LAYER", en="Land survey (DLTB): the land class before.",
         zh="国土调查地类图斑（DLTB）：变化前地类。"),
    land("--approved", metavar="LAYER",
         en="Land with an approval: suspected outflow there is marked reasonable, still listed.",
         zh="已审批用地图层：其中的疑似流出标为合理流出，仍予列出。"),
    land("--redline", metavar="LAYER", en="Ecological redline.", zh="生态保护红线图层。"),
    land("--grain-zone", metavar="LAYER", en="Grain production zones.",
         zh="粮食生产功能区图层。"),
    land("--places", metavar="LAYER",
         en="Administrative areas (XZQ, CJDCQ) with codes and names, or a CSV of them.",
         zh="含代码和名称的行政区（XZQ、CJDCQ）图层，或 CSV 名称表。"),
)  # fmt: skip
"""Layers of land that patches are laid over."""

CATALOG: tuple[Decorator, ...] = (
    imagery("--catalog", metavar="URL|PATH",
            en="planetary-computer, cdse, a STAC API, a catalog.json or a folder of items "
               "(default: earth-search).",
            zh="planetary-computer、cdse、STAC API 地址、catalog.json 或条目文件夹"
               "（默认 earth-search）。"),
    imagery("--collection", metavar="ID", en="Collection (default: those of Sentinel-2 L2A).",
            zh="数据集（默认为 Sentinel-2 L2A 各数据集）。"),
    imagery("--offline", is_flag=True, default=None, en="Forbid any connection.",
            zh="禁止任何网络连接。"),
    imagery("--allow-host", metavar="HOST", multiple=True, en="Also read images from this host.",
            zh="允许另从该主机读取影像。"),
    imagery("--max-cloud", type=float, metavar="PERCENT",
            en="Leave out scenes that are cloudier (default: 100).",
            zh="略过云量更高的影像（默认 100）。"),
)  # fmt: skip
"""Where scenes come from."""

PERIODS: tuple[Decorator, ...] = (
    period("--after", metavar="A/B",
           en="When to look for change (default: the 12 months up to the newest scene).",
           zh="查找变化的时段（默认为截至最新影像的 12 个月）。"),
    period("--before", metavar="A/B",
           en="What it is compared with (default: the 24 months before).",
           zh="对比时段（默认为其前 24 个月）。"),
    period("--history", metavar="A/B",
           en="What the past is learnt from (default: the 36 months before).",
           zh="学习历史规律的时段（默认为其前 36 个月）。"),
)  # fmt: skip
"""The three periods of a detection."""

RULES: tuple[Decorator, ...] = (
    run("--rules", metavar="cn|FILE", en="Rules: cn, generic or a TOML file (default: cn).",
        zh="规则：cn、generic 或 TOML 文件（默认 cn）。"),
    run("--workers", type=int, metavar="N", en="Workers (default: one for each core).",
        zh="并行数（默认与核数相同）。"),
)  # fmt: skip
"""How looks are read."""

MEMORY: tuple[Decorator, ...] = (
    run("--memory", metavar="SIZE", en="Memory the run may use (default: half of it, 4GB at most).",
        zh="运行可用内存（默认为内存的一半，最多 4GB）。"),
)  # fmt: skip

RUN: tuple[Decorator, ...] = (
    *RULES,
    run("--scheduler", metavar="tcp://...", en="A Dask scheduler to work on.",
        zh="使用的 Dask 调度器地址。"),
    *MEMORY,
)  # fmt: skip
"""How a detection runs."""

PLAN: tuple[Decorator, ...] = (
    run("--plan", "plan_file", type=click.Path(), metavar="FILE.toml",
        en="Take options from a plan; those given here win.",
        zh="从计划文件读取选项；命令行给出的优先。"),
)  # fmt: skip


PERIOD: tuple[Decorator, ...] = (
    option("--period", metavar="A/B", needed=True,
           en="Which scenes: 2024, 2024-06 or two dates.",
           zh="影像时段：可写 2024、2024-06 或起止日期。"),
)  # fmt: skip
"""The period of a command that has one."""

FARMLAND: tuple[Decorator, ...] = (
    argument("parcels", required=False, default="",
             en="Parcel layer: GeoPackage, File GDB, shapefile, zip ... The plan may name it.",
             zh="地块图层：GeoPackage、File GDB、Shapefile、zip 等；也可写在计划文件中。"),
)  # fmt: skip
"""Whose farmland."""

RESULT: tuple[Decorator, ...] = (
    argument("result", type=click.Path(path_type=Path), en="GeoPackage that farmland wrote.",
             zh="farmland 写出的 GeoPackage。"),
)  # fmt: skip
"""What a detection wrote."""


def all_of(*groups: Iterable[Decorator]) -> Decorator:
    """Put groups of options on a command, in their order in the help."""
    decorators = [decorator for each in groups for decorator in each]
    return lambda function: reduce(
        lambda wrapped, decorator: decorator(wrapped), reversed(decorators), function
    )


def plan_of(settings: dict[str, Any], console: Console) -> Plan:
    """The plan that options and a plan file make: option beats plan file beats default.

    From here on people are spoken to in the language of the plan.

    Raises
    ------
    WrongUsage, UnusableInput
        When a value or the plan file cannot be meant.
    """
    combinations.hold_idle({"--allow-host": ("--offline",)})
    given = {name: value for name, value in settings.items() if value not in (None, (), "")}
    plan_file = given.pop("plan_file", None)
    if plan_file and not Path(plan_file).is_file():
        raise WrongUsage(
            f"There is no plan {plan_file}: check the path.",
            f"计划文件 {plan_file} 不存在：请检查路径。",
        )
    filed = read_plan(plan_file) if plan_file else {}
    for name in ("after", "before", "history"):
        if name in given:
            given[name] = Period.parse(given[name])
    if "memory" in given:
        given["memory"] = parse_memory(given["memory"])
    if "field_map" in given:
        given["field_map"] = _field_map(given["field_map"])
    if "keep_columns" in given:
        given["keep_columns"] = _listed(given["keep_columns"])
    if session().asked or "lang" not in filed:
        given["lang"] = console.language
    plan = Plan(**{**filed, **given})
    console.language = session().language = plan.lang
    return plan


def demand(value: str, english: str, chinese: str) -> str:
    """Return ``value``, which a command cannot do without.

    Raises
    ------
    WrongUsage
        When neither an option nor the plan gives it.
    """
    if not value:
        raise WrongUsage(english, chinese)
    return value


def demand_period(text: str | None) -> Period:
    """The period that a command cannot do without.

    Raises
    ------
    WrongUsage
        When it is not given, or is no period.
    """
    return Period.parse(
        demand(
            text or "",
            "It is not said which period is meant: give --period 2024-06/2025-05.",
            "没有指明时段：请给出 --period 2024-06/2025-05。",
        )
    )


def existing(path: Path) -> Path:
    """Return ``path``, a result that must be there.

    Raises
    ------
    WrongUsage
        When it is not.
    """
    if not path.is_file():
        raise WrongUsage(
            f"There is no file {path}: give a GeoPackage that farmland wrote.",
            f"文件 {path} 不存在：请给出 farmland 写出的 GeoPackage。",
        )
    return path


def geopackage(out: str, source: str) -> Path:
    """Path of the GeoPackage to write, which may not be the one that is read.

    Raises
    ------
    WrongUsage
        When there is none, it does not end in ``.gpkg``, or it is ``source``.
    """
    demand(
        out,
        "It is not said where the result goes: give --out X.gpkg.",
        "没有指明结果写到哪里：请给出 --out X.gpkg。",
    )
    if not out.lower().endswith(".gpkg"):
        raise WrongUsage(
            f"The output {out} is no GeoPackage: let its name end in .gpkg.",
            f"输出 {out} 不是 GeoPackage：文件名请以 .gpkg 结尾。",
        )
    if Path(out).resolve() == Path(source).resolve():
        raise WrongUsage(
            f"The output {out} is the input too: give another --out.",
            f"输出 {out} 与输入是同一文件：请换一个 --out。",
        )
    return Path(out)


def spreadsheet(out: str, source: str) -> Path:
    """Path of the CSV file to write, which may not be the one that is read.

    Raises
    ------
    WrongUsage
        When it does not end in ``.csv``, or is ``source``.
    """
    if not out.lower().endswith(".csv") or Path(out).resolve() == Path(source).resolve():
        raise WrongUsage(
            f"The list {out} is the input or no CSV file: give a new name that ends in .csv.",
            f"清单 {out} 与输入相同或不是 CSV 文件：请另取以 .csv 结尾的文件名。",
        )
    return Path(out)


def _listed(texts: Iterable[str]) -> tuple[str, ...]:
    """Names, also several in one text."""
    return tuple(name.strip() for text in texts for name in text.split(",") if name.strip())


def _field_map(texts: Iterable[str]) -> dict[str, str]:
    """``A=B`` pairs, also several in one text."""
    pairs = [pair.partition("=") for text in texts for pair in text.split(",")]
    for standard, equals, given in pairs:
        if not (standard and equals and given):
            text = f"{standard}{equals}{given}"
            raise WrongUsage(
                f"--field-map {text!r} is no pair: write it like YJJBNTTBBH=编号.",
                f"--field-map {text!r} 不成对：请写成 YJJBNTTBBH=编号 这样的形式。",
            )
    return {standard.strip(): given.strip() for standard, _, given in pairs}
