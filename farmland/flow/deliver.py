"""A result on its way to disk: the layers, and the folder beside them."""

from __future__ import annotations

from pathlib import Path

from farmland.flow import greenness
from farmland.flow.detect import detect
from farmland.io import geopackage
from farmland.io import series as kept_series
from farmland.progress import Tell, silent
from farmland.result import Result

FILE_STEPS = 3
"""Rasters, the GeoPackage, series and tests."""


def deliver(
    result: Result, out: str | Path, language: str, tell: Tell = silent
) -> tuple[Path, ...]:
    """Write the GeoPackage and the folder beside it; returns what was written, layer first."""
    from farmland import report

    target = Path(out)
    folder = target.with_suffix("")
    geopackage.check(target)
    tell("files", 0, FILE_STEPS)
    maps = greenness.write(result.greenness, folder, str(result.run["attribution"]))
    tell("files", 1, FILE_STEPS)
    geopackage.write(result, target, language=language)  # its project shows the maps
    tell("files", 2, FILE_STEPS)
    beside = kept_series.write(result, folder)
    tell("files", FILE_STEPS, FILE_STEPS)
    return (target, *report.write(result, folder, language, tell), *beside, *maps)


def demo(out: str | Path, language: str, tell: Tell) -> tuple[Result, tuple[Path, ...]]:
    """Run the main job on the bundled sample; with the result what was written, layer first."""
    from farmland.flow.example import plan

    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    asked = plan(folder)
    found = detect(asked, tell)
    return found, deliver(found, asked.out, language, tell)
