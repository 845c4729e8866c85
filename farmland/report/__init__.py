"""What stands beside a result: a page, an overview, a picture of each patch, the run as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from farmland.errors import disk_fault
from farmland.progress import Tell, counted, silent
from farmland.report import backdrop, clues, fonts, maps, page, pictures, words
from farmland.report.clues import Clue
from farmland.report.placing import place
from farmland.result import Result
from farmland.rules import Words

PICTURE = re.compile(r"[0-9a-f]{12}\.png")
"""Names of our pictures: ids are hexadecimal, so no id can name another file."""

PICTURES = 1000
"""Patches with a picture in ``chips/``, those most worth a visit first; each takes a while."""


def write(result: Result, folder: Path, language: str, tell: Tell = silent) -> tuple[Path, ...]:
    """Write the folder beside a GeoPackage.

    Parameters
    ----------
    result : Result
    folder : Path
        ``X`` beside ``X.gpkg``; made where it is missing.
    language : {"zh", "en"}
        Of the pictures, and the one the page shows first.
    tell : callable
        Told how many pictures of patches are drawn.

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
    frames = maps.frames(result, found)
    drawn = fonts.language_of_pictures(language)
    overview = pictures.overview(result, frames, drawn)
    try:
        (folder / "chips").mkdir(parents=True, exist_ok=True)
        first = clues.by_worth(found)[:PICTURES]
        beside = _write_chips(result, first, folder / "chips", drawn, tell)
        pair = backdrop.read(folder)
        html = page.parts(result, found, overview, pair, beside, language)
        run = json.dumps(dict(result.run), ensure_ascii=False, indent=2)
        return (
            place(folder / "report.html", (piece.encode() for piece in html)),
            place(folder / "overview.png", [overview]),
            place(folder / "run.json", [run.encode()]),
        )
    except OSError as fault:
        raise disk_fault(fault, folder) from fault


def _write_chips(
    result: Result, found: Sequence[Clue], folder: Path, language: str, tell: Tell
) -> frozenset[str]:
    """One picture for each of these patches that has evidence; older ones go; ids of the drawn."""
    names = {f"{clue.patch_id}.png": clue for clue in found}
    names = {name: clue for name, clue in names.items() if PICTURE.fullmatch(name)}
    taken = result.pictured
    drawn = set()
    for name, clue in counted(tell, "chips", names.items(), len(names)):
        if _write_chip(result, clue, folder, language, words.absent(clue.patch_id in taken)):
            drawn.add(name)
    for old in folder.iterdir():
        if PICTURE.fullmatch(old.name) and old.name not in drawn:
            old.unlink()
    return frozenset(names[name].patch_id for name in drawn)


def _write_chip(result: Result, clue: Clue, folder: Path, language: str, absent: Words) -> bool:
    """Draw the evidence of one patch; False where there is none."""
    item = result.evidence.get(clue.patch_id)
    if item is None:
        return False
    shapes = clues.outlines(clue, item, result.conversions.crs)
    picture = pictures.evidence(item, clue, shapes, language, absent)
    place(folder / f"{clue.patch_id}.png", [picture])
    return True
