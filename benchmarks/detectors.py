"""Detectors against each other on the same pixels: ours, ours with less evidence, and the peers.

``python benchmarks/detectors.py`` makes the counties (once), lets every detector judge every case,
counts by DESIGN 7 and records the tables. ``--quick`` does a small part of it in three minutes and
records nothing. With ``--detectors`` some are run again; the others keep the rows of the last run.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from contest import beside, cuts, foreign, implants, measures, outcome, real, tables, worlds
from contest.cases import Case, Detector
from contest.measures import Score
from contest.outcome import Outcome
from contest.peers import annual_peak, same_season
from contest.product import Ours
from contest.sketch import sketch
from record import Table, write

from farmland.detect.evidence import KINDS

DATA = Path(os.environ.get("FARMLAND_SHARED") or Path(__file__).resolve().parents[2] / "shared")
FOLDER = Path(__file__).resolve().parent / ".counties"

MUTE = ((0.0, 0.0),)
"""The curve of a number that says nothing."""

WITHOUT: Mapping[str, Mapping[str, Any]] = {
    **{
        f"ours without {kind}": {f"odds_{name}": MUTE for name in names}
        for kind, names in {**KINDS, "rim": ("inner",), "persistence": ("lasting",)}.items()
    },
    "ours without neighbours": {"neighbour_share": 1.0},
    "ours without what is usual": {"usual_share": 2.0},
}
"""Row to the rules that switch one piece of evidence off."""

REGIONS = ("north_china", "northeast", "cloudy_south")
REAL = ("real", "implants")
GROUPS = ("simulated", "histories", "shifted", *REAL)
YEARS = {"simulated": (2,), "histories": (1, 3), "shifted": (2,)}
"""Of history, in the groups that are counties."""
REPLAYED, REPLAYED_CELLS = ("simulated", "shifted"), 2
"""Groups that are replayed, and the cells of a county that are: those with the most to find."""

QUIET_SAMPLE = 12
"""Quiet parcels of each cell that a sampled detector sees, beside all with a truth."""

PEERS = (
    f"Peers as they come, with their defaults: {' and '.join(foreign.PACKAGES)}, pixel by pixel on "
    f"all parcels with a patch and {QUIET_SAMPLE} quiet ones of each cell, or 4 of each host of an "
    "implant (rows marked sample); sketch, annual peak and same season are written down in "
    "benchmarks/contest. Peers know one tier: their alarms count as candidates and as confirmed. "
    "All detectors see the same pixels under the same cleaned classification."
)


@dataclass(frozen=True, slots=True)
class Row:
    """One detector and how far it is taken."""

    detector: Detector
    sampled: bool = False
    """Looks at each pixel by itself and takes long: a sample of the quiet parcels is enough."""
    replayed: bool = False
    groups: tuple[str, ...] = GROUPS
    """Where it takes part: what takes long leaves out what decides little."""


ROWS: Mapping[str, Row] = {
    "ours": Row(Ours(), replayed=True),
    **{name: Row(Ours(less), groups=("simulated", *REAL)) for name, less in WITHOUT.items()},
    "sketch": Row(sketch, replayed=True),
    "annual peak": Row(annual_peak),
    "same season": Row(same_season),
    **{
        kind if kind in foreign.BREAKS else f"nrt {kind}": Row(
            foreign.Foreign(kind), sampled=True, groups=("simulated", "shifted", *REAL)
        )
        for kind in (*foreign.MONITORS, *foreign.BREAKS)
    },
}


@dataclass(frozen=True, slots=True)
class Task:
    """Some cases that one process does."""

    group: str
    """One of ``GROUPS``."""
    county: worlds.County | None
    step_days: int = 10
    """Of the replay."""

    @property
    def quiet_sample(self) -> int:
        """Quiet parcels that sampled detectors see of a case; implants repeat the same hosts."""
        return 4 if self.group == "implants" else QUIET_SAMPLE

    @property
    def name(self) -> str:
        """Of the file its scores are kept in."""
        made = self.county
        return f"{self.group}-{made.region}-{made.seed}-{made.size_m}" if made else self.group

    def cases(self, folder: Path) -> Iterator[Case]:
        """The cases of the task."""
        if self.county is not None:
            for case in worlds.cases(self.county, folder):
                yield from (cuts.years(case, count) for count in YEARS[self.group])
        else:
            given = real.quiet if self.group == "real" else implants.cases
            yield from given(DATA / "data")


def do(task: Task, names: Sequence[str], folder: Path) -> Outcome:
    """Let some detectors judge the cases of a task; the scores of others are those of before."""
    file = folder / f"scores-{task.name}.pickle"
    result = outcome.kept(file).without(names)
    given = list(task.cases(folder))
    for name in (name for name in names if task.group in ROWS[name].groups):
        row, began = ROWS[name], time.perf_counter()
        for number, case in enumerate(given):
            seen = cuts.sample(case, task.quiet_sample, number) if row.sampled else case
            score = measures.judge(row.detector, seen)
            result.scores.setdefault((case.group, name), []).append(score)
        if row.replayed and task.group in REPLAYED:
            for case in sorted(given, key=tables.lag_count)[-REPLAYED_CELLS:]:
                lags = measures.replay(row.detector, case, task.step_days)
                result.lags.setdefault((case.group, name), []).append(lags)
        sys.stderr.write(f"{task.name}: {name}, {time.perf_counter() - began:.0f} s\n")
    outcome.keep(result, file)
    return result


def tabulated(result: Outcome) -> list[Table]:
    """All tables, group by group."""
    seen = {
        group: Score.joined(result.scores[group, name])
        for name in reversed(ROWS)
        if not ROWS[name].sampled
        for group in result.groups()
        if (group, name) in result.scores
    }
    made = [tables.cases(seen, PEERS)]
    for group in result.groups():
        names = [name for name in ROWS if (group, name) in result.scores]
        scores = {label(name): Score.joined(result.scores[group, name]) for name in names}
        lags = {
            label(name): measures.stacked(result.lags[group, name])
            for name in names
            if (group, name) in result.lags
        }
        made.append(tables.found(group, scores))
        if any(len(score.truths) for score in scores.values()):
            made.append(tables.described(group, scores, lags))
        if "ours" in scores and len(scores["ours"].truths):
            made += [kind(group, scores["ours"]) for kind in (tables.by_cover, tables.confusion)]
    return made


def label(name: str) -> str:
    """Name of a row, which says where it saw a sample only."""
    return f"{name} (sample)" if ROWS[name].sampled else name


def tasks(asked: argparse.Namespace) -> list[Task]:
    """What is asked for."""
    step = 30 if asked.quick else 10
    out = []
    for group in asked.groups:
        if group in YEARS:
            shifted = group == "shifted"
            made = worlds.counties(asked.regions, asked.seeds, shifted=shifted, size_m=asked.size)
            out += [Task(group, county, step) for county in made]
        else:
            out.append(Task(group, None))
    return out


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two small counties, no record")
    parser.add_argument("--groups", nargs="+", choices=GROUPS, default=GROUPS)
    parser.add_argument("--detectors", nargs="+", choices=ROWS, default=tuple(ROWS))
    parser.add_argument("--regions", nargs="+", choices=worlds.SIZES_M, default=REGIONS)
    parser.add_argument("--seeds", type=int, nargs="+", default=(1, 2, 3, 4, 5))
    parser.add_argument("--size", type=int, default=0, help="side of the counties in metres")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args(words)
    if asked.quick:
        asked.groups, asked.seeds, asked.size = ("simulated",), (1,), asked.size or 1200
        asked.regions = ("north_china", "cloudy_south")
        asked.detectors = ("ours", "sketch", "annual peak", "same season")
        asked.folder = asked.folder / "quick"
    return asked


def main(words: Sequence[str] | None = None) -> list[Table]:
    """Measure, print and record."""
    asked = arguments(words)
    asked.folder.mkdir(parents=True, exist_ok=True)
    if any(ROWS[name].sampled for name in asked.detectors) and not foreign.ENVIRONMENT.exists():
        foreign.install()
    work = tasks(asked)
    result = Outcome()
    with ProcessPoolExecutor(asked.processes) as pool:
        run = map if asked.processes == 1 else pool.map
        one = partial(do, names=asked.detectors, folder=asked.folder)
        for part in run(one, work):
            result.add(part)
    made = tabulated(result)
    made += beside.tables(DATA / "data") if "real" in asked.groups else []
    for table in made:
        sys.stdout.write(f"\n{table.title}\n{table.note}\n")
        sys.stdout.write(pd.DataFrame(table.rows, columns=table.columns).to_string(index=False))
        sys.stdout.write("\n")
    if not asked.quick:
        words = ("--groups", *asked.groups, "--seeds", *map(str, asked.seeds))
        command = f"python benchmarks/detectors.py {' '.join(words)}"
        write("detectors", "Detectors on the same pixels", command, made)
    return made


if __name__ == "__main__":
    main()
