"""How many conversions are found and how many quiet parcels are alarmed, on simulated counties.

``python benchmarks/accuracy.py --seeds 1 2 3 4 5`` simulates counties, runs the main job on each
and counts by DESIGN 7. Nothing of the truth reaches the detector: it reads the catalog from disk.
"""

from __future__ import annotations

import argparse
import math
import pickle
import sys
import time
import warnings
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from record import Table, write

from farmland import flow, simulate
from farmland.errors import FarmlandWarning
from farmland.layers import MONITORED
from farmland.periods import Period
from farmland.plan import Plan

REGIONS = ("north_china", "northeast", "middle_yangtze", "cloudy_south", "north_china")
FAST = ("built", "road", "earthwork", "pit", "solar", "pond", "lake", "greenhouse")
START, MONTHS = "2021-01-01", 48
AFTER, BEFORE = Period.parse("2024"), Period.parse("2022/2023")
HIT_SHARE = 0.25
"""Share of a true patch that rows must cover (DESIGN 7)."""

SIZES = ((0, 1000), (1000, 3000), (3000, 10_000), (10_000, math.inf))
EXCUSED = ("no_imagery", "unread", "too_few_looks", "unsettled_history")
"""Statuses of parcels that could not be monitored though they are large enough."""

AGES = ((0, 60), (60, 120), (120, 240), (240, 366))


def county(seed: int, region: str, size_m: int, folder: Path) -> Path:
    """Simulate a county to disk once; returns its folder."""
    place = folder / f"{region}-{seed}-{size_m}"
    if not (place / "truth.gpkg").exists():
        made = simulate.county(seed, region=region, size_m=size_m, start=START, months=MONTHS)
        simulate.write(made, place)
    return place


def measure(task: tuple[int, str, int, Path]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """True patches with what was found of them, and parcels with what they suffered."""
    seed, region, size_m, folder = task
    place = county(seed, region, size_m, folder)
    plan = Plan(
        parcels=str(place / "parcels.gpkg"),
        catalog=str(place / "catalog.json"),
        after=AFTER,
        before=BEFORE,
        workers=1,
    )
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FarmlandWarning)
        result = flow.detect(plan, lambda _stage, _done, _total: None)
    sys.stderr.write(f"{place.name}: {time.perf_counter() - began:.0f} s\n")
    truth = gpd.read_file(place / "truth.gpkg", layer="truth")
    decoys = gpd.read_file(place / "truth.gpkg", layer="decoys")
    patches = found(truth.to_crs(result.conversions.crs), result.conversions)
    patches["monitored"] = patches["parcel_id"].map(
        result.parcels.set_index("parcel_id")["status"].isin(MONITORED)
    )
    parcels = suffered(result.parcels, result.conversions, truth, decoys)
    return patches.assign(region=region, seed=seed), parcels.assign(region=region, seed=seed)


def found(truth: gpd.GeoDataFrame, rows: gpd.GeoDataFrame) -> pd.DataFrame:
    """Each true patch with the share that rows in its parcel cover, and what they say."""
    out = []
    for patch in truth.itertuples():
        own = rows[rows["parcel_id"] == patch.parcel_id]
        share = own.intersection(patch.geometry).area.sum() / patch.geometry.area
        largest = own.loc[[own["area_m2"].idxmax()]] if len(own) else own
        onset = pd.Timestamp(patch.onset)
        out.append(
            {
                "parcel_id": patch.parcel_id,
                "cover": patch.cover,
                "area_m2": patch.area_m2,
                "onset": onset,
                "age": (pd.Timestamp(AFTER.end) - onset).days,
                "hit": share >= HIT_SHARE,
                "confirmed": share >= HIT_SHARE and (own["stage"] == "confirmed").any(),
                "called": largest["cover"].iloc[0] if len(own) else "",
                "error": (largest["date_to"].iloc[0] - onset).days if len(own) else np.nan,
                "width": (largest["date_to"] - largest["date_from"]).iloc[0].days
                if len(own)
                else np.nan,
            }
        )
    return pd.DataFrame(out)


def suffered(
    parcels: gpd.GeoDataFrame, rows: gpd.GeoDataFrame, truth: pd.DataFrame, decoys: pd.DataFrame
) -> pd.DataFrame:
    """Quiet parcels with their decoys and whether a row was raised on them."""
    quiet = parcels[~parcels["parcel_id"].isin(truth["parcel_id"])]
    kinds = decoys.groupby("parcel_id")["decoy"].agg(lambda names: sorted(set(names)))
    confirmed = rows.loc[rows["stage"] == "confirmed", "parcel_id"]
    return pd.DataFrame(
        {
            "parcel_id": quiet["parcel_id"],
            "status": quiet["status"],
            "full_pixels": quiet["full_pixels"],
            "alarm": quiet["parcel_id"].isin(rows["parcel_id"]),
            "confirmed": quiet["parcel_id"].isin(confirmed),
            "decoys": [kinds.get(name, []) for name in quiet["parcel_id"]],
        }
    )


def interval(hits: int, of: int) -> str:
    """Share in percent with its 95 % interval (Wilson 1927)."""
    if of == 0:
        return "–"
    z = 1.96
    share = hits / of
    centre = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return f"{100 * share:.1f} ({100 * max(0.0, centre - half):.1f}–{100 * (centre + half):.1f})"


def tables(patches: pd.DataFrame, parcels: pd.DataFrame) -> list[Table]:
    """Everything DESIGN 7 asks for."""
    inside = patches[patches["onset"].between(str(AFTER.start), str(AFTER.end))]
    fast = inside[inside["cover"].isin(FAST)]
    large = fast[fast["area_m2"] >= 1000]
    sized = fast.assign(size=binned(fast["area_m2"], SIZES))
    aged = large.assign(days=binned(large["age"], AGES))
    return [
        headline(large, parcels),
        by_region(large, parcels),
        by(inside[inside["area_m2"] >= 1000], "cover", "Recall by cover, 1,000 m² or more"),
        by(sized, "size", "Recall by size (m²), fast covers"),
        by(aged, "days", "Recall by age (days), fast covers of 1,000 m² or more"),
        quiet_by_decoy(parcels),
        confusion(large[large["hit"]]),
    ]


def headline(large: pd.DataFrame, parcels: pd.DataFrame) -> Table:
    """Recall, false alarms, and what follows from them at two base rates."""
    heads = (
        "tier and age",
        "recall %",
        "false alarms % a year",
        "F1 at 10 %",
        "precision at 0.3 %",
    )
    rows = [
        summed(f"{tier}, {name}", large[large["age"] >= age][hit], parcels[alarm])
        for tier, hit, alarm in (
            ("listed", "hit", "alarm"),
            ("confirmed", "confirmed", "confirmed"),
        )
        for name, age in (("all ages", 0), ("60 days and more", 60))
    ]
    able = parcels[parcels["full_pixels"] >= 8]
    excused = 100 * able["status"].isin(EXCUSED).mean()
    hits = large[large["hit"]]
    near = 100 * (hits["error"].abs() <= 30).mean()
    return Table(
        "Fast covers of 1,000 m² or more",
        heads,
        rows,
        f"{len(large)} true patches, {len(parcels)} quiet parcel-years, {counties(parcels)} "
        f"counties; {excused:.1f} % of parcels with 8 full pixels or more could not be monitored. "
        f"Dates of hits: median error {hits['error'].median():.0f} days, {near:.0f} % within 30 "
        f"days, median interval {hits['width'].median():.0f} days. Brackets: 95 % intervals. Lag "
        "in replay is not measured yet.",
    )


def summed(name: str, hit: pd.Series, alarm: pd.Series) -> tuple[str, ...]:
    """One row of the headline."""
    recall, false = hit.mean(), alarm.mean()
    precision = {p: recall * p / (recall * p + false * (1 - p)) for p in (0.1, 0.003)}
    f1 = 2 * precision[0.1] * recall / (precision[0.1] + recall)
    return (
        name,
        interval(int(hit.sum()), len(hit)),
        interval(int(alarm.sum()), len(alarm)),
        f"{f1:.2f}",
        f"{100 * precision[0.003]:.0f} %",
    )


def counties(parcels: pd.DataFrame) -> int:
    """Number of counties."""
    return int(parcels.groupby(["region", "seed"]).ngroups)


def by_region(large: pd.DataFrame, parcels: pd.DataFrame) -> Table:
    """The same for each region."""
    rows = [
        (
            region,
            interval(int(part["hit"].sum()), len(part)),
            interval(int(part["confirmed"].sum()), len(part)),
            interval(int(quiet["alarm"].sum()), len(quiet)),
            interval(int(quiet["confirmed"].sum()), len(quiet)),
        )
        for region, part in large.groupby("region")
        for quiet in (parcels[parcels["region"] == region],)
    ]
    heads = ("region", "listed %", "confirmed %", "false alarms %", "confirmed false alarms %")
    return Table("By region", heads, rows)


def by(patches: pd.DataFrame, key: str, title: str) -> Table:
    """Recall by one property."""
    rows = [
        (
            str(name),
            len(part),
            interval(int(part["hit"].sum()), len(part)),
            interval(int(part["confirmed"].sum()), len(part)),
        )
        for name, part in patches.groupby(key, sort=True, observed=True)
    ]
    return Table(title, (key, "patches", "listed %", "confirmed %"), rows)


def binned(values: pd.Series, edges: Sequence[tuple[float, float]]) -> pd.Series:
    """Names of the bins that values fall into, ordered."""
    names = [f"{low}–{high}" if math.isfinite(high) else f"{low}+" for low, high in edges]
    return pd.cut(values, [edges[0][0], *(high for _, high in edges)], labels=names, right=False)


def quiet_by_decoy(parcels: pd.DataFrame) -> Table:
    """False alarms by what the quiet parcels suffered; a parcel may have several."""
    long = parcels.explode("decoys").fillna({"decoys": "none"})
    rows = [
        (
            name,
            len(part),
            interval(int(part["alarm"].sum()), len(part)),
            interval(int(part["confirmed"].sum()), len(part)),
        )
        for name, part in long.groupby("decoys")
    ]
    heads = ("decoy", "parcels", "false alarms %", "confirmed false alarms %")
    return Table("False alarms by decoy", heads, rows)


def confusion(hits: pd.DataFrame) -> Table:
    """What hits were called: rows are the truth."""
    counts = pd.crosstab(hits["cover"], hits["called"])
    rows = [
        (name, *(int(n) for n in row))
        for name, row in zip(counts.index, counts.to_numpy(), strict=True)
    ]
    return Table("Cover of hits: truth in rows", ("truth", *counts.columns), rows)


def main() -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--size", type=int, default=4000, help="side of a county in metres")
    parser.add_argument("--folder", type=Path, default=Path("benchmarks/.counties"))
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--tabulate", action="store_true", help="print what was measured last")
    asked = parser.parse_args()
    tasks = [
        (seed, REGIONS[number % len(REGIONS)], asked.size, asked.folder)
        for number, seed in enumerate(asked.seeds)
    ]
    kept = asked.folder / "last.pickle"
    if not asked.tabulate:
        with ProcessPoolExecutor(asked.processes) as pool:
            parts = list(pool.map(measure, tasks))
        patches = pd.concat([part[0] for part in parts], ignore_index=True)
        parcels = pd.concat([part[1] for part in parts], ignore_index=True)
        kept.write_bytes(pickle.dumps((patches, parcels)))
    made = tables(*pickle.loads(kept.read_bytes()))  # noqa: S301  # written by this script
    for table in made:
        sys.stdout.write(f"\n{table.title}\n{table.note}\n")
        sys.stdout.write(pd.DataFrame(table.rows, columns=table.columns).to_string(index=False))
        sys.stdout.write("\n")
    seeds = " ".join(map(str, asked.seeds))
    write(
        "accuracy",
        "Accuracy on simulated counties",
        f"python benchmarks/accuracy.py --seeds {seeds} --size {asked.size}",
        made,
    )


if __name__ == "__main__":
    main()
