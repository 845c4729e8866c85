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
from farmland.flow.block import Report, Tally
from farmland.flow.radiance import Settled
from farmland.parcels import Parcels
from farmland.periods import Period
from farmland.plan import Periods, Plan
from farmland.result import Result
from farmland.rules import Rules, Words
from farmland.scene import Scene

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


def of_run(
    plan: Plan,
    periods: Periods,
    rules: Rules,
    parcels: Parcels,
    result: Result,
    reports: Sequence[Report],
    start: datetime,
) -> dict[str, Any]:
    """One JSON value per key: enough to say what was done, with what, and to do it again."""
    years = sorted({moment.year for moment in result.scenes["datetime"]})
    failed = int(result.scenes["blocks_failed"].sum())
    needed = failed + int(
        result.scenes["blocks_read"].sum() + result.scenes["blocks_skipped"].sum()
    )
    unseen = int((result.parcels["status"] == "no_imagery").sum())
    late = failed > rules.detection.max_unread_share * needed
    absent = unseen > rules.detection.max_unseen_share * len(result.parcels)
    return {
        "clue": {"en": rules.clue.en, "zh": rules.clue.zh},
        "attribution": "Contains modified Copernicus Sentinel data "
        + (f"{years[0]}-{years[-1]}" if len(years) > 1 else "".join(map(str, years))),
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
        "calibration": "uncalibrated",
        "input": {
            "source": parcels.source,
            "layer": parcels.layer,
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
        "exit_code": 3 if late or absent else 0,
        "start": start.isoformat(timespec="seconds"),
        "end": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {"farmland": __version__, "python": platform.python_version()} | _versions(),
    }


def _counts(result: Result) -> dict[str, int]:
    """How many of what."""
    return {
        "parcels": len(result.parcels),
        "patches": len(result.conversions),
        "confirmed": int((result.conversions["stage"] == "confirmed").sum()),
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
    for name in ("parcels", "out"):
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
