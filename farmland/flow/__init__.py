"""The whole story on one page: find, settle, read, detect, tell. Here steps and ``io`` meet."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import geopandas as gpd

from farmland import indices, layers, rules, schedule, series, tables
from farmland.detect import learned
from farmland.detect.findings import Finding, Record
from farmland.flow import (
    account,
    following,
    greenness,
    index_bands,
    land,
    other_crops,
    pictures,
    restoration,
    searching,
    sums,
    vegetation,
)
from farmland.flow.block import Report, Tally, work
from farmland.flow.explain import draw as draw
from farmland.flow.explain import explain as explain
from farmland.flow.export import export as export
from farmland.flow.imagery import Imagery
from farmland.flow.imagery import of_scenes as settled_imagery
from farmland.flow.look import How
from farmland.flow.radiance import Settled, settle
from farmland.flow.record import IndexRecord
from farmland.flow.searching import search as search
from farmland.flow.train import keep_model as keep_model
from farmland.flow.train import train as train
from farmland.imagery import looks
from farmland.io import catalog, geopackage, models
from farmland.io import parcels as parcel_layers
from farmland.io import series as kept_series
from farmland.io.bands.gdal_rasters import block_cache
from farmland.io.catalog.found import Found
from farmland.io.spool import PIXEL_BYTES
from farmland.model import Model
from farmland.parcels import Parcels
from farmland.periods import Period
from farmland.plan import Periods, Plan
from farmland.progress import Tell, silent
from farmland.result import Result, Series
from farmland.rules import Rules
from farmland.rules.indices import INDICES, Index
from farmland.scene import BANDS, Scene
from farmland.tables import verdict
from farmland.tiling import tiles

NDVI = (INDICES["NDVI"],)

NEAR_READERS, FAR_READERS = 2, 4
"""Looks read ahead for each core, from a disk and from a host that has to be waited for."""

DISK_SHARE = 0.5
"""Of the free disk that looks on their way may take."""

FILE_STEPS = 3
"""Rasters, the GeoPackage, series and tests."""

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
    parcels, given = read_parcels(plan), land.read(plan)
    tell("parcels", len(parcels), len(parcels))
    periods, found = _scenes_of(plan, parcels, tell)
    settled = settle(found, plan, ruled.radiometry, tell)
    grouped = looks.group(scene for scene in found if scene.item_id in settled.counts)
    placed = tiles.place(parcels.frame.geometry)
    blocks = _blocks(plan, placed, len(grouped), given.held_bytes)
    reading = how(plan, settled.counts)
    task = partial(work, looks=grouped, how=reading, periods=periods, model=model)
    reports = _reports(plan, task, blocks, tell)
    account.check_hosts(found, settled, reports)
    tell("result", 0, RESULT_STEPS)
    result = _result(ruled, parcels, placed, found, settled, grouped, blocks, reports, tell)
    tell("result", 1, RESULT_STEPS)
    if plan.crops:
        result = other_crops.listed(result, parcels, placed, grouped, reports, ruled)
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


def deliver(
    result: Result, out: str | Path, language: str, tell: Tell = silent
) -> tuple[Path, ...]:
    """Write the GeoPackage and the folder beside it; returns what was written, layer first."""
    from farmland import report

    target = Path(out)
    folder = target.with_suffix("")
    geopackage.check(target)
    tell("files", 0, FILE_STEPS)
    maps = greenness.write(result.greenness, folder, str(result.run["attribution"]))
    tell("files", 1, FILE_STEPS)
    geopackage.write(result, target, language=language)  # its project shows the maps
    tell("files", 2, FILE_STEPS)
    beside = kept_series.write(result, folder)
    tell("files", FILE_STEPS, FILE_STEPS)
    return (target, *report.write(result, folder, language, tell), *beside, *maps)


def demo(out: str | Path, language: str, tell: Tell) -> tuple[Path, ...]:
    """Run the main job on the bundled sample; returns what was written, layer first."""
    from farmland.flow.example import plan

    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    asked = plan(folder)
    return deliver(detect(asked, tell), asked.out, language, tell)


def scenes(plan: Plan, period: Period, tell: Tell) -> tuple[Scene, ...]:
    """What the catalog has for the parcels of a plan in a period."""
    parcels = read_parcels(plan)
    found = search(plan, parcels, period)
    tell("scenes", len(found), len(found))
    return found


def items(plan: Plan, period: Period, tell: Tell) -> tuple[Found, ...]:
    """What :func:`scenes` gives, each scene with the STAC item it was made of."""
    tell("parcels", 0, 0)
    parcels = read_parcels(plan)
    tell("parcels", len(parcels), len(parcels))
    tell("scenes", 0, 0)
    found = searching.ask(catalog.search, plan, parcels, period)
    tell("scenes", len(found), len(found))
    return found


def prepare(plan: Plan, period: Period, wanted: Sequence[Index], tell: Tell) -> Imagery:
    """The parcels of a plan and the looks at them in a period, for tables and composites.

    Raises
    ------
    FarmlandError
        One of its children: unusable parcels or rules, no scenes, an index with a band that no
        scene has, an unreachable catalog.
    """
    tell("parcels", 0, 0)
    parcels = read_parcels(plan)
    tell("parcels", len(parcels), len(parcels))
    tell("scenes", 0, 0)
    found = search(plan, parcels, period)
    tell("scenes", len(found), len(found))
    index_bands.demand(wanted, found, plan.catalog)
    return settled_imagery(plan, parcels, found, tell)


def ndvi(plan: Plan, period: Period, tell: Tell) -> IndexRecord:
    """Clean NDVI of every parcel of a plan on every look of a period; reading begins when asked.

    Raises
    ------
    FarmlandError
        As :func:`prepare`.
    """
    return index_table(plan, prepare(plan, period, NDVI, tell), NDVI, tell)


def index_table(plan: Plan, held: Imagery, wanted: Sequence[Index], tell: Tell) -> IndexRecord:
    """Clean indices of every parcel on every look at hand; reading begins when asked."""
    programs = [indices.program(index) for index in wanted]
    bands = index_bands.ordered(band for program in programs for band in program.bands)
    tables = vegetation.count(
        held.parcels.frame.geometry,
        held.looks,
        how(plan, held.counts, bands, rescue=False),
        programs,
        readers=plan.worker_count * (FAR_READERS if far(held.scenes) else NEAR_READERS),
        done=partial(tell, "looks"),
    )
    names = tuple(index.name.lower() for index in wanted)
    return IndexRecord(names, tuple(held.parcels.frame["parcel_id"]), held.looks, tables)


def _model_of(plan: Plan, ruled: Rules) -> Model | None:
    """The model of a plan, which must fit its rules; None where the rules stand alone."""
    if not plan.model:
        return None
    model = models.read(plan.model)
    learned.check(model, Path(plan.model).name, ruled)
    return model


def far(found: Iterable[Scene]) -> bool:
    """Whether files come over a network."""
    hrefs = (asset.href for scene in found for asset in scene.assets.values())
    return any(urlsplit(href).scheme in {"http", "https", "s3"} for href in hrefs)


def unread_code(plan: Plan, unread: int, needed: int) -> int:
    """0, or 3 when more of what was needed stayed unread than the rules allow (DESIGN 3)."""
    return 3 if unread > rules.load(plan.rules).detection.max_unread_share * needed else 0


def how(
    plan: Plan,
    offsets: Mapping[str, int],
    bands: Sequence[str] = BANDS,
    *,
    rescue: bool = True,
) -> How:
    """How the looks of a plan are read, given the counts to add by item id (layer scenes)."""
    reach = catalog.reach_of(plan.catalog, plan.allow_host, offline=plan.offline)
    known = rules.load(plan.rules)
    return How(dict(offsets), tuple(bands), known.detection, reach, rescue, known.rhythm)


def read_parcels(plan: Plan) -> Parcels:
    """Read the parcel layer of a plan."""
    return parcel_layers.read(
        plan.parcels,
        layer=plan.layer,
        id_field=plan.id_field,
        field_map=plan.field_map,
        crs=plan.crs,
        encoding=plan.encoding,
        keep_columns=plan.keep_columns,
    )


def exit_code(result: Result) -> int:
    """0, or 3 when more stayed unread or unseen than the rules allow (DESIGN 3)."""
    return int(result.run["exit_code"])


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


def _result(
    ruled: Rules,
    parcels: Parcels,
    placed: Sequence[tiles.Placed],
    found: Sequence[Scene],
    settled: Settled,
    grouped: Sequence[looks.Look],
    blocks: Sequence[tiles.Block],
    reports: Sequence[Report],
    tell: Tell,
) -> Result:
    """Turn the reports of all blocks into tables."""
    findings = sorted(
        (patch for report in reports for part in report.findings for patch in part.patches),
        key=lambda patch: (patch.row, patch.date_to, patch.first),
    )
    by_row = {parcel.row: parcel for parcel in placed}
    shown = pictures.shown(findings, grouped)
    patches = tables.conversions(findings, parcels, by_row, shown, ruled)
    unread = account.unread_looks(reports)
    records = {
        record.row: record
        for report in reports
        for part in report.findings
        for record in part.records
    }
    table = _parcel_table(parcels, records, patches, unread, findings, ruled)
    facts = account.scene_facts(found, settled, looks.duplicates(found), _tallies(reports))
    return Result(
        conversions=patches,
        parcels=table,
        summary=layers.empty(layers.SUMMARY),
        scenes=tables.scenes(found, facts),
        run={},
        evidence=pictures.evidence(findings, patches, found, grouped, settled.counts, tell),
        overlay=layers.empty(layers.OVERLAY, parcels.frame.crs),
        accounts=layers.empty(layers.ACCOUNTS),
        verdicts={
            str(name): verdict.of(finding, ruled.detection)
            for name, finding in zip(patches["patch_id"], findings, strict=True)
        },
        dismissed=verdict.of_dismissed(
            (patch for report in reports for part in report.findings for patch in part.dismissed),
            parcels.frame["parcel_id"].tolist(),
            ruled.detection,
        ),
        greenness=tuple(
            part.greenness
            for report in reports
            for part in report.findings
            if part.greenness is not None
        ),
        series=_series(blocks, reports, len(parcels)),
    )


def _series(
    blocks: Sequence[tiles.Block], reports: Sequence[Report], parcels: int
) -> Series | None:
    """The looks at all parcels, cell by cell put together."""
    parts = [
        ([parcel.row for parcel in cell.parcels], part.series)
        for block, report in zip(blocks, reports, strict=True)
        for cell, part in zip(block.cells, report.findings, strict=True)
    ]
    return series.merge(parts, parcels)


def _parcel_table(
    parcels: Parcels,
    records: Mapping[int, Record],
    patches: gpd.GeoDataFrame,
    unread: Mapping[int, int],
    findings: Sequence[Finding],
    ruled: Rules,
) -> gpd.GeoDataFrame:
    """The parcels layer; findings and patches are in the same order."""
    early = {
        str(name)
        for name, finding in zip(patches["patch_id"], findings, strict=True)
        if finding.changed_before
    }
    return tables.parcel_table(parcels, records, patches, unread, early, ruled)


def _tallies(reports: Sequence[Report]) -> dict[str, Tally]:
    """Tallies of all blocks, by item id."""
    total: dict[str, Tally] = {}
    for report in reports:
        for name, tally in report.tallies.items():
            total.setdefault(name, Tally()).add(tally)
    return total
