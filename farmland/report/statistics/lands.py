"""The table of permanent basic farmland: patches by the size of their part on it."""

from __future__ import annotations

import numpy as np

from farmland import areas
from farmland.report import words
from farmland.report.statistics import wording as said
from farmland.report.statistics.form import Column, Table
from farmland.result import Result
from farmland.rules import Words
from farmland.shares import largest_remainder


def basic_farmland(result: Result) -> Table | None:
    """Patches on permanent basic farmland in bands of size."""
    parts = result.outflow_parts
    if not parts["pbf"].notna().any():
        return None
    lawful = parts[(parts["pbf"] == 1).fillna(value=False)]
    sizes = lawful.groupby("patch_id")["area_m2"].sum().to_numpy(np.float64)
    mu = sizes / areas.M2_PER_MU
    chosen = [(mu >= low) & (mu < high) for low, high, _ in said.BANDS]
    in_mu = largest_remainder([float(mu[members].sum()) for members in chosen])
    whole = float(in_mu.sum())
    shares = largest_remainder(in_mu / whole, 1.0, 3).tolist() if whole else [None] * len(in_mu)
    rows = [
        (band, int(members.sum()), round(float(sizes[members].sum()), 2), float(size),
         share)
        for (_, _, band), members, size, share in
        zip(said.BANDS, chosen, in_mu, shares, strict=True)
    ]  # fmt: skip
    total = (said.TOTAL, len(sizes), round(float(sizes.sum()), 2), round(whole, 2),
             1.0 if whole else None)  # fmt: skip
    columns = (
        Column(said.BAND, "text", 26),
        Column(said.PATCHES, "count"),
        Column(said.AREA_M2, "area", 16),
        Column(said.AREA_MU, "area"),
        Column(said.SHARE, "share"),
    )
    notes = (said.NOTE_PBF, _outside(result, len(sizes), float(sizes.sum())), said.NOTE_BANDS)
    return Table(said.TITLE_D, columns, (*rows, total), total=True, notes=notes)


def _outside(result: Result, patches: int, area_m2: float) -> Words:
    """What lies outside, of patches with a part on it and of those without."""
    found = result.outflow
    left = words.area(float(found["area_m2"].sum()) - area_m2)
    none = len(found) - patches
    return Words(
        said.NOTE_OUTSIDE.en.format(area=left.en, patches=none),
        said.NOTE_OUTSIDE.zh.format(area=left.zh, patches=none),
    )
