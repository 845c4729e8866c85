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

from reading_job import Job, Reading

LIBRARIES = ("geopandas", "numpy", "pyogrio", "rasterio", "shapely")
"""What every path imports ahead; the rest is its own."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a reading took."""

    seconds: float
    processor: float
    """Seconds of all cores."""
    peak: float
    """MiB above an idle import."""
    requests: int
    """Calls that read from files."""
    bytes: int
    """Read from files, by whatever the system keeps of them."""


def measured(work: Callable[[], object], idle: float) -> Cost:
    """Run ``work`` and look at what it takes."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")  # the peak starts anew: proc(5)
    calls, size = _files_read()
    begun, spent = time.perf_counter(), time.process_time()
    work()
    seconds, processor = time.perf_counter() - begun, time.process_time() - spent
    calls_after, size_after = _files_read()
    peak = _memory("VmHWM") - idle
    return Cost(seconds, processor, peak, calls_after - calls, size_after - size)


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


def path_of(name: str) -> Callable[[Job], Reading]:
    """The reader of a name: ``ours``, ``peer`` or ``oracle``; ``peer:512`` sets its chunks."""
    module, _, chunk = name.partition(":")
    read: Callable[..., Reading] = importlib.import_module(module).read
    return partial(read, chunk=int(chunk)) if chunk else read


def main() -> None:
    """Import, warm up, measure, print."""
    name, job, warming, kept = sys.argv[1:]
    for library in LIBRARIES:
        importlib.import_module(library)
    if name.startswith("limit"):
        limit = importlib.import_module("limit")
        work = limit.decoding(Job.read(job), everything=name.endswith("all"))
        idle = _memory("VmRSS")
    else:
        read = path_of(name)
        idle = _memory("VmRSS")
        read(Job.read(warming)).write(Path(kept))
        work = partial(_keep, read, Job.read(job), Path(kept))
    print(json.dumps(asdict(measured(work, idle))))


def _keep(read: Callable[[Job], Reading], job: Job, kept: Path) -> None:
    """Read, and write the table."""
    read(job).write(kept)


if __name__ == "__main__":
    main()
