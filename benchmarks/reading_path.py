"""One reading in a process of its own: ``reading_path.py <path> <job> <warm-up job> <kept>``.

After the imports a small place is read, which compiles kernels and opens libraries; then the clock
starts. What it took is printed as one line of JSON. The peak is that of the reading alone, above
what the process held when it had imported and done nothing.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from reading_job import Job, Reading

LIBRARIES = ("geopandas", "numpy", "pyogrio", "rasterio", "shapely")
"""What every path imports ahead; the rest is its own."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a reading took."""

    seconds: float
    processor: float
    """Seconds of all cores."""
    pixels: float
    """Seconds from the first pixel on: parcels and items are read before."""
    peak: float
    """MiB above an idle import."""
    requests: int
    """Calls that read from files."""
    bytes: int
    """Read from files, by whatever the system keeps of them."""


def measured(work: Callable[[], float], idle: float) -> Cost:
    """Run ``work``, which tells when its first pixel was asked for, and look at what it takes."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")  # the peak starts anew: proc(5)
    calls, size = _files_read()
    begun, spent = time.perf_counter(), time.process_time()
    first = work()
    ended = time.perf_counter()
    seconds, processor = ended - begun, time.process_time() - spent
    calls_after, size_after = _files_read()
    peak = _memory("VmHWM") - idle
    return Cost(seconds, processor, ended - first, peak, calls_after - calls, size_after - size)


def _memory(field: str) -> float:
    """MiB of this process: ``VmRSS`` now, ``VmHWM`` at most (proc(5))."""
    status = Path("/proc/self/status").read_text("ascii")
    found = re.search(rf"{field}:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024


def _files_read() -> tuple[int, int]:
    """Calls and bytes that this process has read from files (proc(5), io); sockets are not in."""
    counted = dict(
        line.split(": ") for line in Path("/proc/self/io").read_text("ascii").split("\n") if line
    )
    return int(counted["syscr"]), int(counted["rchar"])


def paths_of(name: str) -> tuple[Callable[[Job], Any], Callable[[Any], Reading]]:
    """What a path does ahead, and its reading: ``ours``, ``peer``, ``peer:512`` or ``oracle``."""
    module, _, chunk = name.partition(":")
    path = importlib.import_module(module)
    return (partial(path.prepare, chunk=int(chunk)) if chunk else path.prepare), path.read


def main() -> None:
    """Import, warm up, measure, print."""
    name, job, warming, kept = sys.argv[1:]
    for library in LIBRARIES:
        importlib.import_module(library)
    if name.startswith("limit"):
        limit = importlib.import_module("limit")
        decode = limit.decoding(Job.read(job), everything=name.endswith("all"))
        idle = _memory("VmRSS")
        work = partial(_timed, decode)
    else:
        prepare, read = paths_of(name)
        idle = _memory("VmRSS")
        read(prepare(Job.read(warming))).write(Path(kept))
        work = partial(_keep, prepare, read, Job.read(job), Path(kept))
    print(json.dumps(asdict(measured(work, idle))))


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return begun


def _keep(
    prepare: Callable[[Job], Any], read: Callable[[Any], Reading], job: Job, kept: Path
) -> float:
    """Prepare, read and write the table; returns when reading began."""
    ready = prepare(job)
    begun = time.perf_counter()
    read(ready).write(kept)
    return begun


if __name__ == "__main__":
    main()
