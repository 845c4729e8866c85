"""What stands beside a result: a page, an overview, a picture of each patch, the run as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from farmland.progress import Tell, counted, silent
from farmland.report import backdrop, clues, fonts, overview, page, pictures, words
from farmland.report.clues import Clue
from farmland.report.placing import clear, into, place
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
    drawn = fonts.language_of_pictures(language)
    seen = overview.draw(result, drawn)
    with into(folder):
        first = clues.by_worth(found)[:PICTURES]
        beside = _write_chips(result, first, folder / "chips", drawn, tell)
        pair = backdrop.read(folder)
        html = page.parts(result, found, seen, pair, beside, language)
        run = json.dumps(dict(result.run), ensure_ascii=False, indent=2)
        return (
            place(folder / "report.html", (piece.encode() for piece in html)),
            place(folder / "overview.png", [seen]),
            place(folder / "run.json", [run.encode()]),
        )


def _write_chips(
    result: Result, found: Sequence[Clue], folder: Path, language: str, tell: Tell
) -> frozenset[str]:
    """One picture for each of these patches that has evidence; older ones go; ids of the drawn."""
    folder.mkdir(exist_ok=True)
    taken, drawn = result.pictured, {}
    for clue in counted(tell, "chips", found, len(found)):
        name = f"{clue.patch_id}.png"
        absent = words.absent(clue.patch_id in taken)
        if PICTURE.fullmatch(name) and _write_chip(result, clue, folder / name, language, absent):
            drawn[folder / name] = clue.patch_id
    clear(folder, PICTURE, drawn)
    return frozenset(drawn.values())


def _write_chip(result: Result, clue: Clue, path: Path, language: str, absent: Words) -> bool:
    """Draw the evidence of one patch; False where there is none."""
    item = result.evidence.get(clue.patch_id)
    if item is None:
        return False
    shapes = clues.outlines(clue, item, result.conversions.crs)
    picture = pictures.evidence(item, clue, shapes, language, absent)
    place(path, [picture])
    return True
