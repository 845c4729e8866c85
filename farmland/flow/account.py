"""The account of a run: what was read, what was not, with which versions, and how it ended."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from farmland import __version__, layers
from farmland.errors import Unreachable
from farmland.flow.block import Report, Tally
from farmland.flow.radiance import Settled
from farmland.io.bands.fetch import OF_HOST
from farmland.model import Model
from farmland.parcels import Parcels
from farmland.periods import Period
from farmland.plan import LAND_LAYERS, Periods, Plan
from farmland.result import Result
from farmland.rules import Rules, Words
from farmland.scene import Scene, attribution

UNREAD_LISTED = 1000
"""Entries of the list of what stayed unread."""

PACKAGES = ("numpy", "numba", "rasterio", "geopandas", "shapely", "pyproj", "dask", "pystac-client")


def scene_facts(
    found: Sequence[Scene],
    settled: Settled,
    duplicates: Mapping[str, str],
    tallies: Mapping[str, Tally],
) -> dict[str, dict[str, Any]]:
    """What reading told about each scene, by item id, as columns of ``scenes``."""
    facts = {}
    for scene in found:
        tally = tallies.get(scene.item_id, Tally())
        facts[scene.item_id] = {
            "offset": settled.counts.get(scene.item_id),
            "offset_source": settled.source.get(scene.item_id),
            "duplicate_of": duplicates.get(scene.item_id),
            "clear_share": tally.clear / tally.seen if tally.seen else None,
            "blocks_read": tally.read,
            "blocks_skipped": tally.skipped,
            "blocks_failed": tally.failed,
            "bytes_read": tally.bytes_read,
        }
    return facts


def offset_reasons(settled: Settled) -> list[dict[str, Any]]:
    """Why scenes are set aside or their declared offset was overruled, with their item ids."""
    named: dict[Words, list[str]] = {}
    for name, note in sorted(settled.notes.items()):
        named.setdefault(note, []).append(name)
    return [{"en": note.en, "zh": note.zh, "scenes": names} for note, names in named.items()]


def unread_looks(reports: Sequence[Report]) -> dict[int, int]:
    """Looks that stayed unread, by input row of the parcel."""
    return {row: looks for report in reports for row, looks in report.unread_looks.items()}


def check_hosts(found: Sequence[Scene], settled: Settled, reports: Sequence[Report]) -> None:
    """Hold that something was read.

    Raises
    ------
    Unreachable
        When nothing was, and only because the hosts of the files do not serve.
    """
    tallies = [tally for report in reports for tally in report.tallies.values()]
    reasons = {entry.reason for report in reports for entry in report.unread}
    reasons |= {entry.reason for entry in settled.missed}
    if not reasons or not reasons <= OF_HOST or any(one.read or one.skipped for one in tallies):
        return
    used = [scene for scene in found if scene.item_id in settled.counts]
    hosts = {urlsplit(asset.href).hostname for scene in used for asset in scene.assets.values()}
    named = ", ".join(sorted(host for host in hosts if host))
    raise Unreachable(
        f"None of the images of {len(used)} scenes could be read, for {named} does not serve them "
        f"({'; '.join(sorted(reasons))}): try again later, or give another catalog with --catalog.",
        f"{len(used)} 景影像均无法读取，主机 {named} 未提供服务："
        "请稍后再试，或用 --catalog 指定其他目录。",
    )


def unread(reports: Sequence[Report], settled: Settled) -> dict[str, Any]:
    """What was needed and stayed unread: blocks of scenes, and overviews of whole scenes.

    Returns
    -------
    dict
        ``unread``: at most 1000 entries of item id, band (``""``: the bands together), CRS and box
        in metres (left, bottom, right, top; ``None``: the overview, evidence of the offset) and
        reason; ``unread_total``, and ``unread_scenes`` that they are of.
    """
    blocks = [
        (entry.item_id, entry.band, entry.crs, entry.window.bounds, entry.reason)
        for report in reports
        for entry in report.unread
    ]
    overviews = [(entry.item_id, entry.band, None, None, entry.reason) for entry in settled.missed]
    entries = [*overviews, *sorted(blocks)]
    names = ("item_id", "band", "crs", "box", "reason")
    return {
        "unread": [dict(zip(names, entry, strict=True)) for entry in entries[:UNREAD_LISTED]],
        "unread_total": len(entries),
        "unread_scenes": len({entry[0] for entry in entries}),
    }


def of_run(
    plan: Plan,
    periods: Periods,
    rules: Rules,
    parcels: Parcels,
    result: Result,
    settled: Settled,
    reports: Sequence[Report],
    model: Model | None,
    start: datetime,
) -> dict[str, Any]:
    """One JSON value per key: enough to say what was done, with what, and to do it again."""
    failed = int(result.scenes["blocks_failed"].sum()) + len(settled.missed)
    needed = failed + int(
        result.scenes["blocks_read"].sum() + result.scenes["blocks_skipped"].sum()
    )
    unseen = int((result.parcels["status"] == "no_imagery").sum())
    late = failed > rules.detection.max_unread_share * needed
    absent = unseen > rules.detection.max_unseen_share * len(result.parcels)
    return {
        "clue": {"en": rules.clue.en, "zh": rules.clue.zh},
        "attribution": attribution(moment.year for moment in result.scenes["datetime"]),
        "periods": {
            "before": str(periods.before),
            "after": str(periods.after),
            "history": str(periods.history),
            "gap_days": periods.gap_days,
        },
        "plan": _plain(plan),
        "catalog": _named(plan.catalog),
        "rules": {"id": rules.id, "version": rules.version},
        "thresholds": asdict(rules.detection) | asdict(rules.radiometry),
        "calibration": model.calibration if model else "uncalibrated",
        "input": {
            "source": parcels.source,
            "layer": parcels.layer,
            "kind": parcels.kind,
            "hash": parcels.input_hash,
            "faults": dict(parcels.faults),
            "notes": [{"en": note.en, "zh": note.zh} for note in parcels.notes],
        },
        "counts": _counts(result)
        | {"reads": needed, "reads_failed": failed, "blocks": len(reports)},
        "status": {
            str(name): int(count)
            for name, count in result.parcels["status"]
            .value_counts(sort=False)
            .sort_index()
            .items()
        },
        "monitored": int(result.parcels["status"].isin(layers.MONITORED).sum()),
        "offsets": offset_reasons(settled),
        **unread(reports, settled),
        "exit_code": 3 if late or absent else 0,
        "start": start.isoformat(timespec="seconds"),
        "end": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {"farmland": __version__, "python": platform.python_version()} | _versions(),
    }


def _counts(result: Result) -> dict[str, int]:
    """How many of what."""
    return {
        "parcels": len(result.parcels),
        "patches": len(result.outflow),
        "confirmed": int((result.outflow["stage"] == "confirmed").sum()),
        "other_crops": len(result.conversions) - len(result.outflow),
        "scenes": len(result.scenes),
        "scenes_set_aside": int(result.scenes["offset"].isna().sum()),
        "duplicates": int(result.scenes["duplicate_of"].notna().sum()),
        "bytes_read": int(result.scenes["bytes_read"].sum()),
    }


def _versions() -> dict[str, str]:
    """Versions of what computes."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "absent"
    return found


def _plain(plan: Plan) -> dict[str, Any]:
    """A plan as JSON, without folders of this machine."""
    settings = {
        entry.name: str(value) if isinstance(value, Period) else value
        for entry in fields(plan)
        for value in (getattr(plan, entry.name),)
    }
    for name in ("parcels", "out", "model", *LAND_LAYERS):
        settings[name] = Path(str(settings[name])).name
    settings["catalog"] = _named(plan.catalog)
    settings["allow_host"] = list(plan.allow_host)
    return settings


def _named(catalog: str) -> str:
    """A catalog as it may be told: a URL without secrets, a file without its folder."""
    parts = urlsplit(catalog)
    if parts.scheme in {"http", "https", "s3"}:
        return f"{parts.scheme}://{parts.hostname}{parts.path}"
    return Path(catalog).name or catalog
