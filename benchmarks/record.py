"""A measurement as one JSON file: what was measured, by which command, where, when, with what."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"
PACKAGES = ("farmland", "numpy", "numba", "rasterio", "geopandas", "shapely")


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the README."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str | int | float]]
    note: str = ""


def write(
    name: str, title: str, command: str, tables: Sequence[Table], more: Sequence[str] = ()
) -> Path:
    """Write ``results/<name>.json``; ``make readme`` carries it into the README.

    ``more``: packages whose versions matter here besides those that always do.
    """
    content = {
        "title": title,
        "command": command,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "versions": {
            "python": platform.python_version(),
            **{package: importlib.metadata.version(package) for package in (*PACKAGES, *more)},
        },
        "tables": [asdict(table) for table in tables],
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return path


def machine() -> str:
    """Processor, cores and memory in one line."""
    information = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    processor = next(
        (line.split(":")[1].strip() for line in information if line.startswith("model name")),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{processor}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GB"
