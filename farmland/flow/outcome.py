"""From the reports of all blocks to the tables of a result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd

from farmland import layers, series, tables
from farmland.detect.findings import Finding, Record
from farmland.flow import account, pictures
from farmland.flow.block import Report, Tally
from farmland.flow.radiance import Settled
from farmland.imagery import looks
from farmland.parcels import Parcels
from farmland.progress import Tell
from farmland.result import Result, Series
from farmland.rules import Rules
from farmland.scene import Scene
from farmland.tables import verdict
from farmland.tiling import tiles


def outcome(
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
