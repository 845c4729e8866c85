"""A local archive of what a run needs: every scene, and of its files the tiles around farmland.

First the overviews and the classifications of all scenes, then, judged on these, the bands where
farmland was clear or lonely. An item is listed when the copying of its files has ended.
"""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farmland import __version__, rules, schedule
from farmland.errors import FarmlandWarning
from farmland.flow import how, index_bands, items, pictures, read_parcels
from farmland.flow.farmland_tiles import needed, ringed, sites_of, wanted_of
from farmland.flow.look import CELL, How, Site, touching
from farmland.flow.radiance import settle
from farmland.imagery import clear, looks
from farmland.io.bands.codecs import Level
from farmland.io.bands.gdal_rasters import block_cache
from farmland.io.bands.rasters import Place
from farmland.io.catalog import facts
from farmland.io.mirror import Copied, Need, Order, copy, remembered
from farmland.io.mirror.archive import Archive
from farmland.io.mirror.archive_items import Entry
from farmland.io.mirror.needs import under
from farmland.periods import Period
from farmland.plan import Plan
from farmland.progress import Tell, counted
from farmland.rules import Rules
from farmland.rules.indices import Index
from farmland.scene import BANDS, SCL, Kept, Scene
from farmland.tiling.tiles import CACHE_BYTES, READERS, SHEET

AROUND = SHEET
"""Pixels around farmland of which the sky is copied too: any part of the parcels, in any blocks,
finds the classification it reads."""

PUBLISH_SECONDS = 20.0
"""How often the catalog is written while copying goes on."""

Versions = tuple[tuple[Scene, ...], ...]
"""The scenes of one look; twice where some may be set aside."""


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """Something that stayed unread."""

    item_id: str
    band: str
    reason: str


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What a mirror did; files and bytes are those of its scenes in the archive."""

    scenes: int
    files: int
    skipped: int
    """Files that were whole already."""
    size: int
    """Bytes of the files."""
    source_size: int | None
    """Bytes of the files they were copied from; ``None`` when some do not say."""
    fetched: int
    """Bytes fetched by this run."""
    requests: int
    unread: tuple[Gap, ...]
    kept: tuple[Kept, ...]
    """Scene by scene, in the order of the search."""


@dataclass(slots=True)
class _Count:
    """What this run fetched."""

    size: int = 0
    requests: int = 0
    asked: set[str] = field(default_factory=set)
    """Files of which the directory was fetched."""
    written: set[Path] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, order: Order, copied: Copied) -> None:
        """Add one copy that was not skipped."""
        with self.lock:
            self.size += copied.meter.size
            self.requests += copied.meter.requests + (order.href not in self.asked)
            self.asked.add(order.href)
            self.written.add(order.path)


@dataclass(frozen=True, slots=True)
class _Job:
    """What all copies of a run have in common."""

    archive: Archive
    entries: tuple[Entry, ...]
    sites: tuple[Site, ...]
    plan: Plan
    ruled: Rules
    reading: How
    whole: bool
    verify: bool
    tell: Tell
    count: _Count = field(default_factory=_Count)

    @property
    def readers(self) -> int:
        """Copies under way at once."""
        return self.plan.worker_count * READERS


def mirror(
    plan: Plan,
    period: Period,
    folder: Path,
    tell: Tell,
    *,
    wanted: Sequence[Index] = (),
    whole: bool = False,
    verify: bool = False,
) -> Mirrored:
    """Copy what detection needs of the scenes of a period into a local STAC archive.

    Parameters
    ----------
    plan : Plan
        Parcels, catalog, rules and workers.
    period : Period
    folder : Path
        Of the archive; one that is there grows. The caller holds its lock.
    tell : callable
        Told how far each stage is.
    wanted : sequence of Index
        Of which the bands are copied beside those of detection; bands that an archive has grow
        with it in any case.
    whole : bool
        Copy files whole, so that their host doesn't learn where the parcels lie (DESIGN 5.6).
    verify : bool
        Check the checksums of files that are there already, not just their sizes.

    Returns
    -------
    Mirrored
        What stays unread is told, never raised.

    Raises
    ------
    FarmlandError
        Unusable parcels, no scenes, a band of an index that no scene has, an unreachable catalog,
        a folder that cannot be written.
    """
    ruled = rules.load(plan.rules)
    found = items(plan, period, tell)
    index_bands.demand(wanted, [each.scene for each in found], plan.catalog)
    bands = {*BANDS, SCL, *(band for index in wanted for band in index.bands)}
    sites = sites_of(read_parcels(plan).frame.geometry, [each.scene for each in found])
    archive = Archive(folder)
    entries = tuple(archive.entry(each, bands) for each in found)
    reading = how(plan, {each.scene.item_id: 0 for each in found}, ())
    job = _Job(archive, entries, sites, plan, ruled, reading, whole, verify, tell)
    with block_cache(CACHE_BYTES):
        _first(job)
        if not whole:
            _second(job)
    for entry in entries:
        archive.admit(entry)
    archive.publish()
    done = _done(entries, job.count)
    archive.report(_report(archive, entries, done))
    return done


def _first(job: _Job) -> None:
    """Overviews and classifications of all scenes; with ``whole`` all there is."""
    margin = CELL * clear.margin(job.ruled.detection)
    rings = [ringed(site, AROUND + margin) for site in job.sites]

    def work(entry: Entry) -> None:
        near = [ring for ring in rings if touching((entry.scene,), ring, job.reading)]
        for band in entry.found.scene.assets:
            need = partial(_around, near) if band == SCL else _nothing
            _copy(job, entry, band, need, verify=job.verify)
        entry.save()

    ahead = schedule.ahead(work, job.entries, job.readers)
    for _ in counted(job.tell, "copies", ahead, len(job.entries)):
        pass


def _second(job: _Job) -> None:
    """Of the bands what is needed of each look."""
    by_id = {entry.found.scene.item_id: entry for entry in job.entries}

    def work(versions: Versions) -> None:
        for item_id, wanted in wanted_of(versions, job.sites, job.reading).items():
            entry = by_id[item_id]
            needs = {
                pictured: remembered(partial(needed, parts))
                for pictured, parts in ((True, wanted.pictured), (False, wanted.read))
                if parts
            }
            for band in entry.found.scene.assets:
                need = needs.get(band in pictures.COLOURS)
                if need and band != SCL:
                    _copy(job, entry, band, need, verify=False)

    days = _looks(job)
    published = time.monotonic()
    ahead = schedule.ahead(work, days, job.readers)
    for versions, _ in counted(job.tell, "tiles", ahead, len(days)):
        for scene in (scene for scenes in versions for scene in scenes):
            job.archive.admit(by_id[scene.item_id])
        if time.monotonic() - published > PUBLISH_SECONDS:
            job.archive.publish()
            published = time.monotonic()


def _looks(job: _Job) -> list[Versions]:
    """The scenes of each look, those that the rest of the record may set aside in and out."""
    scenes = [entry.scene for entry in job.entries]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FarmlandWarning)  # a run says it, of its own record
        settled = settle(scenes, job.plan, job.ruled.radiometry, job.tell)
    usable = [scene for scene in scenes if scene.item_id in settled.counts]
    days: dict[Any, dict[tuple[str, ...], tuple[Scene, ...]]] = {}
    for look in (*looks.group(scenes), *looks.group(usable)):
        names = tuple(scene.item_id for scene in look.scenes)
        days.setdefault(look.day, {})[names] = look.scenes
    return [tuple(days[day].values()) for day in sorted(days)]


def _copy(job: _Job, entry: Entry, band: str, need: Need, *, verify: bool) -> None:
    """Bring one file up to what is needed, and write down what came of it."""
    published = facts.band_entries(entry.found.item)[band]
    stated = facts.number(published.get("file:size"))
    order = Order(
        href=entry.found.scene.assets[band].href,
        path=entry.path(band),
        need=need,
        whole=job.whole,
        checksum=str(published.get("file:checksum") or ""),
        size=None if stated is None else int(stated),
    )
    copied = copy(order, entry.kept.get(band), job.reading.reach, verify=verify)
    entry.note(band, copied.kept, copied.unread)
    if not copied.skipped:
        job.count.add(order, copied)
        entry.save()


def _nothing(_: Place, level: Level) -> NDArray[np.bool_]:
    return np.zeros(level.offsets.shape, np.bool_)


def _around(rings: Sequence[Site], place: Place, level: Level) -> NDArray[np.bool_]:
    """Tiles of a classification around farmland."""
    keep = _nothing(place, level)
    for ring in rings:
        keep |= under(place, level, ring.crs, ring.window)
    return keep


def _done(entries: Sequence[Entry], count: _Count) -> Mirrored:
    kept = [(entry.path(band), each) for entry in entries for band, each in entry.kept.items()]
    sources = [each.source_size for _, each in kept]
    return Mirrored(
        scenes=len(entries),
        files=len(kept),
        kept=tuple(map(_kept, entries)),
        skipped=sum(path not in count.written for path, _ in kept),
        size=sum(each.size for _, each in kept),
        source_size=None if None in sources else sum(size or 0 for size in sources),
        fetched=count.size,
        requests=count.requests,
        unread=tuple(
            sorted(
                Gap(entry.found.scene.item_id, band, reason)
                for entry in entries
                for band, reason in entry.unread.items()
            )
        ),
    )


def _kept(entry: Entry) -> Kept:
    scene = entry.found.scene
    size = sum(each.size for each in entry.kept.values())
    return Kept(scene.tile, scene.datetime.date(), size, whole=not entry.unread)


def _report(archive: Archive, entries: Sequence[Entry], done: Mirrored) -> dict[str, Any]:
    """What ``mirror.json`` says: the same however many runs it took."""
    here = {entry.found.scene.item_id for entry in entries}
    before = [gap for gap in archive.gaps() if gap["item_id"] not in here]
    now = [{"item_id": gap.item_id, "band": gap.band, "reason": gap.reason} for gap in done.unread]
    unread = sorted([*before, *now], key=lambda gap: (gap["item_id"], gap["band"]))
    return {"farmland": __version__, "items": archive.items, "unread": unread}
