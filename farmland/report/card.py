"""The card of a model: what it was taught with, what left-out blocks showed, where it ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from farmland import layers
from farmland.model import Model
from farmland.rules import Rules, Words


def page(model: Model, name: str, rules: Rules, language: str) -> str:
    """The card as Markdown in ``language``; every number on it stands in the model too."""
    parts = [
        f"# {_text(TITLE, language)}: {_plain(name)}",
        rules.clue.text(language),
        f"## {_text(TAUGHT, language)}",
        _table(FACTS, _facts(model, language), language),
        f"## {_text(SHOWN, language)}",
        _text(HOW, language).format(
            folds=model.training.validation["folds"], side=model.training.block_km
        ),
        _table(SCORES, _scores(model.training.validation, language), language),
        _table(RELIABILITY, _reliability(model.training.validation), language),
        *_covers(model, language),
        f"## {_text(LIMITS, language)}",
        "\n".join(f"- {_text(words, language)}" for words in LIMIT),
    ]
    return "\n\n".join(parts) + "\n"


def _facts(model: Model, language: str) -> Iterator[Sequence[str]]:
    """What the model was taught with."""
    told = model.training
    west, south, east, north = told.box
    rows = (
        (CASES, f"{told.cases}"),
        (AGREED, f"{told.agreed}"),
        (NOT_AGREED, f"{told.cases - told.agreed}"),
        (BLOCKS, f"{told.blocks} × {told.block_km:g} km"),
        (WHERE, f"{west:g}–{east:g}° E, {south:g}–{north:g}° N"),
        (WHEN, ", ".join(told.periods)),
        (RESULTS, ", ".join(map(_plain, told.results))),
        (RULES, model.rules),
    )
    for words, value in rows:
        yield _text(words, language), value
    for cover, count in told.covers.items():
        named = layers.words("conversions", "cover", cover).text(language)
        yield _text(COVER, language).format(cover=named), f"{count}"


def _scores(told: Mapping[str, Any], language: str) -> Iterator[Sequence[str]]:
    """The model beside the rules alone, at each threshold."""
    for words, key in ((ALONE, "rules"), (LEARNED, "learned")):
        scores = told[key]
        for at in scores["at"]:
            precision = "–" if at["precision"] is None else f"{at['precision']:.3f}"
            yield (
                _text(words, language),
                f"{scores['auc']:.3f}",
                f"{scores['brier']:.3f}",
                f"≥ {at['threshold']:.2f}",
                f"{at['called']}",
                precision,
                f"{at['recall']:.3f}",
            )


def _reliability(told: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    """What was foretold and what was true, bin by bin."""
    for row in told["learned"]["reliability"]:
        shares = (f"{row['foretold']:.2f}", f"{row['true']:.2f}")
        yield f"{row['from']:.1f}–{row['to']:.1f}", f"{row['cases']}", *shares


def _covers(model: Model, language: str) -> Iterator[str]:
    """How well covers are told apart, or why they were not taught."""
    told = model.training.validation.get("covers")
    if told is None:
        yield _text(NOT_TAUGHT, language)
        return
    rows = [
        (
            _text(words, language),
            f"{told[key]['right']:.3f}",
            f"{told[key]['macro_f1']:.3f}",
            f"{told[key]['unknown']}",
        )
        for words, key in ((ALONE, "rules"), (LEARNED, "learned"))
    ]
    yield _table(COVER_SCORES, rows, language)
    if model.covers is None:
        yield _text(NOT_KEPT, language)


def _table(heads: Sequence[Words], rows: Iterator[Sequence[str]] | list[Any], language: str) -> str:
    lines = [[head.text(language) for head in heads], ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _plain(name: str) -> str:
    """A file name that can't be markup."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>|#!" else sign for sign in name)


def _text(words: Words, language: str) -> str:
    return words.text(language)


TITLE = Words("Model card", "模型说明卡")
TAUGHT, SHOWN = Words("Taught with", "训练数据"), Words("On land left out", "留出区域上的表现")
FACTS = (Words("", ""), Words("", ""))
CASES, AGREED = Words("Cases", "图斑数"), Words("verified", "其中属实")
NOT_AGREED = Words("dismissed", "其中不属实")
BLOCKS, WHERE = Words("Blocks", "空间分块"), Words("Where", "范围")
WHEN, RESULTS = Words("Periods after", "后时段"), Words("Results", "结果文件")
RULES, COVER = Words("Rules", "规则"), Words("Verified as {cover}", "核实为{cover}")
HOW = Words(
    "The fit was repeated {folds} times, each time without some blocks of {side:g} km, which were "
    "then asked. The rules alone were never taught, so all cases ask them.",
    "训练重复 {folds} 次，每次整体留出若干边长 {side:g} 公里的分块用于检验。"
    "规则本身不经训练，以全部图斑检验。",
)
ALONE, LEARNED = Words("rules alone", "单用规则"), Words("model", "模型")
SCORES = (
    Words("", ""),
    Words("AUC", "AUC"),
    Words("Brier", "Brier"),
    Words("Probability", "概率"),
    Words("Called", "判为变化"),
    Words("Precision", "精确率"),
    Words("Recall", "召回率"),
)
RELIABILITY = (
    Words("Foretold by the model", "模型预测"),
    Words("Cases", "图斑数"),
    Words("Mean", "平均概率"),
    Words("Truly changed", "实际属实比例"),
)
COVER_SCORES = (
    Words("", ""),
    Words("Cover right", "类型正确率"),
    Words("Macro F1", "宏平均 F1"),
    Words("unknown", "未知"),
)
NOT_TAUGHT = Words(
    "Covers were not taught: too few verified cases of two covers at least.",
    "未训练现状类型：至少两种类型的已核实图斑数量不足。",
)
NOT_KEPT = Words(
    "The rules alone tell these covers apart better, so covers stay with the rules.",
    "单用规则对这些类型的区分更好，故现状类型仍由规则判定。",
)
LIMITS = Words("What it is for, and what not", "用途与限制")
LIMIT = (
    Words(
        "It orders clues for an inspector and says how often such clues proved true. It decides "
        "nothing about land or people.",
        "用于为核查排序，并说明同类线索属实的频率；不得据此对土地或个人作出认定。",
    ),
    Words(
        "A probability holds for patches chosen like the cases above, on land and in years like "
        "theirs. Where only doubtful patches were checked, it speaks for doubtful patches.",
        "概率仅适用于与上述图斑选取方式相同、地域与年份相近的图斑；若只核查了存疑图斑，则只代表存疑图斑。",
    ),
    Words(
        "It changes which weighed patches are listed and confirmed. It finds nothing that the "
        "rules did not weigh, and looks, days and kinds of evidence are demanded as before.",
        "仅影响已检验图斑的列出与确认；不会发现规则未检验的变化，观测次数、天数与证据种类的要求不变。",
    ),
    Words(
        "Other rules need another model. Few blocks make every number above uncertain.",
        "规则变化后须重新训练。分块较少时，上述数字均有较大不确定性。",
    ),
)
