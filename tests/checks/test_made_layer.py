"""The layer on which a county's parcels are measured: what was planted is found, and no more."""

import numpy as np
import parcel_layer
import parcels as measured
import pyogrio
import pytest
import shapely
from planted import kinds

from farmland import checks, rules
from farmland.io import parcels

COUNT = 2500


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("made") / "parcels.gpkg"
    parcel_layer.make(COUNT, path)
    return path


def test_it_has_the_fields_of_the_standard(path):
    information = pyogrio.read_info(path)
    assert information["features"] == COUNT
    assert len(information["fields"]) == 46


def test_fields_fill_their_square_without_gaps():
    shapes = parcel_layer.outlines(12, np.random.default_rng(3))
    assert shapely.is_valid(shapes).all()
    assert shapely.union_all(shapes).area == pytest.approx(shapely.area(shapes).sum())
    assert set(shapely.get_num_coordinates(shapes)) == {4 * (parcel_layer.POINTS + 1) + 1}


def test_what_was_planted_is_found(path):
    layer = parcels.read(path)
    assert (layer.kind, len(layer)) == ("pbf", COUNT)
    assert not {"ZRRZJHM", "LXDH", "ZRRMC"} & set(layer.frame.columns)
    found = kinds(checks.check(layer, rules.load("cn")))
    planted = {fault: round(share * COUNT) for fault, share in parcel_layer.SHARES.items()}
    assert len(found["self_crossing"]) == planted["bow_tie"]
    assert len(found["null_geometry"]) == planted["missing"]
    assert len(found["duplicate_geometry"]) == planted["again"]
    assert len(found["planting_of_cultivated"]) == planted["codes"]
    pairs = found["overlap"], found["narrow_overlap"]
    shared = {row for each in pairs for row in (*each.rows, *each.others)}
    assert len(shared) > 2 * planted["moved"]


def test_stages_meet_in_a_folder(path):
    said = [measured.STAGES[name](path.parent)["said"] for name in measured.STAGES]
    assert said[0].startswith("2,500 rows")
    assert int(said[2].split()[0].replace(",", "")) == pytest.approx(90_000, rel=0.02)
    written = [parcels.read(path.parent / name) for name in ("repaired.gpkg", "all.gpkg")]
    assert written[0].input_hash == written[1].input_hash


def test_the_table_of_differences():
    rows = {name: np.array(shares, float) for name, *shares in measured.differences()}
    compact = [name for name in rows if name.startswith(("square", "strip"))]
    assert all((np.abs(rows[name]) < 3e-6).all() for name in compact)
    assert (np.abs(rows["triangle of 1 km x 50 m on its base"]) > 1e-4).all()
