"""Evidence sheets: for each patch one A4 page that an inspector takes to the field (PDF)."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from farmland.progress import Tell
from farmland.report import clues, fonts, words
from farmland.report.clues import Clue
from farmland.report.drawing.paper import Paper
from farmland.report.drawing.surroundings import Land
from farmland.report.placing import clear, into, place
from farmland.report.sheets import facts, layout
from farmland.report.sheets import wording as said
from farmland.report.told import Told
from farmland.report.whereabouts import Whereabouts
from farmland.result import Result
from farmland.rules import Words

FOLDER = "sheets"

MOST = 500
"""Sheets in one file: it can be sent and printed, and the memory for it stays small."""

TOWNSHIP = 9
"""Digits of the places that get files of their own."""

NAME = re.compile(r"sheets(-(\d+|elsewhere))?(-\d{3})?\.pdf")
"""Names of our files; no other file in the folder is touched."""


def write(result: Result, folder: Path, language: str, tell: Tell) -> tuple[Path, ...]:
    """Write a sheet for each patch into ``folder/sheets``; older sheets go.

    Parameters
    ----------
    result : Result
    folder : Path
    language : {"zh", "en"}
        English where Chinese is asked for and no font has it; the sheets then name the font.
    tell : callable
        Hears ``("pages", done, total)``.

    Returns
    -------
    tuple of Path
        ``sheets.pdf``; a file for each township where places are known, and several files where
        one would hold more than 500 sheets. Nothing where there is no patch.

    Raises
    ------
    UnusableInput
        When the folder cannot be written.
    Unreachable
        When the disk is full.
    """
    shown = fonts.language_of_pictures(language)
    found = clues.of(result.conversions)
    known, land, told = Whereabouts.of(result), Land.of(result), Told.of(result.run)
    frame = _frame(told, len(found), shown, missing=shown != language)
    numbers = {clue.patch_id: number for number, clue in enumerate(found, 1)}
    target = folder / FOLDER
    written, done = [], 0
    tell("pages", 0, len(found))
    with into(target):
        for name, members in _files(found, known):
            paper = Paper(fonts.faces(), said.TITLE.text(shown), shown, told.ended)
            for page, sheet in enumerate(_sheets(result, members, known, land, numbers), 1):
                paper.page(f"{sheet.number} {sheet.clue.patch_id}")
                layout.draw(paper, sheet, frame, _of(page, len(members)))
                done += 1
                tell("pages", done, len(found))
            written.append(place(target / name, [paper.content()]))
            del paper
            gc.collect()  # fonts are webs of references of some 50 MB that go only this way
        clear(target, NAME, written)
    return tuple(written)


def _sheets(
    result: Result,
    members: Sequence[Clue],
    known: Whereabouts,
    land: Land,
    numbers: Mapping[str, int],
) -> Iterator[layout.Sheet]:
    """The sheets of one file, one after the other; evidence is read when its turn comes."""
    told, taken = Told.of(result.run), result.pictured
    for clue, around in zip(members, land.around(members), strict=True):
        item = result.evidence.get(clue.patch_id)
        basic = item.basic if item else None
        yield layout.Sheet(
            clue=clue,
            number=numbers[clue.patch_id],
            headline=facts.headline(clue, told.calibrated),
            facts=facts.of(clue, item, around, known, told),
            item=item,
            absent=words.absent(clue.patch_id in taken),
            outlines=clues.outlines(clue, item, result.conversions.crs),
            around=around,
            basic=basic and clues.moved(basic, result.parcels.crs, around.crs),
        )


def _files(found: Sequence[Clue], known: Whereabouts) -> Iterator[tuple[str, Sequence[Clue]]]:
    """Names of files and what they hold: by township, most probable first in each."""
    by_place: dict[str, list[Clue]] = {}
    for clue in found:
        by_place.setdefault(known.code(clue.patch_id, TOWNSHIP), []).append(clue)
    for code in sorted(by_place, key=lambda code: (not code, code)):
        members = by_place[code]
        place = f"-{code or 'elsewhere'}" if len(by_place) > 1 or code else ""
        for start in range(0, len(members), MOST):
            part = f"-{start // MOST + 1:03d}" if len(members) > MOST else ""
            yield f"sheets{place}{part}.pdf", members[start : start + MOST]


def _frame(told: Told, total: int, language: str, *, missing: bool) -> layout.Frame:
    """What is the same on every sheet."""
    return layout.Frame(
        total=total,
        clue=told.clue,
        made=Words(*(said.MADE.text(each).format(version=told.version, rules=told.rules,
                                                 made=told.minute.text(each))
                     for each in ("en", "zh"))),
        sources=Words(*(f"{words.IMAGERY.text(each)} · {told.attribution}"
                        for each in ("en", "zh"))),
        notice=fonts.MISSING if missing else None,
        language=language,
    )  # fmt: skip


def _of(page: int, pages: int) -> Words:
    """Which page of its file a sheet is."""
    return Words(*(text.format(page=page, pages=pages) for text in (said.PAGE.en, said.PAGE.zh)))
