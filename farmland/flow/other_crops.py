"""List the fields on which another crop grows now: ``--crops``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from farmland.flow import pictures
from farmland.flow.block import Report
from farmland.imagery.looks import Look
from farmland.parcels import Parcels
from farmland.result import Result
from farmland.rules import Rules
from farmland.tables import switches
from farmland.tiling.tiles import Placed


def listed(
    result: Result,
    parcels: Parcels,
    placed: Mapping[int, Placed],
    grouped: Sequence[Look],
    reports: Sequence[Report],
    rules: Rules,
) -> Result:
    """Add rows of cover ``crop`` to a result; summary, areas and statuses stay as they are.

    ``placed`` by input row, of those with another crop at least.
    """
    records = [record for report in reports for part in report.findings for record in part.records]
    found = switches.fields(records, placed, result.parcels)
    shown = pictures.shown(found, grouped)
    others = switches.conversions(found, parcels, shown, rules)
    return replace(
        result,
        conversions=switches.listed_with(result.conversions, others),
        parcels=switches.told(result.parcels, found),
    )
