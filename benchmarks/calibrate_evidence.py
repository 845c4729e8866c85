"""What evidence is worth: fits the curves ``odds_*`` of farmland/rules/detection.toml.

``python benchmarks/calibrate_evidence.py`` lets the product measure its own candidates on simulated
counties (default and shifted worlds, one to three years of history) and on real series (quiet, and
with covers set into them), fits one additive score to all, and writes its curves as rules. How they
hold where they were not fitted is measured leaving out whole regions, and recorded.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from contest import additive, cuts, implants, measures, real, worlds
from contest.additive import Curve, Score, Shape
from contest.cases import Case
from numpy.typing import NDArray
from record import Table, write

from farmland import rules
from farmland.detect import evidence, patches, signals

DATA = Path(os.environ.get("FARMLAND_SHARED") or Path(__file__).resolve().parents[2] / "shared")
FOLDER = Path(__file__).resolve().parent / ".counties"
TARGET = Path(rules.__file__).parent / "detection.toml"
RULES = rules.load("cn").detection

REGIONS, SEEDS = tuple(worlds.SIZES_M), (101, 102)
"""Other seeds than any benchmark has."""

SHAPES: Mapping[str, Shape] = {
    "novelty": Shape((0.6, 0.9, 1.3, 2, 3.5, 6)),
    "unusual": Shape((0.6, 1, 1.5, 2.5)),
    "latest": Shape((0.8, 1.5, 2.5, 4)),
    "colour": Shape((0.3, 0.7, 1.2, 2.5)),
    "tint": Shape((0.3, 0.7, 1.2, 2.5)),
    "missing": Shape((0, 3, 8, 15, 30, 60)),
    "peak": Shape((0.2, 0.28, 0.34, 0.4, 0.46), rising=False),
    "recent": Shape((0.2, 0.3, 0.4, 0.55), rising=False),
    "even": Shape((0.015, 0.035, 0.06, 0.1), rising=False),
    "rest": Shape((0, 0.1, 0.2)),
    "apart": Shape((0.8, 1.2, 2, 4)),
    "lasting": Shape((20, 45, 90)),
    "inner": Shape((0, 0.3, 0.7, 1)),
}
"""Knots where the phenomenon turns, from coarse quantiles of quiet candidates and of conversions;
the direction of each is what it means, never fitted."""

RIDGE = 0.5
HALF_WRONG, CONFIRMED = 0.003, 0.0003
"""False alarms among quiet parcels a year, all groups together, that lie at ``HALF_RIGHT`` and at
``confirmed_confidence``: about half and nine in ten clues are right then at ``prior_per_year``."""

HALF_RIGHT = 0.5

LEAST_SHORT = 0.1
"""Log odds by which the best of one kind stays short of a confirmation (DESIGN 4: two kinds)."""

REAL_QUIET = 2.0
"""What a real quiet candidate counts of simulated ones: there are few, and they are real."""


def measured(case: Case) -> pd.DataFrame:
    """Every candidate of a case that is old enough, with its numbers and what it truly was."""
    read = signals.read(case.stack, case.periods, RULES)
    rows = []
    for patch in patches.generate(case.stack, read, RULES):
        changed = patch.changed
        if changed.size < RULES.candidate_looks:
            continue
        around = evidence.surroundings(patch, case.stack, read, RULES)
        numbers = evidence.measure(patch, read, around, changed, RULES)
        if numbers["lasting"] >= RULES.candidate_days:
            rows.append(numbers | {"parcel": patch.parcel, "truth": _truth(patch, case)})
    table = pd.DataFrame(rows, columns=[*SHAPES, "parcel", "truth"])
    table["quiet"] = case.quiet[table["parcel"].to_numpy(np.int64)]
    return table


def _truth(patch: patches.Patch, case: Case) -> int:
    """Position of the fast truth of the period after that a candidate outlines, or -1."""
    for number, truth in enumerate(case.truths):
        if truth.parcel != patch.parcel or truth not in measures.counted(case):
            continue
        shared = np.isin(truth.pixels, patch.pixels).sum()
        either = truth.pixels.size + patch.pixels.size - shared
        if truth.cover in measures.FAST and truth.pixels.size and shared >= 0.2 * either:
            return number
    return -1


def of_county(county: worlds.County, folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Candidates of a county and its fast truths and quiet parcels; one to three years in turn."""
    parts = [
        cuts.years(case, 1 + number % 3) for number, case in enumerate(worlds.cases(county, folder))
    ]
    sys.stderr.write(f"{county.group} {county.seed}\n")
    return together(county.region, county.group, parts)


def together(region: str, group: str, cases: Iterable[Case]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Candidates of some cases, and what there was to find and to leave alone."""
    found, there = [], []
    for number, case in enumerate(cases):
        found.append(measured(case).assign(region=region, group=group, case=number))
        truths = [(n, truth) for n, truth in enumerate(case.truths)]
        old = measures.counted(case)
        there += [
            {"truth": n, "cover": t.cover, "area_m2": t.area_m2, "age": _age(t.onset, case)}
            | {"case": number, "group": group, "parcel": t.parcel}
            for n, t in truths
            if t in old and t.cover in measures.FAST
        ]
        quiet = [{"truth": -1, "case": number, "group": group, "parcel": int(g)}
                 for g in np.flatnonzero(case.quiet)]  # fmt: skip
        there += quiet
    return pd.concat(found, ignore_index=True), pd.DataFrame(there)


def _age(onset: np.datetime64, case: Case) -> int:
    return int((case.periods.after.end - onset.astype(object)).days)


def counting(rows: pd.DataFrame) -> NDArray[np.float64]:
    """What each candidate counts (n,): a truth once, however many candidates outline it."""
    size = rows.groupby(["group", "case", "parcel", "truth"])["parcel"].transform("size")
    real_quiet = (rows["region"] == "real") & ~rows["change"]
    weight = np.where(rows["change"], 1 / size, np.where(real_quiet, REAL_QUIET, 1.0))
    return np.asarray(weight, np.float64)


def left_out(rows: pd.DataFrame) -> NDArray[np.float64]:
    """Log odds (n,) of each candidate by a score that never saw its region."""
    out = np.empty(len(rows))
    for region in rows["region"].unique():
        inside = (rows["region"] == region).to_numpy()
        rest = rows[~inside]
        out[inside] = additive.fit(rest, SHAPES, counting(rest), RIDGE).of(rows[inside])
    return out


def strongest(rows: pd.DataFrame, odds: NDArray[np.float64], keys: list[str]) -> pd.Series:
    """Highest log odds for each key."""
    return rows.assign(odds=odds).groupby(keys)["odds"].max()


def anchored(rows: pd.DataFrame, odds: NDArray[np.float64], quiet: int) -> tuple[float, float]:
    """Slope and shift that put the two rates of false alarms at the two confidences."""
    alarms = strongest(rows[rows["quiet"]], odds[rows["quiet"]], ["group", "case", "parcel"])
    ranked = np.sort(alarms.to_numpy())[::-1]
    low, high = (ranked[int(rate * quiet)] for rate in (HALF_WRONG, CONFIRMED))
    wanted = [math.log(c / (1 - c)) for c in (HALF_RIGHT, RULES.confirmed_confidence)]
    slope = (wanted[1] - wanted[0]) / (high - low)
    return slope, wanted[0] - slope * low


def table(
    rows: pd.DataFrame, confidence: NDArray[np.float64], there: pd.DataFrame
) -> Iterator[tuple[str | float, ...]]:
    """Recall and false alarms of each group at the two confidences."""
    keys = ["group", "case", "parcel", "truth"]
    for group, known in there.groupby("group", sort=False):
        own = (rows["group"] == group).to_numpy()
        best = strongest(rows[own], confidence[own], keys)
        sure = known.merge(best.rename("sure").reset_index(), how="left", on=keys).fillna(
            {"sure": 0.0}
        )
        alarms = strongest(rows[own & rows["quiet"]], confidence[own & rows["quiet"]], keys[:3])
        quiet = int((known["truth"] < 0).sum())
        large = sure[(sure["truth"] >= 0) & (sure["area_m2"] >= 1000) & (sure["age"] >= 60)]
        old = large[large["age"] >= 120]
        yield (
            str(group),
            len(large),
            _percent((large["sure"] >= HALF_RIGHT).mean()),
            _percent((old["sure"] >= RULES.confirmed_confidence).mean()),
            quiet,
            _percent((alarms >= HALF_RIGHT).sum() / max(quiet, 1), 2),
            _percent((alarms >= RULES.confirmed_confidence).sum() / max(quiet, 1), 2),
        )


def _percent(share: float, places: int = 1) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.{places}f}"


def written(score: Score, slope: float, shift: float) -> str:
    """The rules with the curves of a score."""
    text = TARGET.read_text("utf-8")
    base = shift + slope * score.base
    curves = bounded({name: scaled(score.curve(name), slope) for name in SHAPES}, base)
    values = {"odds_base": f"{base:.2f}"}
    for name, curve in curves.items():
        points = ", ".join(f"[{at}, {odds + 0:.2f}]" for at, odds in curve)
        values[f"odds_{name}"] = f"[{points}]"
    for name, value in values.items():
        text, found = re.subn(rf"(\[{name}\]\nvalue = ).*", rf"\g<1>{value}", text)
        if found != 1:
            sys.exit(f"{TARGET.name} has no entry {name}.")
    return text


def bounded(curves: Mapping[str, Curve], base: float) -> dict[str, Curve]:
    """Curves of which no kind can confirm alone, however well the rest of a patch is seen."""
    out = dict(curves)
    best = {name: max(odds for _, odds in curve) for name, curve in curves.items()}
    confirmed = math.log(RULES.confirmed_confidence / (1 - RULES.confirmed_confidence))
    room = confirmed - LEAST_SHORT - base - best["lasting"] - best["inner"]
    for names in evidence.KINDS.values():
        factor = min(1.0, room / sum(best[name] for name in names))
        out |= {name: scaled(curves[name], factor) for name in names}
    return out


def scaled(curve: Curve, factor: float) -> Curve:
    return [(at, factor * odds) for at, odds in curve]


def main() -> None:
    """Measure, fit, write and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--dry", action="store_true", help="leave the rules as they are")
    asked = parser.parse_args()
    counties = [
        *worlds.counties(REGIONS, SEEDS[:1]),
        *worlds.counties(REGIONS, SEEDS[1:], shifted=True),
    ]
    with ProcessPoolExecutor(asked.processes) as pool:
        parts = list(pool.map(partial(of_county, folder=asked.folder), counties))
    data = DATA / "data"
    parts.append(together("real", "real, quiet", real.quiet(data)))
    parts.append(together("real", "real, covers set in", implants.cases(data)))
    rows = pd.concat([found for found, _ in parts], ignore_index=True)
    there = pd.concat([known for _, known in parts], ignore_index=True)
    rows["change"] = rows["truth"] >= 0
    rows = rows[rows["change"] | rows["quiet"]].reset_index(drop=True)
    simulated = (rows["region"] != "real").to_numpy()
    odds = left_out(rows)
    quiet = int(((there["truth"] < 0) & ~there["group"].str.startswith("real")).sum())
    slope, shift = anchored(rows[simulated], odds[simulated], quiet)
    confidence = 1 / (1 + np.exp(-(shift + slope * odds)))
    heads = (
        *("group", "patches", "listed %", "confirmed (120 days) %"),
        *("quiet parcels", "false alarms %", "confirmed false alarms %"),
    )
    note = (
        f"{len(rows):,} candidates. Each group was judged by a score fitted without its region "
        "(all real series are one region). Patches: fast covers of 1,000 m² and 60 days or more."
    )
    tables = [
        Table("Where the curves were not fitted", heads, list(table(rows, confidence, there)), note)
    ]
    score = additive.fit(rows, SHAPES, counting(rows), RIDGE)
    if not asked.dry:
        TARGET.write_text(written(score, slope, shift), "utf-8")
    print(pd.DataFrame(tables[0].rows, columns=heads).to_string(index=False))
    write(
        "evidence",
        "What evidence is worth",
        "python benchmarks/calibrate_evidence.py",
        tables,
        ("scipy",),
    )


if __name__ == "__main__":
    main()
