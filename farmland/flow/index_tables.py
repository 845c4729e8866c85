"""Clean indices of every parcel on every look."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from farmland import indices
from farmland.flow import index_bands, vegetation
from farmland.flow.imagery import Imagery
from farmland.flow.imagery import of_scenes as settled_imagery
from farmland.flow.reading import how, read_parcels, readers
from farmland.flow.record import IndexRecord
from farmland.flow.searching import search
from farmland.periods import Period
from farmland.plan import Plan
from farmland.progress import Tell
from farmland.rules.indices import INDICES, Index

NDVI = (INDICES["NDVI"],)


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
        readers=readers(plan.worker_count, held.scenes),
        done=partial(tell, "looks"),
    )
    names = tuple(index.name.lower() for index in wanted)
    return IndexRecord(names, tuple(held.parcels.frame["parcel_id"]), held.looks, tables)
