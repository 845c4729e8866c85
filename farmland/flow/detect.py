"""The main job on one page: find, settle, read, detect, tell."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from farmland import rules, schedule
from farmland.detect import learned
from farmland.flow import account, following, land, other_crops, restoration, searching, sums
from farmland.flow.block import Report, work
from farmland.flow.outcome import Watched, outcome
from farmland.flow.radiance import settle
from farmland.flow.reading import how, read_parcels
from farmland.flow.searching import search
from farmland.imagery import looks
from farmland.io import models
from farmland.io.bands.gdal_rasters import block_cache
from farmland.io.spool import PIXEL_BYTES
from farmland.model import Model
from farmland.parcels import Parcels
from farmland.plan import Periods, Plan
from farmland.progress import Tell
from farmland.result import Result
from farmland.room import RUN_ROW_BYTES
from farmland.rules import Rules
from farmland.scene import Scene
from farmland.tiling import tiles

DISK_SHARE = 0.5
"""Of the free disk that looks on their way may take."""

RESULT_STEPS = 3
"""Tables with their pictures, the land under patches, the sums."""

CLUSTER_PIXELS = (8 * tiles.CELL) ** 2
"""Farmland pixels of a block on a cluster, whose machines have disks of their own."""


def detect(plan: Plan, tell: Tell) -> Result:
    """Find the conversions that a plan asks for.

    Raises
    ------
    FarmlandError
        One of its children: unusable parcels or rules, no scenes, an unreachable catalog.
    """
    start = datetime.now(UTC)
    ruled = rules.load(plan.rules)
    model = _model_of(plan, ruled)
    tell("parcels", 0, 0)
    before = following.earlier(plan.out)
    parcels = read_parcels(plan)
    needed = parcels.needed_bytes(RUN_ROW_BYTES)
    given = land.read(plan, tiles.BASE_BYTES + needed)
    tell("parcels", len(parcels), len(parcels))
    periods, found = _scenes_of(plan, parcels, tell)
    settled = settle(found, plan, ruled.radiometry, tell)
    grouped = looks.group(scene for scene in found if scene.item_id in settled.counts)
    reading = how(plan, settled.counts)
    task = partial(work, looks=grouped, how=reading, periods=periods, model=model)
    held = needed + given.held_bytes
    watched = _watched(plan, parcels, held, task, len(grouped), tell)
    reports = watched.reports
    account.check_hosts(found, settled, reports)
    tell("result", 0, RESULT_STEPS)
    result = outcome(ruled, parcels, watched, found, settled, grouped, tell)
    tell("result", 1, RESULT_STEPS)
    if plan.crops:
        result = other_crops.listed(result, parcels, watched.placed, grouped, reports, ruled)
    parcels = parcels.with_outlines(result.parcels.geometry)
    result, cases = following.continued(result, before)
    result, facts = land.overlaid(result, parcels, given, ruled, plan.worker_count)
    tell("result", 2, RESULT_STEPS)
    result = sums.added(result, parcels, ruled, given)
    told = {
        "land": facts,
        "cases": cases,
        "restoration": restoration.told(
            result, parcels, given, ruled, plan.worker_count, periods.after.start
        ),
    }
    run = account.of_run(plan, periods, ruled, parcels, result, settled, reports, model, start)
    tell("result", RESULT_STEPS, RESULT_STEPS)
    return replace(result, run=run | told)


def _model_of(plan: Plan, ruled: Rules) -> Model | None:
    """The model of a plan, which must fit its rules; None where the rules stand alone."""
    if not plan.model:
        return None
    model = models.read(plan.model)
    learned.check(model, Path(plan.model).name, ruled)
    return model


def _scenes_of(plan: Plan, parcels: Parcels, tell: Tell) -> tuple[Periods, tuple[Scene, ...]]:
    """Settle the periods, which may depend on the newest scene, and find their scenes."""
    tell("scenes", 0, 0)
    after = plan.after or searching.newest_year(plan, parcels)
    periods = Periods.settle(after, plan.before, plan.history)
    found = search(plan, parcels, periods.whole)
    inside = [
        scene
        for scene in found
        if any(period.holds(scene.solar_day) for period in (periods.history, periods.after))
    ]
    tell("scenes", len(inside), len(inside))
    return periods, tuple(inside)


def _watched(
    plan: Plan, parcels: Parcels, held: int, task: Callable[..., Report], looks: int, tell: Tell
) -> Watched:
    """What all blocks gave, with ``held`` bytes of layers beside them.

    The parcels on the grid, one more copy of all outlines, are let go.
    """
    placed = tiles.place(parcels.frame.geometry)
    blocks = _blocks(plan, placed, looks, held)
    reports = _reports(plan, task, blocks, tell)
    parts = [part for report in reports for part in report.findings]
    needed = {patch.row for part in parts for patch in part.patches}
    needed |= {record.row for part in parts for record in part.records if record.switch}
    return Watched(
        reports,
        [[parcel.row for parcel in cell.parcels] for block in blocks for cell in block.cells],
        {parcel.row: parcel for parcel in placed if parcel.row in needed},
    )


def _blocks(
    plan: Plan, placed: Sequence[tiles.Placed], looks: int, held: int
) -> tuple[tiles.Block, ...]:
    """The blocks of a run: as large as memory and disk allow, smaller ones for a cluster."""
    room = shutil.disk_usage(_scratch(plan)).free * DISK_SHARE / PIXEL_BYTES
    if plan.scheduler:
        room = min(room, CLUSTER_PIXELS * looks)
    cells = tiles.cells(placed)
    return tiles.blocks(cells, looks, plan.memory_bytes, plan.worker_count, room, held)


def _reports(
    plan: Plan, task: Callable[..., Report], blocks: Sequence[tiles.Block], tell: Tell
) -> list[Report]:
    """Do all blocks: one after the other with threads inside, or many on a cluster."""
    if not plan.scheduler:
        folder = _scratch(plan)
        task = partial(task, threads=plan.worker_count, scratch=folder, tell=tell)
    tell("blocks", 0, len(blocks))
    with block_cache(tiles.CACHE_BYTES):
        return schedule.run(
            task, blocks, workers=1, scheduler=plan.scheduler, done=partial(tell, "blocks")
        )


def _scratch(plan: Plan) -> str:
    """Where what is on its way lies: beside the result, on a disk, where that folder is there."""
    beside = Path(plan.out).absolute().parent
    return str(beside) if plan.out and beside.is_dir() else tempfile.gettempdir()
