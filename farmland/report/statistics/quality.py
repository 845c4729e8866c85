"""Tables of how good the data are: what could be said of the parcels, imagery by month."""

from __future__ import annotations

import pandas as pd

from farmland import areas, layers
from farmland.report import words
from farmland.report.statistics import wording as said
from farmland.report.statistics.form import Cell, Column, Table
from farmland.result import Result
from farmland.shares import largest_remainder

FULL_PIXELS = 8
"""Full pixels from which a parcel is followed (DESIGN 4)."""


def statuses(result: Result) -> Table | None:
    """Parcels by status; every parcel counts once."""
    parcels = result.parcels
    if not len(parcels):
        return None
    present = [status for status in words.STATUS if (parcels["status"] == status).any()]
    groups = [parcels[parcels["status"] == status] for status in present]
    sizes = [float(group["area_m2"].sum()) for group in groups]
    in_mu = largest_remainder([size / areas.M2_PER_MU for size in sizes])
    shares = largest_remainder([len(group) / len(parcels) for group in groups], 1.0, 3)
    rows: list[tuple[Cell, ...]] = [
        (layers.words("parcels", "status", status), len(group), float(share), float(size),
         *_pixels(group))
        for status, group, share, size in zip(present, groups, shares, in_mu, strict=True)
    ]  # fmt: skip
    rows.append((said.TOTAL, len(parcels), 1.0, round(float(in_mu.sum()), 2), *_pixels(parcels)))
    columns = (
        Column(said.STATUS, "text", 24),
        Column(said.PARCELS, "count"),
        Column(said.SHARE, "share"),
        Column(said.AREA_MU, "area", 14),
        Column(said.FEWEST, "count"),
        Column(said.MIDDLE, "count"),
        Column(said.UNDER, "count"),
    )
    return Table(said.TITLE_F, columns, tuple(rows), total=True)


def months(result: Result) -> Table | None:
    """Scenes that were used, by month."""
    scenes = result.scenes[result.scenes["duplicate_of"].isna()]
    if not len(scenes):
        return None
    month = scenes["datetime"].dt.strftime("%Y-%m")
    rows: list[tuple[Cell, ...]] = []
    for name, group in scenes.groupby(month, sort=True):
        clear = group["clear_share"].mean()
        rows.append(
            (str(name), len(group), int(group["solar_day"].nunique()),
             None if pd.isna(clear) else float(clear), int(group["blocks_failed"].sum()))
        )  # fmt: skip
    clear = scenes["clear_share"].mean()
    rows.append(
        (said.TOTAL, len(scenes), int(scenes["solar_day"].nunique()),
         None if pd.isna(clear) else float(clear), int(scenes["blocks_failed"].sum()))
    )  # fmt: skip
    columns = (
        Column(said.MONTH, "text"),
        Column(said.SCENES, "count"),
        Column(said.DAYS, "count"),
        Column(said.CLEAR, "share"),
        Column(said.FAILED, "count"),
    )
    return Table(said.TITLE_F2, columns, tuple(rows), total=True)


def _pixels(group: pd.DataFrame) -> tuple[Cell, ...]:
    """Fewest and median full pixels, and parcels with too few of them."""
    known = group["full_pixels"].dropna()
    if not len(known):
        return None, None, 0
    return int(known.min()), round(float(known.median())), int((known < FULL_PIXELS).sum())
