"""Documents for a county of 10,000 clues: ``python benchmarks/sheets.py``.

Each document is made in a process of its own. Parcels, patches, curves and chips are made up; the
evidence of a patch is made when it is asked for, as it is read from its file in earnest. What the
process holds before the document is begun is measured apart.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from record import Table, write

from farmland import layers, rules
from farmland.accounting import accounts, summary
from farmland.grid import Window
from farmland.result import Chip, Curve, Evidence, Result

CRS, ZONE = "EPSG:4490", "EPSG:32650"
SIDE = 90.0
"""Metres from one parcel to the next."""
EVERY = 4
"""One parcel in so many has a patch."""
DAYS = np.arange(np.datetime64("2021-07-01"), np.datetime64("2024-07-01"), np.timedelta64(10, "D"))
COVERS = ("built", "greenhouse", "pond", "orchard", "abandoned", "road", "earthwork", "solar")


@dataclass(frozen=True, slots=True)
class MadeUp(Mapping[str, Evidence]):
    """Evidence by patch id, made when it is asked for."""

    corners: Mapping[str, tuple[float, float]]

    def __getitem__(self, name: str) -> Evidence:
        x, y = self.corners[name]
        random = np.random.default_rng(int(name, 16))
        window = Window.around(x, y, x + 60, y + 40).padded(20)
        chips = [
            Chip(f"S2A_50SQC_{day:%Y%m%d}_0_L2A", np.datetime64(day), ZONE, window,
                 _fields(random, window.shape))
            for day in pd.to_datetime(["2023-04-22", "2024-06-03", "2024-03-07"])
        ]  # fmt: skip
        return Evidence(name, _curve(random), *chips)

    def __iter__(self) -> Iterator[str]:
        return iter(self.corners)

    def __len__(self) -> int:
        return len(self.corners)


def county(patches: int) -> Result:
    """A county of so many patches, four times as many parcels, in 24 townships."""
    count = patches * EVERY
    wide = int(np.ceil(np.sqrt(count)))
    number = np.arange(count)
    x, y = 400_000 + number % wide * SIDE, 3_760_000 + number // wide * SIDE
    fields = gpd.GeoSeries(shapely.box(x, y, x + 80, y + 80), crs=ZONE).to_crs(CRS)
    chosen = number[::EVERY]
    parts = gpd.GeoSeries(
        shapely.box(x[chosen], y[chosen], x[chosen] + 60, y[chosen] + 40), crs=ZONE
    ).to_crs(CRS)
    names = [f"32082610320200{n:05d}" for n in number]
    found = _patches([names[n] for n in chosen], parts)
    corners = dict(
        zip(found["patch_id"], zip(x[chosen].tolist(), y[chosen].tolist(), strict=True),
            strict=True)
    )  # fmt: skip
    parcels = _parcels(names, fields)
    return Result(
        conversions=found,
        parcels=parcels,
        summary=summary.table(found, parcels, _overlay(found)),
        scenes=layers.empty(layers.SCENES, "EPSG:4326"),
        run={
            "periods": {
                "before": "2021-07-01/2023-06-30",
                "after": "2023-07-01/2024-06-30",
                "history": "2020-07-01/2023-06-30",
            },
            "versions": {"farmland": "0.1.0"},
            "rules": {"id": "cn", "version": "2026.2"},
            "end": "2024-07-02T03:04:05Z",
            "calibration": "uncalibrated",
            "clue": {"en": rules.load("cn").clue.en, "zh": rules.load("cn").clue.zh},
            "attribution": "Contains modified Copernicus Sentinel data 2021-2024",
        },
        evidence=MadeUp(corners),
        overlay=(overlay := _overlay(found)),
        accounts=accounts.table(found, overlay, rules.load("cn")),
    )


def _fields(random: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Strips of fields with the grain that imagery has."""
    rows, columns = np.indices(shape)
    colours = random.integers(60, 170, (8, 3))
    strips = colours[(rows // 9 * 3 + columns // 13 * 5) % 8]
    return np.clip(strips + random.normal(0, 4, (*shape, 3)), 1, 255).astype(np.uint8)


def _curve(random: np.random.Generator) -> Curve:
    season = 0.2 + 0.5 * np.abs(np.sin(np.arange(len(DAYS)) / 6))
    ndvi = np.where(np.arange(len(DAYS)) > 95, 0.17, season) + random.normal(0, 0.02, len(DAYS))
    ndvi[random.random(len(DAYS)) < 0.35] = np.nan
    edges = (season - 0.1, season + 0.08, season - 0.06, season + 0.05)
    return Curve(DAYS, *(edge.astype(np.float32) for edge in (ndvi, *edges)))


def _patches(parcels: list[str], shapes: gpd.GeoSeries) -> gpd.GeoDataFrame:
    number, cn = np.arange(len(parcels)), rules.load("cn")
    covers = [COVERS[n % len(COVERS)] for n in number]
    frame = pd.DataFrame(
        {
            "patch_id": [f"{n * 7919 + 1:012x}" for n in number],
            "parcel_id": parcels,
            "conversion": [cn.covers[cover].conversion for cover in covers],
            "stage": np.where(number % 3 == 0, "candidate", "confirmed"),
            "cover": covers,
            "cover_before": "wheat_maize",
            "rule": [f"cn:{cover}@{cn.version}" for cover in covers],
            "policy_class": [cn.covers[cover].policy_class for cover in covers],
            "land_code": [cn.covers[cover].land_code or None for cover in covers],
            "date_from": np.datetime64("2024-02-21"),
            "date_to": np.datetime64("2024-03-07"),
            "confirmed_on": np.where(number % 3 == 0, np.datetime64("NaT"),
                                     np.datetime64("2024-05-11")),
            "area_m2": 2400.0,
            "area_mu": 3.6,
            "parcel_share": 0.375,
            "confidence": 0.2 + 0.8 * (number % 97) / 97,
            "level": "medium",
            "clear_before": 36,
            "clear_after": 22,
            "scene_before": "S2A_50SQC_20230422_0_L2A",
            "scene_after": "S2A_50SQC_20240603_0_L2A",
            "reason": "On 7 looks over 120 days up to 2024-06-30 NDVI peaked at 0.19; own past in "
            "these months at least 0.67; neighbouring parcels at least 0.59; it fell 0.48 below "
            "the rest of the parcel; most like: buildings; a clue to be verified in the field.",
            "reason_zh": "截至2024年6月30日的 120 天内 7 次有效观测，NDVI 峰值仅 0.19；自身历史同期"
            "不低于 0.67；周边地块不低于 0.59；较地块其余部分下降 0.48；疑似建（构）筑物，"
            "需实地核实。",
            "status": "new",
        }
    )  # fmt: skip
    return layers.coerce(
        layers.CONVERSIONS, gpd.GeoDataFrame(frame, geometry=list(shapes), crs=CRS)
    )


def _parcels(names: list[str], shapes: gpd.GeoSeries) -> gpd.GeoDataFrame:
    frame = pd.DataFrame(
        {"parcel_id": names, "status": "stable", "reason": "", "area_m2": 6400.0, "area_mu": 9.6}
    )
    frame["status"] = np.where(np.arange(len(names)) % EVERY == 0, "confirmed", "stable")
    return layers.coerce(layers.PARCELS, gpd.GeoDataFrame(frame, geometry=list(shapes), crs=CRS))


def _overlay(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    number = np.arange(len(found))
    frame = pd.DataFrame(
        {
            "patch_id": found["patch_id"],
            "part": 1,
            "land": "pbf",
            "pbf": 1,
            "survey_code": "0102",
            "place_code": [f"320826{n % 24 + 101:03d}" for n in number],
            "policy_class": found["policy_class"],
            "rule": found["rule"],
            "legacy": 0,
            "area_m2": found["area_m2"],
        }
    )
    return layers.coerce(
        layers.OVERLAY, gpd.GeoDataFrame(frame, geometry=list(found.geometry), crs=CRS)
    )


NOTE = "CPU seconds are the measure: seconds of the clock also count what else the machine did."


def _quiet(*_: object) -> None:
    """Hear of progress and say nothing."""


def _sheets(result: Result, folder: Path) -> object:
    from farmland.report import sheets

    return sheets.write(result, folder, "zh", _quiet)


def _chips(result: Result, folder: Path) -> object:
    from farmland.report import clues, fonts, pictures, words

    fonts.faces()
    for clue in clues.of(result.conversions):
        item = result.evidence[clue.patch_id]
        shapes = clues.outlines(clue, item, result.conversions.crs)
        picture = pictures.evidence(item, clue, shapes, "zh", words.absent(taken=True))
        (folder / f"{clue.patch_id}.png").write_bytes(picture)
    return None


def _bulletin(result: Result, folder: Path) -> object:
    from farmland.report import bulletin

    return bulletin.write(result, folder, "zh")


def _tables(result: Result, folder: Path) -> object:
    from farmland.report import spreadsheets

    return spreadsheets.write(result, folder, "zh")


WORK: Mapping[str, Callable[[Result, Path], object]] = {
    "evidence sheets (PDF)": _sheets,
    "pictures of patches (PNG)": _chips,
    "bulletin (DOCX, Markdown)": _bulletin,
    "tables and ledger (XLSX, CSV)": _tables,
}


def one(name: str, patches: int, folder: Path) -> dict[str, float]:
    """Make one document in this process; seconds, megabytes held before and at most, of files."""
    result = county(patches)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    start, begun = time.perf_counter(), time.process_time()
    WORK[name](result, folder)
    taken, spent = time.perf_counter() - start, time.process_time() - begun
    files = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return {"seconds": taken, "cpu": spent, "held": held, "peak": peak, "files": len(files),
            "bytes": float(sum(files))}  # fmt: skip


def measured(name: str, patches: int) -> dict[str, float]:
    """The same in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--only", name, "--patches", str(patches),
                   "--to", folder]  # fmt: skip
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    told: dict[str, float] = json.loads(out.splitlines()[-1])
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patches", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--only", help="one document, in this process")
    parser.add_argument("--to", type=Path, help="folder for --only")
    asked = parser.parse_args()
    if asked.only:
        print(json.dumps(one(asked.only, asked.patches[0], asked.to)))
        return
    rows = []
    for name in WORK:
        for patches in asked.patches:
            told = measured(name, patches)
            rows.append([name, f"{patches:,}", f"{told['seconds']:.1f}",
                         f"{told['cpu']:.1f}",
                         f"{1e3 * told['cpu'] / patches:.1f}", f"{told['peak']:.0f}",
                         f"{told['held']:.0f}", int(told["files"]),
                         f"{told['bytes'] / 1e6:.1f}"])  # fmt: skip
            print(rows[-1], flush=True)
    columns = ["document", "patches", "seconds", "CPU s", "CPU ms per patch", "peak memory, MB",
               "held before, MB", "files", "size, MB"]  # fmt: skip
    write("sheets", "Documents for 10,000 clues", "python benchmarks/sheets.py",
          [Table("", columns, rows, NOTE)], ("fpdf2", "openpyxl", "python-docx"))  # fmt: skip


if __name__ == "__main__":
    main()
