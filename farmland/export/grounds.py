"""What a patch lies on, summed over its parts: areas by kind of land, and what most of it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

KINDS = {
    "cultivated_m2": ("cultivated",),
    "other_agricultural_m2": ("forest_garden", "other_agricultural"),
    "unused_m2": ("unused",),
    "construction_m2": ("construction",),
}
"""Kinds of land of a survey that each area adds up."""

FLAGS = {"pbf_m2": "pbf", "redline_m2": "redline", "approved_m2": "approved"}
"""Column of the parts that says whether a part counts."""

NET = {"cultivated_net_m2": "cultivated_m2", "pbf_net_m2": "pbf_m2"}
"""Areas less ridges."""

YES, NO = "是", "否"


def areas(parts: pd.DataFrame, patch_ids: list[str], accounts: Mapping[str, str]) -> pd.DataFrame:
    """Areas of each patch by what it lies on.

    Parameters
    ----------
    parts : DataFrame
        The layer ``overlay``: ``patch_id, survey_code, area_m2, net_m2`` and flags 1, 0 or null.
    patch_ids : list of str
        Rows of the answer.
    accounts : mapping
        From a land-use code to its kind of land; a code that is absent is not known.

    Returns
    -------
    DataFrame
        Square metres, indexed by patch id; NaN where any part of the patch is not known to
        belong or not: 0 would be a claim.
    """
    kind = parts["survey_code"].map(dict(accounts))
    known = kind.notna()
    counts = {name: (kind.isin(kinds), known) for name, kinds in KINDS.items()}
    counts |= {name: ((parts[flag] == 1).fillna(False), parts[flag].notna())
               for name, flag in FLAGS.items()}  # fmt: skip
    columns = {
        name: _sum(parts["area_m2"], inside, sure, parts["patch_id"])
        for name, (inside, sure) in counts.items()
    }
    for name, gross in NET.items():
        inside, sure = counts[gross]
        sure = sure & (~inside | parts["net_m2"].notna())
        columns[name] = _sum(parts["net_m2"].fillna(0.0), inside, sure, parts["patch_id"])
    return pd.DataFrame(columns).reindex(patch_ids)


def touches(parts: pd.DataFrame, flag: str, patch_ids: list[str]) -> pd.Series[Any]:
    """是 where any part of a patch is inside, 否 where all are known not to be, else None."""
    values = parts[flag].astype("Float64")
    by_patch = values.groupby(parts["patch_id"])
    inside, unsure = by_patch.max() == 1, values.isna().groupby(parts["patch_id"]).any()
    answer = pd.Series(NO, index=unsure.index, dtype=object)
    answer[unsure] = None
    answer[inside.fillna(False).astype(bool)] = YES
    return answer.reindex(patch_ids)


def most(parts: pd.DataFrame, column: str, patch_ids: list[str]) -> pd.Series[Any]:
    """The value of a text column that covers most of each patch; the first of equals."""
    known = parts[parts[column].notna()]
    sums = known.groupby(["patch_id", column], sort=True)["area_m2"].sum().reset_index()
    ordered = sums.sort_values("area_m2", ascending=False, kind="stable")
    first = ordered.drop_duplicates("patch_id").set_index("patch_id")[column]
    return first.astype(object).reindex(patch_ids)


def governing(parts: pd.DataFrame, ruled: pd.Series[Any]) -> pd.DataFrame:
    """The largest part of each patch that its rule speaks of, else the largest part.

    ``ruled`` holds the rule of each patch, indexed by patch id; so is the answer.
    """
    own = parts["rule"] == parts["patch_id"].map(ruled)
    ordered = parts.assign(own=own).sort_values(
        ["own", "area_m2", "part"], ascending=[False, False, True], kind="stable"
    )
    return ordered.drop_duplicates("patch_id").set_index("patch_id").reindex(ruled.index)


def pbf_ids(parts: pd.DataFrame, patch_ids: list[str]) -> pd.Series[Any]:
    """Ids of the permanent basic farmland of each patch as a tuple, each once, largest first."""
    ordered = parts[parts["pbf_id"].notna()].sort_values(
        ["area_m2", "part"], ascending=[False, True], kind="stable"
    )
    found: dict[str, dict[str, None]] = {}
    for patch, text in zip(ordered["patch_id"], ordered["pbf_id"], strict=True):
        found.setdefault(patch, {}).update(dict.fromkeys(filter(None, text.split(";"))))
    return pd.Series([tuple(found.get(patch, ())) for patch in patch_ids], dtype=object)


def _sum(
    amounts: pd.Series[Any], inside: pd.Series[Any], sure: pd.Series[Any], key: pd.Series[Any]
) -> pd.Series[Any]:
    """Sums by patch, NaN where any part is not sure."""
    total = amounts.where(inside.astype(bool), 0.0).astype(float).groupby(key).sum()
    return total.where(sure.astype(bool).groupby(key).all())
