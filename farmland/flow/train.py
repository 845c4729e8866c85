"""From verified results to a model and its card."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from farmland import learning, rules
from farmland.detect.learned import CHANGE
from farmland.errors import UnusableInput
from farmland.io import geopackage, models
from farmland.io import labels as tables
from farmland.io import series as kept
from farmland.io.drafts import replacing
from farmland.learning.fitting import hold_installed
from farmland.model import Model
from farmland.progress import Tell, counted, silent
from farmland.result import Result
from farmland.rules import Rules


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A model, and what of the labels it could not use."""

    model: Model
    unmatched: tuple[str, ...]
    """What labels name and no result holds."""


def train(
    paths: Sequence[str | Path],
    *,
    labels: str | Path | None = None,
    rules_name: str = "cn",
    block_km: float = 0.0,
    tell: Tell = silent,
) -> Trained:
    """Learn from the cases of results that people have verified.

    Parameters
    ----------
    paths
        Results, each with the folder beside it.
    labels
        A table of verdicts, which beat those in the results.
    rules_name
        Rules of the results: a bundled name or a file.
    block_km
        Side of the blocks that are left out as a whole; 0: what the rules say.

    Raises
    ------
    WrongUsage
        When a file is not there, or scikit-learn is not.
    UnusableInput
        When a result has no evidence beside it, or that of another farmland or other rules;
        when labels name nothing; when there are too few cases.
    """
    hold_installed()
    ruled = rules.load(rules_name)
    told = tables.read(labels, set(ruled.covers) - {"unknown"}) if labels else ()
    results = [_result(Path(path), ruled) for path in counted(tell, "cases", paths, len(paths))]
    side = block_km or ruled.training.block_km
    cases, unmatched = learning.together(results, told, side)
    if told and len(unmatched) == len(told):
        raise _no_match(Path(str(labels)), len(told))
    model = learning.train(
        cases,
        ruled,
        block_km=side,
        results=tuple(sorted({Path(path).name for path in paths})),
        periods=tuple(sorted({str(result.run["periods"]["after"]) for result in results})),
        box=_box(results),
        tell=tell,
    )
    return Trained(model, unmatched)


def keep_model(model: Model, out: str | Path, ruled: str, language: str) -> tuple[Path, Path]:
    """Write a model and, beside it, its card; returns both paths."""
    from farmland.report import card  # reports draw, which loads much

    written = models.write(model, out)
    page = written.with_suffix(".md")
    with replacing(page) as draft:
        draft.write_text(card.page(model, written.name, rules.load(ruled), language), "utf-8")
    return written, page


def _result(path: Path, ruled: Rules) -> Result:
    """A result with its evidence, which must be of the rules that are meant."""
    result = as_found(kept.read(geopackage.read(path), path.with_suffix("")), ruled)
    of = result.run.get("rules", {})
    if (of.get("id"), of.get("version")) != (ruled.id, ruled.version):
        raise UnusableInput(
            f"The result {path.name} is of the rules {of.get('id')}@{of.get('version')}, not of "
            f"{ruled.id}@{ruled.version}: name its rules with --rules, or run detect again.",
            f"结果 {path.name} 由规则 {of.get('id')}@{of.get('version')} 得出，"
            f"与 {ruled.id}@{ruled.version} 不符：请用 --rules 指明，或重新运行 detect。",
        )
    told = [*result.verdicts.values(), *(one.verdict for one in result.dismissed)]
    if not all(set(CHANGE) <= set(verdict.numbers) for verdict in told):
        raise UnusableInput(
            f"The result {path.name} keeps other numbers than this farmland learns from: run "
            "detect again.",
            f"结果 {path.name} 保存的数值与本版本训练所需不同：请重新运行 detect。",
        )
    return result


def as_found(result: Result, ruled: Rules) -> Result:
    """A result with the covers that inspectors found where they verified a change."""
    told = result.cases
    known = told[(told["verdict"] == "verified") & told["land_found"].isin(set(ruled.covers))]
    ground = dict(zip(known["patch_id"], known["land_found"], strict=True))
    patches = result.conversions
    found = [
        ground.get(patch, cover)
        for patch, cover in zip(patches["patch_id"], patches["cover"], strict=True)
    ]
    covers = pd.Series(found, index=patches.index, dtype=object)
    return replace(result, conversions=patches.assign(cover=covers))


def _box(results: Sequence[Result]) -> tuple[float, float, float, float]:
    """West, south, east, north of all parcels, snapped outward to half degrees."""
    shapes = [result.parcels.geometry.to_crs(4326) for result in results]
    west, south, east, north = gpd.GeoSeries(pd.concat(shapes)).total_bounds.tolist()
    return (
        math.floor(west * 2) / 2,
        math.floor(south * 2) / 2,
        math.ceil(east * 2) / 2,
        math.ceil(north * 2) / 2,
    )


def _no_match(labels: Path, count: int) -> UnusableInput:
    return UnusableInput(
        f"None of the {count} labels in {labels.name} names a patch or a weighed parcel of the "
        "results: give patch_id or parcel_id as they stand there.",
        f"标注 {labels.name} 的 {count} 行均未对应结果中的图斑或经检验的地块："
        "请使用结果中的 patch_id 或 parcel_id。",
    )
