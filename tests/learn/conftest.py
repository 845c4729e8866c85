"""Six villages twelve kilometres apart, detected in, and what an inspector said of each change.

Roofs, ponds and bare earth are true; fields left to weeds on pale soil are not, though the rules
think them likely. The detector is the real one; the result is the file that a run writes.
"""

from __future__ import annotations

from dataclasses import replace

import by_hand
import geopandas as gpd
import numpy as np
import pytest
import village
from shapely.affinity import translate

from farmland import detect, layers, rules, tables
from farmland.accounting import summary
from farmland.detect.findings import Findings
from farmland.grid import PIXEL_M
from farmland.io import geopackage
from farmland.io import series as kept
from farmland.labels import Label
from farmland.learning import Case, together, train
from farmland.model import Model
from farmland.result import Result, Series
from farmland.tables import verdict
from farmland.tiling import tiles

RULES = rules.load("cn")
VILLAGES, FIELDS, APART = 6, village.ACROSS * village.DOWN, 1200
"""Pixels from one village to the next."""

PALE = np.array([0.130, 0.185, 0.250, 0.330, 0.400, 0.350])
"""Subsoil, paler and yellower than what was ploughed."""

TRUE = {"built": village.ROOF, "pond": village.WATER, "earthwork": PALE}
PLAN = [*["built"] * 4, *["pond"] * 3, *["earthwork"] * 2, *["weeds"] * 11]
"""What becomes of the first fields of each village; the others stay as they are."""


def became(seed: int) -> dict[int, village.Story]:
    """A story for each field of ``PLAN``: on a day of its own, some on half of the field."""
    random = np.random.default_rng(seed)
    told = {}
    for field, kind in enumerate(PLAN):
        day = np.datetime64("2023-08-10") + np.timedelta64(int(random.integers(0, 180)), "D")
        weeds = village.mixed(np.array(random.uniform(0.05, 0.3)), village.SOIL * 1.55)
        told[field] = village.turned(str(day), TRUE.get(kind, weeds), half=field % 3 == 2)
    return told


def moved(found: Findings, number: int) -> Findings:
    """What was found in a village, where the village truly lies."""
    rows, columns = FIELDS * number, APART * number
    patches = tuple(
        replace(
            patch,
            row=patch.row + rows,
            columns=patch.columns + np.int32(columns),
            first=(patch.first[0], patch.first[1] + columns),
        )
        for patch in found.patches
    )
    dismissed = tuple(replace(one, row=one.row + rows) for one in found.dismissed)
    records = tuple(replace(one, row=one.row + rows) for one in found.records)
    return replace(found, patches=patches, dismissed=dismissed, records=records)


def result_of(parts: list[Findings]) -> Result:
    """One result of what was found in all villages."""
    fields = [parcel.geometry for parcel in village.cell().parcels]
    places = [translate(field, APART * PIXEL_M * n) for n in range(VILLAGES) for field in fields]
    parcels = by_hand.parcels(*places)
    placed = {one.row: one for one in tiles.place(gpd.GeoSeries(places, crs=by_hand.ZONE))}
    found = sorted(
        (patch for part in parts for patch in part.patches), key=lambda p: (p.row, p.first)
    )
    patches = tables.conversions(found, parcels, placed, [(None, None)] * len(found), RULES)
    records = {record.row: record for part in parts for record in part.records}
    table = tables.parcel_table(parcels, records, patches, {}, set(), RULES)
    names = parcels.frame["parcel_id"].tolist()
    shapes = (len(names), 0)
    overlay = layers.empty(layers.OVERLAY, parcels.frame.crs)
    told = {
        str(name): verdict.of(one, RULES.detection)
        for name, one in zip(patches["patch_id"], found, strict=True)
    }
    return Result(
        conversions=patches,
        parcels=table,
        summary=summary.table(patches, table, overlay),
        scenes=tables.scenes([], {}),
        run={
            "start": "2024-07-01T00:00:00+00:00",
            "rules": {"id": RULES.id, "version": RULES.version},
            "periods": {"after": str(village.PERIODS.after)},
        },
        evidence={},
        overlay=overlay,
        accounts=layers.empty(layers.ACCOUNTS),
        verdicts=told,
        dismissed=verdict.of_dismissed(
            (one for part in parts for one in part.dismissed), names, RULES.detection
        ),
        series=Series(
            np.zeros(0, "datetime64[D]"),
            np.zeros(len(names), np.int32),
            np.zeros(shapes, np.int16),
            np.zeros(shapes, np.uint8),
            np.zeros(shapes, np.uint8),
        ),
    )


@pytest.fixture(scope="session")
def county() -> Result:
    parts = []
    for number in range(VILLAGES):
        stack = village.build(became(number), number)
        parts.append(moved(detect.find(stack, village.PERIODS, RULES.detection), number))
    return result_of(parts)


@pytest.fixture(scope="session")
def labels() -> tuple[Label, ...]:
    """What an inspector found on every field that was planned for."""
    return tuple(
        Label("", f"P{number * FIELDS + field}", kind in TRUE, kind if kind in TRUE else "")
        for number in range(VILLAGES)
        for field, kind in enumerate(PLAN)
    )


@pytest.fixture(scope="session")
def cases(county: Result, labels: tuple[Label, ...]) -> tuple[Case, ...]:
    return together([county], labels, RULES.training.block_km)[0]


def taught(cases: tuple[Case, ...]) -> Model:
    """A model of cases, with plain words for what does not matter here."""
    return train(
        cases,
        RULES,
        block_km=10.0,
        results=("county.gpkg",),
        periods=("2023-07-01/2024-06-30",),
        box=(117.0, 36.0, 118.0, 36.5),
    )


@pytest.fixture(scope="session")
def model(cases: tuple[Case, ...]) -> Model:
    return taught(cases)


@pytest.fixture(scope="session")
def written(county: Result, tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("learn") / "county.gpkg"
    geopackage.write(county, path, language="en")
    kept.write(county, path.with_suffix(""))
    return path


@pytest.fixture(scope="session")
def table(labels: tuple[Label, ...], written):
    path = written.with_name("checked.csv")
    rows = [f"{label.parcel_id},{str(label.agreed).lower()},{label.cover}" for label in labels]
    path.write_text("\n".join(["parcel_id,verdict,cover", *rows]), "utf-8")
    return path
