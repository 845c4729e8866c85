"""What stands beside a result: a page, an overview, a picture of each patch, the run as JSON."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
from shapely.geometry.base import BaseGeometry

from farmland.errors import disk_fault
from farmland.report import clues, fonts, maps, page, pictures
from farmland.report.clues import Clue
from farmland.result import Evidence, Result

PICTURE = re.compile(r"[0-9a-f]{12}\.png")
"""Names of our pictures: ids are hexadecimal, so no id can name another file."""


def write(result: Result, folder: Path, language: str) -> tuple[Path, ...]:
    """Write the folder beside a GeoPackage.

    Parameters
    ----------
    result : Result
    folder : Path
        ``X`` beside ``X.gpkg``; made where it is missing.
    language : {"zh", "en"}
        Of the pictures, and the one the page shows first.

    Returns
    -------
    tuple of Path
        ``report.html`` first, then ``overview.png`` and ``run.json``. Pictures of the patches lie
        in ``chips/<patch_id>.png``; those of patches that are gone are removed.

    Raises
    ------
    UnusableInput
        When the folder cannot be written.
    Unreachable
        When the disk is full.
    """
    found = clues.of(result.conversions)
    shapes = _shapes(found, result)
    frames = maps.frames(result, found)
    drawn = fonts.language_of_pictures(language)
    contents = {
        "report.html": page.render(result, found, frames, shapes, language).encode(),
        "overview.png": pictures.overview(result, frames, drawn),
        "run.json": json.dumps(dict(result.run), ensure_ascii=False, indent=2).encode(),
    }
    try:
        (folder / "chips").mkdir(parents=True, exist_ok=True)
        _write_chips(result.evidence, found[: page.MOST_CARDS], shapes, folder / "chips", drawn)
        return tuple(_place(folder / name, content) for name, content in contents.items())
    except OSError as fault:
        raise disk_fault(fault, folder) from fault


def _write_chips(
    evidence: Mapping[str, Evidence],
    found: Sequence[Clue],
    shapes: Mapping[str, Mapping[str, BaseGeometry]],
    folder: Path,
    language: str,
) -> None:
    """One picture for each patch that has evidence; older ones go."""
    names = {f"{clue.patch_id}.png": clue for clue in found if clue.patch_id in evidence}
    for old in folder.iterdir():
        if PICTURE.fullmatch(old.name) and old.name not in names:
            old.unlink()
    for name, clue in names.items():
        if PICTURE.fullmatch(name):
            item = evidence[clue.patch_id]
            _place(folder / name, pictures.evidence(item, clue, shapes[clue.patch_id], language))


def _shapes(found: Sequence[Clue], result: Result) -> dict[str, dict[str, BaseGeometry]]:
    """Outline of each patch in the CRS of its chips, by patch id and CRS."""
    by_zone: dict[str, list[Clue]] = {}
    for clue in found:
        item = result.evidence.get(clue.patch_id)
        for crs in {chip.crs for chip in (item.before, item.after) if chip} if item else ():
            by_zone.setdefault(crs, []).append(clue)
    shapes: dict[str, dict[str, BaseGeometry]] = {clue.patch_id: {} for clue in found}
    for crs, members in by_zone.items():
        own = gpd.GeoSeries([clue.geometry for clue in members], crs=result.conversions.crs)
        for clue, shape in zip(members, own.to_crs(crs), strict=True):
            shapes[clue.patch_id][crs] = shape
    return shapes


def _place(path: Path, content: bytes) -> Path:
    """Put a file in its place in one step."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path
