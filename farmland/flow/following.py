"""Carry the cases of an earlier result into the one that takes its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from farmland import layers
from farmland.inspection.cases import STATUS
from farmland.inspection.following import Followed, followed
from farmland.io import cases as table
from farmland.layers import CASES
from farmland.result import Result
from farmland.rules import Words

DECIDED = frozenset(STATUS.values())
"""States that somebody has found on the ground, or set in QGIS."""

NAMED = 3
"""Ids that a sentence names."""


@dataclass(frozen=True, slots=True, eq=False)
class Earlier:
    """What is known of cases before a run."""

    patches: gpd.GeoDataFrame
    """In the shape of ``layers.CONVERSIONS``."""
    cases: gpd.GeoDataFrame
    """In the shape of ``layers.CASES``: one row for each patch with a decision."""


def earlier(out: str, moment: datetime | None = None) -> Earlier | None:
    """Patches and cases of the result that stands where another one will; None: there is none.

    A state that was set without a finding becomes a case of its own, so that it outlasts the
    patch; ``moment`` (UTC; now) is when that was.

    Raises
    ------
    UnusableInput
        When the file there is no result of ours, or open elsewhere.
    """
    found = table.earlier(Path(out)) if out else None
    if found is None:
        return None
    patches, cases = found
    set_there = patches[
        patches["status"].isin(DECIDED) & ~patches["patch_id"].isin(set(cases["patch_id"]))
    ]
    if len(set_there):
        columns = ["patch_id", "parcel_id", "cover", "status", patches.geometry.name]
        more = set_there[columns].rename(columns={"status": "verdict"})
        more = more.assign(imported_at=moment or datetime.now(UTC))
        both = [cases.to_crs(patches.crs), layers.coerce(CASES, more)]
        cases = both[1] if cases.empty else pd.concat(both, ignore_index=True)
    return Earlier(patches, layers.coerce(CASES, cases.sort_values("patch_id")))


def continued(result: Result, before: Earlier | None) -> tuple[Result, dict[str, Any]]:
    """Give patches the ids and states they had, and keep every case, its patch gone or not.

    Returns
    -------
    Result
        With its conversions, evidence, verdicts and cases under these ids; what else names
        patches is to be made of it.
    dict
        Numbers for ``run.cases``; empty where there was no earlier result.
    """
    if before is None:
        return result, {}
    crs = result.conversions.crs
    told = followed(result.conversions, _known(before).to_crs(crs))
    names = dict(zip(result.conversions["patch_id"], told.ids, strict=True))
    conversions = result.conversions.assign(
        patch_id=pd.Series(told.ids, dtype=object), status=pd.Series(told.states, dtype=object)
    )
    kept = replace(
        result,
        conversions=conversions,
        evidence={
            names[name]: replace(one, patch_id=names[name]) for name, one in result.evidence.items()
        },
        verdicts={names[name]: one for name, one in result.verdicts.items()},
        cases=before.cases.to_crs(crs),
    )
    return kept, _numbers(told, before)


def notes(numbers: Mapping[str, Any]) -> tuple[Words, ...]:
    """What became of an earlier result, in sentences; none where there was none."""
    if not numbers:
        return ()
    earlier, again, gone, new = (numbers[key] for key in ("earlier", "found_again", "gone", "new"))
    said = [
        Words(
            f"Patches of the earlier result: {earlier}; found again, with their id and state: "
            f"{again}; not found any more: {gone}; new ones: {new}.",
            f"原结果共 {earlier} 个图斑：再次检出 {again} 个，沿用原编号和办理状态；"
            f"未再检出 {gone} 个；新增 {new} 个。",
        )
    ]
    if numbers["cases"]:
        cases, bare = numbers["cases"], numbers["cases_gone"]
        said.append(
            Words(
                f"Findings from the field that were kept: {cases}"
                + (f"; their patch is not found any more: {bare}." if bare else "."),
                f"保留实地核查结果 {cases} 条"
                + (f"，其中 {bare} 条的图斑未再检出。" if bare else "。"),
            )
        )
    if numbers["changed_again"]:
        named = numbers["changed_again"]
        said.append(
            Words(
                "Patches that were dismissed or closed and changed again after the visit, new "
                f"now: {len(named)} ({', '.join(named[:NAMED])}).",
                f"曾排除或销号、核查之后又发生变化而重新列为新增的图斑：{len(named)} 个"
                f"（{'、'.join(named[:NAMED])}）。",
            )
        )
    return tuple(said)


def _numbers(told: Followed, before: Earlier) -> dict[str, Any]:
    there = set(told.ids)
    patches, cases = set(before.patches["patch_id"]), set(before.cases["patch_id"])
    return {
        "earlier": len(patches),
        "found_again": len(patches & there),
        "gone": len(patches - there),
        "new": len(there - patches - cases),
        "cases": len(cases),
        "cases_gone": len(cases - there),
        "changed_again": list(told.again),
    }


def _known(before: Earlier) -> gpd.GeoDataFrame:
    """Every patch that may live on: those of the earlier result, and cases gone before it."""
    cases = before.cases
    day = cases["inspected_on"].fillna(cases["imported_at"].dt.tz_localize(None).dt.normalize())
    seen = dict(zip(cases["patch_id"], day, strict=True))
    gone = cases[~cases["patch_id"].isin(set(before.patches["patch_id"]))]
    columns = ["patch_id", "parcel_id", "cover", "status", "geometry"]
    left = gone.assign(status=gone["verdict"].map(STATUS).fillna("ongoing"))[columns]
    patches = before.patches[columns]
    known = pd.concat([patches, left.to_crs(patches.crs)], ignore_index=True)
    return gpd.GeoDataFrame(
        known.assign(seen_on=pd.to_datetime(known["patch_id"].map(seen)).astype("datetime64[s]"))
    )
