"""``farmland train``: learn from verified cases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from farmland.cli import endings, showing
from farmland.cli.options import PLOT, RULES, TALK, all_of, demand, existing
from farmland.cli.spoken import argument, command, option
from farmland.columns import table
from farmland.errors import WrongUsage
from farmland.rules import Words

if TYPE_CHECKING:
    from farmland.model import Model


@command(
    name="train",
    en="Learn from verified and dismissed cases how sure a change is and what it became; "
    "detect --model uses it.",
    zh="从已核实与已排除的图斑学习变化的可信度与现状类型，供 detect --model 使用。",
    example="farmland train county.gpkg --labels checked.csv --out model.json",
)
@argument("results", nargs=-1, type=click.Path(path_type=Path),
          en="GeoPackages that farmland wrote.",
          zh="farmland 写出的 GeoPackage，可多个。")  # fmt: skip
@option("--labels", type=click.Path(path_type=Path), metavar="FILE",
        en="Table of patch_id or parcel_id, verdict (true, false) and cover.",
        zh="标注表：patch_id 或 parcel_id、verdict（true、false）与 cover。")  # fmt: skip
@option("--out", metavar="X.json", needed=True, en="Model to write; its card goes beside it.",
        zh="要写出的模型；说明卡写在旁边。")  # fmt: skip
@option("--block-km", type=float, metavar="KM",
        en="Side of the blocks left out in validation (default: 10).",
        zh="交叉验证中整体留出的分块边长，公里（默认 10）。")  # fmt: skip
@all_of(PLOT, RULES[:1], TALK)
def train(
    results: tuple[Path, ...],
    labels: Path | None,
    out: str | None,
    block_km: float | None,
    rules: str | None,
    plot: str | None,
    **settings: Any,
) -> None:
    """Train a model and write it with its card."""
    console = endings.console(settings)
    target = _meant(results, out, block_km)
    picture = showing.asked(plot, target.with_suffix(".png"))
    from farmland import flow
    from farmland.io import lock

    with lock.held(target):
        trained = flow.train(
            results,
            labels=labels,
            rules_name=rules or "cn",
            block_km=block_km or 0.0,
            tell=console.tell,
        )
        written = flow.keep_model(trained.model, target, rules or "cn", console.language)
    if picture:
        showing.write(picture, _reliability(trained.model, console.language))
    if trained.unmatched:
        console.say(_unmatched(trained.unmatched))
    console.say(_advice(trained.model))
    paths = [str(path) for path in written]
    console.result(
        as_json(trained.model, paths, trained.unmatched),
        as_text(trained.model, paths, console.language),
        picture,
    )


def _reliability(model: Model, language: str) -> bytes:
    """What was foretold against what was true, as a picture."""
    from farmland.report.fonts import language_of_pictures
    from farmland.report.plots import trust

    return trust.picture(model, language_of_pictures(language))


def _meant(results: tuple[Path, ...], out: str | None, block_km: float | None) -> Path:
    """Hold that the words can be meant, and return where the model goes."""
    demand(
        "".join(map(str, results)),
        "It is not said what to learn from: give a GeoPackage that farmland wrote.",
        "没有指明学习的依据：请给出 farmland 写出的 GeoPackage。",
    )
    for path in results:
        existing(path)
    name = demand(
        out or "",
        "It is not said where the model goes: give --out X.json.",
        "没有指明模型写到哪里：请给出 --out X.json。",
    )
    if not name.lower().endswith(".json"):
        raise WrongUsage(
            f"The model {name} is no JSON file: let its name end in .json.",
            f"模型 {name} 不是 JSON 文件：文件名请以 .json 结尾。",
        )
    if block_km is not None and not 0.1 <= block_km <= 1000:
        raise WrongUsage(
            f"--block-km {block_km:g} is no side of a block: give 0.1 to 1000 km.",
            f"--block-km {block_km:g} 不是有效的分块边长：请给 0.1 到 1000 公里。",
        )
    return Path(name)


def _unmatched(names: tuple[str, ...]) -> Words:
    first = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
    return Words(
        f"{len(names)} labels name no patch and no weighed parcel of the results ({first}): they "
        "are left out.",
        f"{len(names)} 行标注未对应结果中的图斑或经检验的地块（{first}），已略去。",
    )


def _advice(model: Model) -> Words:
    """Whether the model is worth using, by what left-out blocks showed."""
    told = model.training.validation
    learned, alone = told["learned"]["brier"], told["rules"]["brier"]
    if learned < alone:
        return Words(
            f"On blocks left out the model foretells better than the rules alone (Brier score "
            f"{learned:.3f} against {alone:.3f}, lower is better).",
            f"在留出分块上，模型优于单用规则（Brier 分数 {learned:.3f} 对 {alone:.3f}，"
            "越低越好）。",
        )
    return Words(
        f"On blocks left out the rules alone foretell as well or better (Brier score {alone:.3f} "
        f"against {learned:.3f}, lower is better): keep to the rules, or verify more cases.",
        f"在留出分块上，单用规则不逊于模型（Brier 分数 {alone:.3f} 对 {learned:.3f}，越低越好）："
        "请沿用规则，或核实更多图斑。",
    )


def as_json(model: Model, written: list[str], unmatched: tuple[str, ...]) -> dict[str, Any]:
    """The training in numbers, for programs."""
    told = model.training
    return {
        "written": written,
        "cases": told.cases,
        "agreed": told.agreed,
        "dismissed": told.cases - told.agreed,
        "blocks": told.blocks,
        "block_km": told.block_km,
        "covers": dict(told.covers),
        "unmatched": list(unmatched),
        "validation": dict(told.validation),
    }


def as_text(model: Model, written: list[str], language: str) -> str:
    """The training in a small table, for people."""
    told = model.training.validation
    rows = [
        [_RULES.text(language), *_row(told["rules"])],
        [_MODEL.text(language), *_row(told["learned"])],
    ]
    heads = [head.text(language) for head in _HEADS]
    files = "\n".join(f"  {path}" for path in written)
    return f"{_taught(model).text(language)}\n\n{table(heads, rows)}\n\n{files}"


def _taught(model: Model) -> Words:
    """What the model was taught with, in one line."""
    told = model.training
    refused = told.cases - told.agreed
    return Words(
        f"{told.cases} cases, {told.agreed} verified and {refused} dismissed, in {told.blocks} "
        f"blocks of {told.block_km:g} km.",
        f"共 {told.cases} 例：属实 {told.agreed}，不属实 {refused}；分布于 {told.blocks} 个"
        f"边长 {told.block_km:g} 公里的分块。",
    )


def _row(scores: dict[str, Any]) -> list[str]:
    """AUC, Brier score, and precision and recall where confirmed."""
    sure = scores["at"][-1]
    precision = "–" if sure["precision"] is None else f"{sure['precision']:.2f}"
    return [f"{scores['auc']:.3f}", f"{scores['brier']:.3f}", precision, f"{sure['recall']:.2f}"]


_RULES, _MODEL = (
    Words("rules alone", "单用规则"),
    Words("model, blocks left out", "模型（留出分块）"),
)
_HEADS = (
    Words("", ""),
    Words("AUC", "AUC"),
    Words("Brier", "Brier"),
    Words("precision", "精确率"),
    Words("recall", "召回率"),
)
