"""One block: read what is needed of every look, detect in each cell, count what went unread.

This function is all that a worker does. Threads, processes and a Dask cluster change its caller.
Looks come sheet by sheet, as files hold them; cells want one place through time. A spool on the
disk lies between the two, so that a tile of a file is fetched once and memory holds a few looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from farmland import detect, schedule, series
from farmland.detect.findings import Findings
from farmland.flow import look as looking
from farmland.flow.look import How, Shot, Sight, Site
from farmland.grid import Window
from farmland.imagery.looks import Look
from farmland.imagery.stack import Farmland, looks_worth, stack
from farmland.io.spool import Spool
from farmland.kernels import ground
from farmland.model import Model
from farmland.plan import Periods
from farmland.progress import Tell, counted, silent
from farmland.scene import BANDS, Scene
from farmland.tiling import sheets
from farmland.tiling.tiles import READERS, Block


@dataclass(slots=True)
class Tally:
    """What one block took from one scene, counted in sheets."""

    read: int = 0
    """Sheets of which bands were read."""
    skipped: int = 0
    """Sheets on which no farmland was clear, so nothing but the classification was read."""
    failed: int = 0
    """Sheets of which something stayed unreadable."""
    bytes_read: int = 0
    seen: int = 0
    """Farmland pixels with data."""
    clear: int = 0
    """Farmland pixels that were clear."""

    def add(self, other: Tally) -> None:
        """Add what another block took from the same scene."""
        self.read += other.read
        self.skipped += other.skipped
        self.failed += other.failed
        self.bytes_read += other.bytes_read
        self.seen += other.seen
        self.clear += other.clear


@dataclass(frozen=True, slots=True)
class Unread:
    """A sheet of a scene that was needed and stayed unread."""

    item_id: str
    band: str
    """``""`` when it is the bands together that contradict the classification."""
    crs: str
    window: Window
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What one block gave."""

    findings: tuple[Findings, ...]
    """One for each cell of the block."""
    tallies: Mapping[str, Tally]
    """By item id, scenes that touch the block only."""
    unread: tuple[Unread, ...]
    unread_looks: Mapping[int, int]
    """Looks of which a part stayed unread, by input row; parcels without are absent."""


@dataclass(frozen=True, slots=True, eq=False)
class _Section:
    """The farmland of a block on one sheet: pixels (p,) of its window, cell by cell."""

    site: Site
    rows: NDArray[np.int32]
    columns: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """Where some pixels of a cell lie in the spool."""

    section: int
    run: slice
    """In the section."""
    at: NDArray[np.int64] | slice
    """In the cell."""


@dataclass(frozen=True, slots=True)
class _Task:
    """One look at one section."""

    section: int
    look: int
    scenes: tuple[Scene, ...]


class _Taken(NamedTuple):
    """What one scene of a look gave, its pixels left in the spool."""

    read: bool
    """Whether bands were read."""
    shot: Shot


@dataclass(slots=True)
class _Account:
    """What reading has taken so far."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)


def work(
    block: Block,
    looks: Sequence[Look],
    how: How,
    periods: Periods,
    *,
    model: Model | None = None,
    threads: int = 1,
    scratch: str = "",
    tell: Tell = silent,
) -> Report:
    """Do one block.

    Parameters
    ----------
    block : Block
    looks : sequence of Look
        Ascending in time.
    how : How
        With the bands of detection.
    periods : Periods
    model : Model
        What verified cases have taught; None: the rules alone.
    threads : int
        Cells that are detected in at once; for each some looks are read ahead.
    scratch : str
        Folder on a disk for what is on its way; ``""``: the system's.
    tell : callable
        Called with ``"looks"`` or ``"cells"``, how many are done, and of how many.

    Returns
    -------
    Report
        Findings in the order of the block's cells.

    Raises
    ------
    Unreachable
        When the disk is full.
    """
    lands = [Farmland.of(cell, how.rules.inner_buffer) for cell in block.cells]
    scenes = [scene for look in looks for scene in look.scenes]
    sections, pieces = _cut(block.crs, lands, sheets.origin(scenes, block.crs))
    days = np.array([np.datetime64(look.day, "D") for look in looks]).astype(np.int32)
    account = _Account()
    with Spool(scratch, [section.rows.size for section in sections], len(looks)) as spool:
        tasks = list(_tasks(sections, looks, how))
        read = schedule.ahead(partial(_read, spool, sections, how), tasks, READERS * threads)
        for task, shots in counted(tell, "looks", read, len(tasks)):
            _count(account, sections[task.section].site, shots)
        find = partial(_find, spool, days, periods, how, model)
        cells = schedule.ahead(find, list(zip(lands, pieces, strict=True)), threads)
        found = [part for _, part in counted(tell, "cells", cells, len(lands))]
    missed = {row: count for _, unread in found for row, count in unread.items()}
    findings = tuple(part for part, _ in found)
    return Report(findings, account.tallies, tuple(account.unread), missed)


def _cut(
    crs: str, lands: Sequence[Farmland], corner: tuple[int, int]
) -> tuple[list[_Section], list[list[_Piece]]]:
    """Part the pixels of all cells by sheet, and remember for each cell where its own went."""
    rows = np.concatenate([land.rows for land in lands])
    columns = np.concatenate([land.columns for land in lands])
    starts = np.cumsum([0, *(land.rows.size for land in lands)])
    sections: list[_Section] = []
    pieces: list[list[_Piece]] = [[] for _ in lands]
    for part in sheets.parted(rows, columns, corner):
        here, there = rows[part], columns[part]
        top, left = int(here.min()), int(there.min())
        window = Window(top, left, int(here.max()) - top + 1, int(there.max()) - left + 1)
        site = Site.around(crs, window, here, there)
        edges = np.searchsorted(part, starts)
        for cell in np.flatnonzero(np.diff(edges)):
            run = slice(int(edges[cell]), int(edges[cell + 1]))
            at = part[run] - starts[cell]
            pieces[cell].append(_Piece(len(sections), run, _as_slice(at)))
        down, across = here - site.window.row, there - site.window.column
        sections.append(_Section(site, down.astype(np.int32), across.astype(np.int32)))
    return sections, pieces


def _as_slice(at: NDArray[np.int64]) -> NDArray[np.int64] | slice:
    """Ascending positions, as a slice where they follow each other: then they need no index."""
    first, after = int(at[0]), int(at[-1]) + 1
    return slice(first, after) if after - first == at.size else at


def _tasks(sections: Sequence[_Section], looks: Sequence[Look], how: How) -> Iterator[_Task]:
    for number, section in enumerate(sections):
        for position, look in enumerate(looks):
            if scenes := looking.touching(look.scenes, section.site, how):
                yield _Task(number, position, scenes)


def _read(spool: Spool, sections: Sequence[_Section], how: How, task: _Task) -> tuple[_Taken, ...]:
    """Read one look at one section into the spool; on a reader's thread."""
    section = sections[task.section]
    sight = looking.read(task.scenes, section.site, how)
    _keep(spool, task, section, sight)
    return tuple(
        _Taken(shot.images is not None, replace(shot, images=None)) for shot in sight.shots
    )


def _keep(spool: Spool, task: _Task, section: _Section, sight: Sight) -> None:
    """Lay one look at one section into the spool, all its scenes together."""
    pixels = section.rows, section.columns
    flags = np.zeros(section.rows.size, np.uint8)
    values = np.zeros((section.rows.size, len(BANDS)), np.int16)
    cells = sight.clear * np.uint8(ground.CLEAR) | sight.lonely * np.uint8(ground.LONELY)
    for shot in sight.shots:
        if shot.seen is None:
            cells |= np.uint8(ground.UNREAD)
            continue
        cells |= shot.seen * np.uint8(ground.SEEN)
        if shot.unread:
            cells |= shot.usable * np.uint8(ground.UNREAD)
        elif shot.images is not None:
            ground.take_pixels(shot.images, shot.usable, shot.offset, *pixels, values, flags)
    ground.flag_cells(cells, *pixels, flags)
    spool.put(task.section, task.look, values, flags)


def _count(account: _Account, site: Site, taken: Sequence[_Taken]) -> None:
    for read, shot in taken:
        tally = account.tallies.setdefault(shot.item_id, Tally())
        tally.bytes_read += shot.bytes_read
        tally.clear += shot.clear_pixels
        tally.seen += int(site.farmland[shot.seen].sum()) if shot.seen is not None else 0
        tally.failed += bool(shot.unread)
        tally.read += read
        tally.skipped += not read and not shot.unread
        if shot.unread:
            account.unread.append(_unread(shot, site))


def _unread(shot: Shot, site: Site) -> Unread:
    return Unread(shot.item_id, shot.band, site.crs, site.window, shot.unread)


def _find(
    spool: Spool,
    days: NDArray[np.int32],
    periods: Periods,
    how: How,
    model: Model | None,
    cell: tuple[Farmland, Sequence[_Piece]],
) -> tuple[Findings, dict[int, int]]:
    """Detect in one cell; with it the looks that stayed unread, by input row."""
    land, pieces = cell
    flags = np.zeros((days.size, land.rows.size), np.uint8)
    for piece in pieces:
        flags[:, piece.at] = spool.flags(piece.section, piece.run)
    worth = looks_worth(flags)
    values = np.empty((worth.size, land.rows.size, len(BANDS)), np.int16)
    for piece in pieces:
        values[:, piece.at] = spool.values(piece.section, piece.run, worth)
    seen = stack(land, days, flags, worth, values)
    found = detect.find(seen, periods, how.rules, model, how.slow)
    joined = land.flags(flags)
    unread = (joined & ground.UNREAD) > 0
    whole = series.spread(found.series, days, (joined & ground.SEEN) > 0, unread)
    missed = unread.sum(axis=1)
    rows = [parcel.row for parcel in land.cell.parcels]
    named = {row: int(count) for row, count in zip(rows, missed, strict=True) if count}
    return replace(found, series=whole), named
