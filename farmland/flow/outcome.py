"""From the reports of all blocks to the tables of a result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd

from farmland import layers, series, tables
from farmland.detect.findings import Finding, Record
from farmland.flow import account, pictures
from farmland.flow.block import Report, Tally
from farmland.flow.radiance import Settled
from farmland.imagery import looks
from farmland.parcels import Parcels
from farmland.progress import Tell
from farmland.result import Result
from farmland.rules import Rules
from farmland.scene import Scene
from farmland.tables import verdict
from farmland.tiling import tiles


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """What all blocks of a run gave."""

    reports: list[Report]
    """One for each block."""
    cells: list[list[int]]
    """Input rows of the parcels of each cell, in the order of the findings of all reports."""
    placed: Mapping[int, tiles.Placed]
    """By input row, the parcels with a patch or another crop, on the grid."""


def outcome(
    ruled: Rules,
    parcels: Parcels,
    watched: Watched,
    found: Sequence[Scene],
    settled: Settled,
    grouped: Sequence[looks.Look],
    tell: Tell,
) -> Result:
    """Turn the reports of all blocks into tables."""
    reports = watched.reports
    parts = [part for report in reports for part in report.findings]
    findings = sorted(
        (patch for part in parts for patch in part.patches),
        key=lambda patch: (patch.row, patch.date_to, patch.first),
    )
    shown = pictures.shown(findings, grouped)
    patches = tables.conversions(findings, parcels, watched.placed, shown, ruled)
    unread = account.unread_looks(reports)
    records = {record.row: record for part in parts for record in part.records}
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
            (patch for part in parts for patch in part.dismissed),
            parcels.frame["parcel_id"].tolist(),
            ruled.detection,
        ),
        greenness=tuple(part.greenness for part in parts if part.greenness is not None),
        series=series.merge(
            [(rows, part.series) for rows, part in zip(watched.cells, parts, strict=True)],
            len(parcels),
        ),
    )


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
