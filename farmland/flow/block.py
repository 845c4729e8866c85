"""One block: read what is needed of every look, detect in each cell, count what went unread.

This function is all that a worker does. Threads, processes and a Dask cluster change its caller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from farmland import detect, schedule, series
from farmland.detect.findings import Findings
from farmland.flow import look as looking
from farmland.flow.look import How, Shot, Sight, Site
from farmland.grid import Window
from farmland.kernels import ground
from farmland.looks import Look
from farmland.plan import Periods
from farmland.stack import NO_DATA, StackBuilder
from farmland.tiles import READERS, Block, pixels


@dataclass(slots=True)
class Tally:
    """What one block took from one scene."""

    read: int = 0
    """1 when bands were read."""
    skipped: int = 0
    """1 when no farmland was clear, so nothing but the classification was read."""
    failed: int = 0
    """1 when a band stayed unreadable."""
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
    """A block of a scene that was needed and stayed unread."""

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
    failed_looks: int
    """Looks of which a part stayed unread here."""


@dataclass(slots=True)
class _Reading:
    """A block while its looks come in."""

    site: Site
    builders: Sequence[StackBuilder]
    tallies: dict[str, Tally] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)
    failed_looks: int = 0


def work(block: Block, looks: Sequence[Look], how: How, periods: Periods) -> Report:
    """Do one block.

    Parameters
    ----------
    block : Block
    looks : sequence of Look
        Ascending in time.
    how : How
        With all the bands of detection.
    periods : Periods

    Returns
    -------
    Report
        Findings in the order of the block's cells.
    """
    builders = [
        StackBuilder(
            cell,
            [pixels(parcel, how.rules.inner_buffer) for parcel in cell.parcels],
            len(looks),
        )
        for cell in block.cells
    ]
    rows, columns = (
        np.concatenate([getattr(builder, axis) for builder in builders])
        for axis in ("rows", "columns")
    )
    reading = _Reading(Site.around(block.crs, block.window, rows, columns), builders)
    near = [
        (position, scenes)
        for position, look in enumerate(looks)
        if (scenes := looking.touching(look.scenes, reading.site, how))
    ]
    for (position, _), sight in schedule.ahead(
        lambda task: looking.read(task[1], reading.site, how), near, READERS
    ):
        _take(reading, position, sight)
    days = np.array([np.datetime64(look.day, "D") for look in looks]).astype(np.int32)
    findings = []
    while builders:
        builder = builders.pop(0)
        found = detect.find(builder.stack(days), periods, how.rules)
        whole = series.spread(found.series, days, builder.covered, builder.unread)
        findings.append(replace(found, series=whole))
    return Report(tuple(findings), reading.tallies, tuple(reading.unread), reading.failed_looks)


def _take(reading: _Reading, position: int, sight: Sight) -> None:
    """Hand one look to the cells, and count."""
    for shot in sight.shots:
        _count(reading, shot)
        for builder in reading.builders:
            _hand(builder, reading.site.window, position, sight, shot)
    reading.failed_looks += any(shot.unread for shot in sight.shots)


def _count(reading: _Reading, shot: Shot) -> None:
    tally = reading.tallies.setdefault(shot.item_id, Tally())
    tally.bytes_read += shot.bytes_read
    tally.clear += shot.clear_pixels
    if shot.seen is not None:
        tally.seen += int(reading.site.farmland[shot.seen].sum())
    if shot.unread:
        tally.failed = 1
        site = reading.site
        reading.unread.append(Unread(shot.item_id, shot.band, site.crs, site.window, shot.unread))
    elif shot.images is None:
        tally.skipped = 1
    else:
        tally.read = 1


def _hand(builder: StackBuilder, window: Window, position: int, sight: Sight, shot: Shot) -> None:
    """What one scene of a look shows of one cell."""
    if shot.seen is None:
        builder.miss(position)
        return
    rows, columns = builder.rows - window.row, builder.columns - window.column
    cells = rows >> 1, columns >> 1
    builder.note(position, shot.seen[cells])
    if shot.unread:
        builder.miss(position, shot.usable[cells])
    elif shot.images is not None:
        values = np.full((rows.size, len(shot.images)), NO_DATA, np.int16)
        ground.take_pixels(shot.images, shot.usable, shot.offset, rows, columns, values)
        builder.put(position, values, sight.clear[cells], sight.lonely[cells])
