"""The findings of ``farmland parcels check`` as a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from farmland.cli.findings import FIRST
from farmland.report.plots.findings import Layer, Panel
from farmland.rules import Words

if TYPE_CHECKING:
    from farmland.checks import Report
    from farmland.checks.finding import Found
    from farmland.parcels import Parcels


def layer(parcels: Parcels, report: Report) -> Layer:
    """What the picture needs of a layer and its findings."""
    shapes = parcels.frame.geometry.to_numpy(dtype=object)
    ids = parcels.frame["parcel_id"].to_numpy(dtype=object)
    there = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    placed = [each for each in report.findings if there[each.rows[each.rows >= 0]].any()]
    return Layer(
        name=parcels.layer or parcels.source,
        shapes=shapes,
        geographic=parcels.frame.crs.is_geographic,
        panels=[_panel(each, ids, there) for each in placed],
        elsewhere=tuple(_counted(each) for each in report.findings if each not in placed),
    )


def _panel(found: Found, ids: np.ndarray, there: np.ndarray) -> Panel:
    rows = found.rows[found.rows >= 0]
    named = list(dict.fromkeys(map(str, ids[rows])))
    return Panel(
        title=found.kind.title,
        fault=found.kind.severity == "fault",
        count=len(found),
        rows=rows[there[rows]],
        places=found.places,
        said=", ".join(named[:FIRST]) + (" …" if len(named) > FIRST else ""),
    )


def _counted(found: Found) -> Words:
    title = found.kind.title
    return Words(f"{title.en}: {len(found)}", f"{title.zh}：{len(found)}")
