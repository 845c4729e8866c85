"""How the parcels and looks of a plan are read, and when too much of it stayed unread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from farmland import rules
from farmland.flow.look import How
from farmland.io import catalog
from farmland.io import parcels as parcel_layers
from farmland.parcels import Parcels
from farmland.plan import Plan
from farmland.result import Result
from farmland.room import RUN_ROW_BYTES, Room
from farmland.scene import BANDS, Scene
from farmland.tiling import tiles

NEAR_READERS, FAR_READERS = 2, 4
"""Looks read ahead for each core, from a disk and from a host that has to be waited for."""


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
        room=Room(plan.memory_bytes, tiles.BASE_BYTES, RUN_ROW_BYTES),
    )


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


def readers(workers: int, found: Iterable[Scene]) -> int:
    """Looks that are read at the same time."""
    return workers * (FAR_READERS if _far(found) else NEAR_READERS)


def _far(found: Iterable[Scene]) -> bool:
    """Whether files come over a network."""
    hrefs = (asset.href for scene in found for asset in scene.assets.values())
    return any(urlsplit(href).scheme in {"http", "https", "s3"} for href in hrefs)


def unread_code(plan: Plan, unread: int, needed: int) -> int:
    """0, or 3 when more of what was needed stayed unread than the rules allow (DESIGN 3)."""
    return 3 if unread > rules.load(plan.rules).detection.max_unread_share * needed else 0


def exit_code(result: Result) -> int:
    """0, or 3 when more stayed unread or unseen than the rules allow (DESIGN 3)."""
    return int(result.run["exit_code"])
