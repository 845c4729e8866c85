"""How well what grew before is named, and another crop on a field of grain is found.

``python benchmarks/cropping.py --seeds 31`` simulates one county of each region for each seed, runs
``detect`` with ``crops`` and compares the column ``cropping`` with what the simulator sowed; with
``$FARMLAND_SHARED`` also real parcels of Flanders, which have a register and no calendar of ours.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from record import Table, write

from farmland import flow, simulate
from farmland.errors import FarmlandWarning
from farmland.layers import MONITORED
from farmland.periods import Period
from farmland.plan import Plan
from farmland.result import Result
from farmland.simulate import County
from farmland.simulate.calendars import CROPS

YEAR_STARTS = {"north_china": 274, "huai": 274, "middle_yangtze": 274, "cloudy_south": 305}
"""Day of the year on which agricultural years begin; 1 elsewhere (DOMAIN 5.1)."""

AFTER, YEARS = Period.parse("2024"), (2022, 2023)
GREEN = 3
"""Stage by which a season is dated: half grown."""

REGISTER = {
    1110: ("winter_crop",),
    1510: ("winter_crop",),
    1200: ("spring_crop",),
    9120: ("grassland", "none"),
}
"""Crops of the Flemish register that have a right name: wheat, barley, maize, grassland."""

Seasons = list[tuple[str, float]]
"""Crop and day of its greening, of one field."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One county."""

    region: str
    named: Counter[tuple[str, str]]
    """Fields by the system sown in both years and the name given."""
    listed: Counter[str]
    """Rows of cover ``crop`` by what was truly sown."""
    turned: int
    """Fields of grain that grew nothing but another crop in the period after."""


def seasons_of(made: County) -> Iterator[Seasons]:
    """What was sown on each field."""
    crops, names = made.ground.crops, list(CROPS)
    for number in range(len(made.parcels)):
        own = crops.field == number
        yield [
            (names[crop], float(day))
            for crop, day in zip(crops.crop[own], crops.days[own, GREEN], strict=True)
            if not names[crop].startswith("weeds")
        ]


def within(seasons: Seasons, start: np.datetime64) -> list[str]:
    """Crops that greened in the year from a day on."""
    first = int(start.astype("datetime64[D]").astype(int))
    return [name for name, day in seasons if first <= day < first + 365]


def system(crops: Sequence[str]) -> str:
    """Code of what was sown in one agricultural year; ``other`` for what has none."""
    rice = sum(name.startswith("rice") for name in crops)
    winter = [name.removeprefix("winter_") for name in crops if name.startswith("winter_")]
    short = sum(name.startswith("vegetable") for name in crops)
    dry = [name for name in crops if not name.startswith(("rice", "winter_", "vegetable"))]
    if short:
        return "vegetable" if short >= 3 and short == len(crops) else "other"
    if len(winter) > 1 or rice + len(dry) > 2 or (rice and dry):
        return "other"
    ahead = winter[0].removesuffix("_south") if winter else ""
    if rice:
        return "double_rice" if rice == 2 else f"{ahead}_rice" if ahead else "single_rice"
    if dry:
        season = "summer_crop" if dry[0].startswith("summer") else "spring_crop"
        return f"{ahead}_maize" if ahead else season
    return {"": "other", "rapeseed": "rapeseed"}.get(ahead, "winter_crop")


def sown(seasons: Seasons, region: str, year: int) -> str:
    """System of the agricultural year that ends in ``year``."""
    starts = YEAR_STARTS.get(region, 1)
    january = np.datetime64(f"{year - (starts > 182)}-01-01", "D")
    return system(within(seasons, january + (starts - 1)))


def measure(region: str, seed: int, size_m: int) -> Counted:
    """Simulate, detect, count."""
    made = simulate.county(seed, region=region, size_m=size_m)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", FarmlandWarning)
        simulate.write(made, Path(folder))
        result = detect(Path(folder), AFTER)
    sys.stderr.write(f"{region} {seed}\n")
    named: Counter[tuple[str, str]] = Counter()
    listed: Counter[str] = Counter()
    turned = 0
    lists = set(result.conversions["parcel_id"]) - set(result.outflow["parcel_id"])
    rows = zip(result.parcels.itertuples(), seasons_of(made), strict=True)
    for parcel, seasons in rows:
        past = {sown(seasons, region, year) for year in YEARS}
        now = system(within(seasons, np.datetime64(AFTER.start, "D")))
        switched = now in {"vegetable", "rapeseed"} and past.isdisjoint({"vegetable", "other"})
        if parcel.status in MONITORED and len(past) == 1 and past != {"other"}:
            named[past.pop(), parcel.cropping] += 1
        if parcel.status == "stable":
            turned += switched
        if parcel.parcel_id in lists:
            truth = now in {"vegetable", "rapeseed"}
            listed["switched" if switched else "that crop, also before" if truth else "wrong"] += 1
    return Counted(region, named, listed, turned)


def detect(folder: Path, after: Period, history: Period | None = None) -> Result:
    """Run the main job on a folder with parcels and a catalog."""
    plan = Plan(
        parcels=str(folder / "parcels.gpkg"),
        catalog=str(folder / "catalog.json"),
        after=after,
        before=history,
        history=history,
        crops=True,
        workers=1,
        offline=True,
    )
    return flow.detect(plan, lambda _stage, _done, _total: None)


def naming(counted: Sequence[Counted]) -> Table:
    """Share of fields named right, named generally, and the commonest wrong name."""
    general = {"single_crop", "double_crop", "irregular", "unknown"}
    rows: list[list[str | int | float]] = []
    for region in dict.fromkeys(one.region for one in counted):
        total = sum((one.named for one in counted if one.region == region), Counter())
        for truth in sorted({truth for truth, _ in total}):
            names = Counter({name: n for (sown_, name), n in total.items() if sown_ == truth})
            fields = names.total()
            wrong = [(n, name) for name, n in names.items() if name not in {truth, *general}]
            most = max(wrong, default=(0, "–"))[1]
            vague = sum(names[name] for name in general)
            shares = [round(n / fields, 2) for n in (names[truth], vague)]
            rows.append([region, truth, fields, *shares, most])
    return Table(
        "Fields by what was sown in both of the last two years",
        ["region", "sown", "fields", "named so", "named generally", "commonest wrong name"],
        rows,
        "Named generally: one or two crops a year, irregular or unknown. Soybean after wheat "
        "counts as maize; fields that were not monitored are left out.",
    )


def switching(counted: Sequence[Counted]) -> Table:
    """What ``--crops`` lists."""
    kinds = ("switched", "that crop, also before", "wrong")
    rows: list[list[str | int | float]] = []
    for region in dict.fromkeys(one.region for one in counted):
        mine = [one for one in counted if one.region == region]
        fields = sum(one.named.total() for one in mine)
        found = [sum(one.listed[kind] for one in mine) for kind in kinds]
        rows.append([region, fields, sum(one.turned for one in mine), *found])
    return Table(
        "Another crop on fields of grain",
        ["region", "fields", "truly switched", *(f"listed: {kind}" for kind in kinds)],
        rows,
        "Truly switched: grain in both years before, and in the twelve months nothing but "
        "vegetables or rapeseed.",
    )


def flanders(shared: Path) -> Table:
    """Names of real parcels by the crop of the register."""
    found = detect(
        shared / "data" / "s2_flanders_2018_2019",
        Period.parse("2019-11-01/2019-11-30"),
        Period.parse("2018-08-01/2019-10-31"),
    ).parcels
    rows = []
    for code, right in REGISTER.items():
        names = Counter(found.loc[found["crop_type"] == code, "cropping"])
        said = ", ".join(f"{name} {n}" for name, n in names.most_common())
        rows.append([code, names.total(), sum(names[name] for name in right), said])
    return Table(
        "Real parcels of Flanders, 2018-2019, by their shape alone",
        ["register", "parcels", "right", "named"],
        rows,
        "1110 winter wheat, 1510 winter barley, 1200 maize, 9120 grassland.",
    )


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, nargs="+", default=[31])
    parser.add_argument("--size", type=int, default=1200)
    asked = parser.parse_args()
    counted = [
        measure(region, seed, asked.size)
        for region in ("north_china", "huai", "middle_yangtze", "cloudy_south", "northeast")
        for seed in asked.seeds
    ]
    tables = [naming(counted), switching(counted)]
    shared = os.environ.get("FARMLAND_SHARED")
    if shared:
        tables.append(flanders(Path(shared)))
    command = f"python benchmarks/cropping.py --seeds {' '.join(map(str, asked.seeds))}"
    write("cropping", "What grew before", f"{command} --size {asked.size}", tables)


if __name__ == "__main__":
    main()
