"""The bulletin a supervisor hands on: Word and Markdown from one content (DOMAIN 8.1 no. 1)."""

from __future__ import annotations

from pathlib import Path

from farmland.report import fonts
from farmland.report.bulletin import chart, markdown, sections, word
from farmland.report.bulletin.content import Bars
from farmland.report.placing import into, place
from farmland.result import Result

NAME, PICTURE = "bulletin", "bulletin.png"


def write(result: Result, folder: Path, language: str) -> tuple[Path, ...]:
    """Write ``bulletin.docx``, ``bulletin.md`` and the chart of both into a folder.

    Parameters
    ----------
    result : Result
    folder : Path
    language : {"zh", "en"}
        Of the text; the chart speaks English where no font has Chinese.

    Returns
    -------
    tuple of Path
        Word, Markdown, and the chart where there is one.

    Raises
    ------
    UnusableInput
        When the folder cannot be written.
    Unreachable
        When the disk is full.
    """
    made = sections.of(result)
    bars = next((block for block in made.blocks if isinstance(block, Bars)), None)
    picture = chart.draw(bars, fonts.language_of_pictures(language)) if bars else None
    contents = {
        f"{NAME}.docx": word.content(made, language, picture),
        f"{NAME}.md": markdown.text(made, language, PICTURE).encode(),
    }
    if picture is not None:
        contents[PICTURE] = picture
    with into(folder):
        return tuple(place(folder / name, [content]) for name, content in contents.items())
