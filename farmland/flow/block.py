"""One block: read what is needed of every look, detect in each cell, count what went unread.

This function is all that a worker does. Threads, processes and a Dask cluster change its caller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from farmland import clear, detect, series
from farmland.detect.findings import Findings
from farmland.grid import Window
from farmland.io import bands
from farmland.looks import Look
from farmland.plan import Periods
from farmland.rules.detection import Detection
from farmland.scene import BANDS, SCL, Scene
from farmland.stack import NO_DATA, StackBuilder
from farmland.tiles import Block, pixels


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
    reason: str = ""

    def add(self, other: Tally) -> None:
        """Add what another block took from the same scene."""
        self.read += other.read
        self.skipped += other.skipped
        self.failed += other.failed
        self.bytes_read += other.bytes_read
        self.seen += other.seen
        self.clear += other.clear
        self.reason = self.reason or other.reason


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What one block gave."""

    findings: tuple[Findings, ...]
    """One for each cell of the block."""
    tallies: Mapping[str, Tally]
    """By item id, scenes that touch the block only."""
    failed_looks: int
    """Looks of which a part stayed unread here."""


@dataclass(slots=True)
class _Reading:
    """A block while its looks come in."""

    crs: str
    window: Window
    margin: int
    builders: Sequence[StackBuilder]
    offsets: Mapping[str, int]
    rules: Detection
    tallies: dict[str, Tally] = field(default_factory=dict)
    failed_looks: int = 0


def work(
    block: Block,
    looks: Sequence[Look],
    offsets: Mapping[str, int],
    periods: Periods,
    rules: Detection,
) -> Report:
    """Do one block.

    Parameters
    ----------
    block : Block
    looks : sequence of Look
        Ascending in time.
    offsets : mapping of str to int
        Counts to add to each scene's bands, by item id; a scene that is missing is set aside.
    periods : Periods
    rules : Detection

    Returns
    -------
    Report
        Findings in the order of the block's cells.
    """
    parts = [
        [pixels(parcel, rules.inner_buffer) for parcel in cell.parcels] for cell in block.cells
    ]
    builders = [
        StackBuilder(cell, part, len(looks)) for cell, part in zip(block.cells, parts, strict=True)
    ]
    reading = _Reading(block.crs, block.window, clear.margin(rules), builders, offsets, rules)
    box = _geographic(block)
    for position, look in enumerate(looks):
        scenes = [
            scene
            for scene in look.scenes
            if scene.item_id in offsets and scene.footprint.intersects(box)
        ]
        scenes.sort(key=lambda scene: scene.crs != block.crs)
        if scenes:
            _look(reading, position, scenes)
    days = np.array([np.datetime64(look.day, "D") for look in looks]).astype(np.int32)
    findings = []
    while builders:
        builder = builders.pop(0)
        found = detect.find(builder.stack(days), periods, rules)
        whole = series.spread(found.series, days, builder.covered, builder.unread)
        findings.append(replace(found, series=whole))
    return Report(tuple(findings), reading.tallies, reading.failed_looks)


def _look(reading: _Reading, position: int, scenes: Sequence[Scene]) -> None:
    """Read one look: the classification first, bands only where farmland was clear."""
    padded = reading.window.padded(reading.margin)
    classes = np.zeros(padded.shape, np.uint8)
    source = np.full(padded.shape, -1, np.int16)
    whole = True
    for number, scene in enumerate(scenes):
        tally = reading.tallies.setdefault(scene.item_id, Tally())
        try:
            counts = bands.read(scene, SCL, reading.crs, padded)
        except bands.Unread as fault:
            tally.failed, tally.reason, whole = 1, str(fault), False
            for builder in reading.builders:
                builder.miss(position)
            continue
        tally.bytes_read += counts.bytes_read
        fill = (classes == 0) & (counts.values > 0)
        classes[fill] = counts.values[fill]
        source[fill] = number
    sky = clear.sky(classes, reading.rules)
    for number, scene in enumerate(scenes):
        tally = reading.tallies[scene.item_id]
        if not tally.failed:
            whole &= _scene(reading, position, scene, sky, source == number, padded)
    reading.failed_looks += not whole


def _scene(
    reading: _Reading,
    position: int,
    scene: Scene,
    sky: clear.Sky,
    mine: NDArray[np.bool_],
    padded: Window,
) -> bool:
    """Read the bands of one scene where they are needed; whether nothing failed."""
    tally = reading.tallies[scene.item_id]
    wanted = []
    for builder in reading.builders:
        own = builder.take(mine, padded)
        usable = own & (builder.take(sky.clear, padded) | builder.take(sky.lonely, padded))
        builder.note(position, own)
        tally.seen += int(own.sum())
        tally.clear += int((own & builder.take(sky.clear, padded)).sum())
        wanted.append(usable)
    if not any(usable.any() for usable in wanted):
        tally.skipped = 1
        return True
    try:
        image = _bands(reading, scene, tally)
        values = [builder.take(image, reading.window) for builder in reading.builders]
        _demand_data(values, wanted)
    except bands.Unread as fault:
        tally.failed, tally.reason = 1, str(fault)
        for builder, usable in zip(reading.builders, wanted, strict=True):
            builder.miss(position, usable)
        return False
    tally.read = 1
    for builder, measured, usable in zip(reading.builders, values, wanted, strict=True):
        builder.put(
            position,
            np.where(usable[:, None], measured, NO_DATA).astype(np.int16),
            builder.take(sky.clear, padded),
            builder.take(sky.lonely, padded),
        )
    return True


def _bands(reading: _Reading, scene: Scene, tally: Tally) -> NDArray[np.int16]:
    """Reflectance x 1e4 (y, x, b) of a scene on the block's window; offset applied."""
    offset = reading.offsets[scene.item_id]
    image = np.full((*reading.window.shape, len(BANDS)), NO_DATA, np.int16)
    for number, band in enumerate(BANDS):
        counts = bands.read(scene, band, reading.crs, reading.window)
        tally.bytes_read += counts.bytes_read
        there = counts.values > 0
        values = counts.values.astype(np.int32) + offset
        image[there, number] = np.clip(values[there], -2000, 20000)
    return image


def _demand_data(values: Sequence[NDArray[np.int16]], wanted: Sequence[NDArray[np.bool_]]) -> None:
    """A band without data wherever the classification sees ground is broken, and not a gap."""
    there = [
        (measured[usable] != NO_DATA).all(axis=1)
        for measured, usable in zip(values, wanted, strict=True)
    ]
    if not np.concatenate(there).any():
        raise bands.Unread("a band holds no data where the classification sees ground")


def _geographic(block: Block) -> shapely.Polygon:
    """The block's box in WGS 84, with points along its sides."""
    box = shapely.segmentize(block.box, 1000.0)
    change = Transformer.from_crs(block.crs, 4326, always_xy=True)
    x, y = change.transform(*shapely.get_coordinates(box).T)
    return shapely.Polygon(np.column_stack([x, y]))
