"""Documents made of a result that lies on the disk: the page, and what a supervisor hands on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from farmland.io import geopackage
from farmland.progress import Tell
from farmland.result import Result

Writer = Callable[[Result, Path, str, Tell], tuple[Path, ...]]


def write(
    path: str | Path, wanted: Sequence[str], folder: Path | None, language: str, tell: Tell
) -> tuple[Path, ...]:
    """Write documents of a result.

    Parameters
    ----------
    path : str or Path
        A GeoPackage of :func:`farmland.flow.deliver`.
    wanted : sequence of str
        Keys of ``WRITERS``.
    folder : Path, optional
        Where they go; without it, the folder beside the result.
    language : {"zh", "en"}
    tell : callable

    Returns
    -------
    tuple of Path
        What was written, in the order in which it was wanted.

    Raises
    ------
    FarmlandError
        When the result cannot be read or the folder not be written.
    """
    result = geopackage.read(path)
    target = folder or Path(path).with_suffix("")
    return tuple(file for name in wanted for file in WRITERS[name](result, target, language, tell))


def overview(path: str | Path, language: str) -> bytes:
    """The picture of a whole result, as it lies beside it, as PNG.

    Raises
    ------
    FarmlandError
        When the result cannot be read.
    """
    from farmland.report import fonts
    from farmland.report import overview as drawing

    return drawing.draw(geopackage.read(path), fonts.language_of_pictures(language))


def _page(result: Result, folder: Path, language: str, tell: Tell) -> tuple[Path, ...]:
    from farmland import report

    return report.write(result, folder, language, tell)


def _sheets(result: Result, folder: Path, language: str, tell: Tell) -> tuple[Path, ...]:
    from farmland.report import sheets

    return sheets.write(result, folder, language, tell)


def _bulletin(result: Result, folder: Path, language: str, tell: Tell) -> tuple[Path, ...]:
    from farmland.report import bulletin

    del tell
    return bulletin.write(result, folder, language)


def _tables(result: Result, folder: Path, language: str, tell: Tell) -> tuple[Path, ...]:
    from farmland.report import spreadsheets

    del tell
    return spreadsheets.write(result, folder, language)


WRITERS: Mapping[str, Writer] = {
    "page": _page,
    "sheets": _sheets,
    "bulletin": _bulletin,
    "tables": _tables,
}
"""What can be written; each is imported only when it is wanted."""
