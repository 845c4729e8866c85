"""Real processes of the command line, a real Dask cluster, and what "the same answer" is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import shapely
from pandas.testing import assert_frame_equal

from farmland import layers
from farmland.result import Result

SAME = ("conversions", "parcels", "overlay", "summary", "accounts")
"""The layers of which guarantee 1 of DESIGN 5 speaks."""


@dataclass(frozen=True)
class Place:
    """A simulated county on disk, and the period to look for change in."""

    folder: Path
    after: str = "2023-07/2024-06"

    @property
    def parcels(self) -> str:
        return str(self.folder / "parcels.gpkg")

    @property
    def catalog(self) -> str:
        return str(self.folder / "catalog.json")


@dataclass(frozen=True)
class Ending:
    """How a process of the command line ended."""

    code: int
    said: Mapping[str, Any]
    talk: str

    @property
    def sentence(self) -> str:
        """The last line of its talk."""
        return self.talk.strip().splitlines()[-1] if self.talk.strip() else ""


def environment(**changes: str) -> dict[str, str]:
    """The environment of a process, in English unless said otherwise."""
    return {**os.environ, "LC_ALL": "C.UTF-8", **changes}


def words(*texts: object) -> list[str]:
    """Arguments of a process that runs farmland."""
    return [sys.executable, "-m", "farmland", *map(str, texts)]


def farmland(*texts: object, **changes: str) -> Ending:
    """Run the command line in a process of its own, as cron would."""
    done = subprocess.run(
        [*words(*texts), "--json"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment(**changes),
        timeout=300,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ending(done.returncode, json.loads(done.stdout or "{}"), done.stderr)


def tables(result: Result) -> dict[str, pd.DataFrame]:
    """The layers of findings as they would be written, geometry as WKB.

    The state of a case is of the runs before, not of the input.
    """
    out = {}
    for name in SAME:
        table = pd.DataFrame(layers.coerce(layers.LAYERS[name], getattr(result, name)))
        if name == "conversions":
            table = table.drop(columns="status")
        if "geometry" in table:
            table["geometry"] = shapely.to_wkb(table["geometry"].to_numpy())
        out[name] = table
    return out


def assert_same(one: Result, other: Result) -> None:
    """Cell for cell."""
    found = tables(other)
    for name, table in tables(one).items():
        assert_frame_equal(table, found[name], check_exact=True, obj=name)


@contextmanager
def running_cluster(
    folder: Path, workers: int
) -> Iterator[tuple[str, list[subprocess.Popen[Any]]]]:
    """A Dask scheduler and its workers, a process each, that end with the block.

    Gives the address and the processes, the scheduler first, once all workers have joined.
    """
    file = folder / "scheduler.json"
    here = ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(file)]
    lone = ["--nworkers", "1", "--nthreads", "1", "--no-nanny", "--local-directory", str(folder)]
    processes = [_started(folder, "scheduler", "--port", "0", *here)]
    try:
        told = wait_for(lambda: json.loads(file.read_text()))
        processes += [_started(folder, "worker", *here, *lone) for _ in range(workers)]
        log = folder / "worker.log"
        wait_for(lambda: not workers or log.read_text().count("Registered to:") == workers)
        yield str(told["address"]), processes
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()


def _started(folder: Path, part: str, *options: str) -> subprocess.Popen[Any]:
    with (folder / f"{part}.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{part}", *options],
            stdout=log,
            stderr=log,
            env=environment(),
        )


def wait_for(what: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Wait until ``what`` gives something; a file that is missing or half written is nothing."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            given = what()
        except (ValueError, OSError):
            given = None
        if given:
            return given
        time.sleep(0.1)
    raise AssertionError("nothing came in time")
