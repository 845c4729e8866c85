"""The same county read by odc-stac and by ours: ``python benchmarks/reading.py``.

From a list of STAC items and a layer of parcels to one clean NDVI for each parcel and look, from
disk and over HTTP from this machine's nginx. Every reading is a process of its own; the two readers
take turns. Their tables are compared first: one cell that differs ends the benchmark.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import reading_county as land
from reading_county import SCENARIOS, WARMING, Scenario
from reading_job import Clean, Job, demand_equal, written
from reading_path import Cost
from reading_tables import Measured, tables
from record import write
from serving import Server, serving

HERE = Path(__file__).resolve().parent
SOURCES = ("disk", "http")
LIMITS = ("limit-needed", "limit-all")
ROUNDS, LIMIT_ROUNDS = 5, 3
PEERS = ("odc-stac", "odc-loader", "dask")
"""Whose versions the record also names."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Where things are while it runs."""

    root: Path
    """Counties."""
    folder: Path
    """Everything of this run."""
    server: Server
    threads: int

    def job(self, scenario: Scenario, source: str) -> Path:
        """The job of a scenario read from ``disk`` or over ``http``; returns its file."""
        name = f"{scenario.name}-{source}.json"
        kept, base = self.root / f"items-{name}", str(self.root)
        address = str(kept)
        if source == "http":
            kept, base = self.server.stac / name, self.server.address
            address = f"{base}/stac/{name}"
        kept.write_text(json.dumps(land.collection(scenario, self.root, base)), "utf-8")
        parcels = str(self.root / f"reading-{scenario.name}.gpkg")
        job = Job(address, parcels, str(scenario.period), self.threads)
        return job.write(self.folder / f"job-{name}")

    def read(self, path: str, scenario: Scenario, source: str) -> Cost:
        """One reading in a fresh process; requests over HTTP are counted by the server."""
        kept = self._file(path, scenario, source)
        jobs = [str(self.job(each, source)) for each in (scenario, WARMING)]
        command = [sys.executable, str(HERE / "reading_path.py"), path, *jobs, str(kept)]
        printed: list[bytes] = []

        def run() -> None:
            printed.append(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)

        asked = self.server.during(run, without=f"{WARMING.name}-")
        cost = Cost(**json.loads(printed[0]))
        if source == "http":
            return replace(cost, requests=asked.requests, bytes=asked.bytes)
        return cost

    def kept(self, path: str, scenario: Scenario, source: str) -> Clean:
        """The table that the last reading gave."""
        return written(self._file(path, scenario, source))

    def _file(self, path: str, scenario: Scenario, source: str) -> Path:
        return self.folder / f"{path.partition(':')[0]}-{scenario.name}-{source}.npy"


def compare(bench: Bench, scenario: Scenario, paths: Sequence[str], rounds: int) -> list[Measured]:
    """Both paths in turns from both sources; the first turn is compared."""
    costs: defaultdict[tuple[str, str], list[Cost]] = defaultdict(list)
    for turn in range(rounds):
        for source in SOURCES:
            for path in paths:
                costs[source, path].append(bench.read(path, scenario, source))
                print(scenario.name, source, path, costs[source, path][-1], flush=True)
            if turn == 0 and scenario.compared:
                demand_equal(*(bench.kept(path, scenario, source) for path in paths))
    if scenario.compared:
        for path in LIMITS:
            costs["disk", path] = [bench.read(path, scenario, "disk") for _ in range(LIMIT_ROUNDS)]
    found = bench.kept(paths[0], scenario, "disk")
    return [
        Measured(scenario, source, path, tuple(each), found)
        for (source, path), each in costs.items()
    ]


def main() -> None:
    """Make, compare, measure, print and record."""
    given = _arguments()
    root = given.folder.resolve()
    root.mkdir(parents=True, exist_ok=True)
    for scenario in (*SCENARIOS, WARMING):
        land.prepare(scenario, root)
    measured: list[Measured] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(root, Path(folder, "nginx")) as server,
    ):
        bench = Bench(root, Path(folder), server, given.threads)
        for scenario in SCENARIOS:
            paths = (given.ours, "peer") if scenario.compared else (given.ours,)
            measured += compare(bench, scenario, paths, given.rounds if scenario.compared else 1)
    made = tables(measured, given.ours, given.threads, os.getloadavg()[2])
    for table in made:
        print(f"\n{table.title}", *("\t".join(map(str, row)) for row in table.rows), sep="\n")
        print(table.note)
    command = f"python benchmarks/reading.py --rounds {given.rounds}"
    write("reading", "Clean NDVI of every parcel and look", command, made, PEERS)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="turns of each reader")
    parser.add_argument("--threads", type=int, default=2, help="of each reader")
    parser.add_argument("--ours", default="ours", help="ours or oracle: the module that reads")
    parser.add_argument("--folder", type=Path, default=HERE / ".counties")
    return parser.parse_args()


if __name__ == "__main__":
    main()
