"""A layer read, checked and written a portion at a time is the same, and takes little memory."""

import json
import os
import subprocess
import sys
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from flow.test_memory import Watch
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st
from parcel_layer import make
from shapely.geometry import LineString, box

from farmland import checks, portions, room, rules
from farmland.cli import main
from farmland.errors import WrongUsage
from farmland.io import parcels, repaired
from farmland.io.parcels import by_portions
from farmland.room import Room, held_bytes

ROWS = 23


@given(st.lists(st.integers(0, 40), max_size=30), st.integers(1, 60))
def test_stretches_follow_each_other_and_weigh_no_more_than_allowed(counts, most):
    """Every row once and in order; a stretch is too heavy only where one row is."""
    shapes = np.array(
        [LineString(np.zeros((count, 2))) if count > 1 else None for count in counts], object
    )
    weights = [max(portions.LEAST, count if count > 1 else 0) for count in counts]
    found = list(portions.of_shapes(shapes, most))
    assert [row for rows in found for row in range(rows.start, rows.stop)] == [*range(len(counts))]
    for rows in found:
        assert sum(weights[rows]) <= most or rows.stop - rows.start == 1
    for rows, after in pairwise(found):
        assert sum(weights[rows]) + weights[after.start] > most
    assert found[0] == slice(0, 0) if not counts else all(rows.stop > rows.start for rows in found)


def mixed(folder, name):
    """Columns whose kind shows late: nothing, then something; and a shapefile's deleted row."""
    late = [None] * 9
    days = pd.to_datetime(["2024-02-03T04:05:06"] * (ROWS - 9))
    frame = gpd.GeoDataFrame(
        {
            "TBBH": [f"37010000000000{n:05d}" for n in range(ROWS)],
            "text": [*late, *(f"村{n}" for n in range(9, ROWS))],
            "none": [None] * ROWS,
            "whole": np.arange(ROWS, dtype=np.int32),
            "gap": pd.Series([*range(ROWS - 1), None], dtype="Int64"),
            "large": [2**53 + 1 + n for n in range(ROWS)],
            "real": np.linspace(0, 1, ROWS),
            "day": pd.Series([*late, *days]).dt.tz_localize("UTC"),
        },
        geometry=[
            None,
            *(box(4e7 - 3e5 + 9 * n, 4e6, 4e7 - 3e5 + 9 * n + 9, 4e6 + 9) for n in range(1, ROWS)),
        ],
        crs=4527,
    )
    if not name.endswith(".shp"):
        frame["yes"] = pd.Series([True] * (ROWS - 1) + [None], dtype="boolean")
    driver = "OpenFileGDB" if name.endswith(".gdb") else None
    pyogrio.write_dataframe(frame, folder / name, driver=driver)
    if name.endswith(".shp"):
        table = (folder / name).with_suffix(".dbf")
        content = bytearray(table.read_bytes())
        head, size = (int.from_bytes(content[at : at + 2], "little") for at in (8, 10))
        for deleted in (2, 3, 11):
            content[head + deleted * size] = ord("*")
        table.write_bytes(content)
    return folder / name


@pytest.mark.parametrize("name", ["a.gpkg", "a.gdb", "a.shp", "a.geojson"])
@pytest.mark.parametrize("size", [1, 4, 5, ROWS - 1])
@pytest.mark.filterwarnings("ignore:Field")
def test_portions_are_the_whole(tmp_path, monkeypatch, name, size):
    """Kinds of columns, gaps, digits and order do not tell how a layer was read."""
    path = mixed(tmp_path, name)
    whole = parcels.read(path, layer="a")
    monkeypatch.setattr(by_portions, "ROWS", size)
    monkeypatch.setattr(portions, "LEAST", portions.VERTICES // size)
    parts = parcels.read(path, layer="a")
    assert len(whole) == ROWS - 3 * name.endswith(".shp")
    assert_geodataframe_equal(parts.frame, whole.frame)
    assert parts.area_m2.tobytes() == whole.area_m2.tobytes()
    assert (parts.input_hash, parts.notes, parts.faults) == (
        whole.input_hash, whole.notes, whole.faults,
    )  # fmt: skip
    assert {kind: rows.tolist() for kind, rows in parts.fault_rows.items()} == {
        kind: rows.tolist() for kind, rows in whole.fault_rows.items()
    }


def test_equal_texts_are_held_once_without_arrow(tmp_path):
    """Of a column of texts each different one takes room once, whatever pandas keeps them in."""
    make(400, tmp_path / "a.gpkg")
    with pd.option_context("mode.string_storage", "python"):
        found = parcels.read(tmp_path / "a.gpkg").frame
    names = found["ZLDWMC"].to_numpy(object)
    assert len({id(each) for each in names}) == 1
    assert held_bytes(found[["ZLDWMC"]]) < 9 * len(found)
    assert held_bytes(found[["BSM"]]) > 60 * len(found)


def test_the_repaired_copy_is_the_same_in_portions(tmp_path, monkeypatch):
    """Rows, numbers, kinds and findings."""
    make(400, tmp_path / "a.gpkg")
    layer = parcels.read(tmp_path / "a.gpkg")
    told = checks.layer(layer, checks.check(layer, rules.load("cn")).findings)
    repaired.write(layer, told, tmp_path / "whole.gpkg")
    monkeypatch.setattr(repaired, "AT_ONCE", 700)
    repaired.write(layer, told, tmp_path / "parts.gpkg")
    for name in ("parcels", "findings"):
        whole, parts = (
            pyogrio.read_dataframe(tmp_path / file, layer=name, fid_as_index=True)
            for file in ("whole.gpkg", "parts.gpkg")
        )
        assert len(whole) > 5
        assert_geodataframe_equal(parts, whole)


@settings(deadline=None)
@given(st.integers(1, 400), st.integers(0, 10**6))
def test_what_does_not_fit_is_said_with_the_figures(rows, held):
    """Up to the last byte it fits."""
    need = 1000 + held + rows * 70
    Room(need, 1000, 70).hold("a.gpkg", rows, held)
    with pytest.raises(WrongUsage, match=f"^a.gpkg has {rows} rows") as fault:
        Room(need - 1, 1000, 70).hold("a.gpkg", rows, held)
    assert fault.value.exit_code == 2
    assert f"a.gpkg 有 {rows} 行" in fault.value.chinese


def test_a_layer_that_does_not_fit_is_left_after_its_first_portion(tmp_path, monkeypatch):
    """What the others take is known from the first rows and the number of all."""
    make(400, tmp_path / "a.gpkg")
    monkeypatch.setattr(by_portions, "ROWS", 50)
    need = parcels.read(tmp_path / "a.gpkg").needed_bytes(0)
    taken = []
    monkeypatch.setattr(
        by_portions, "held_bytes", lambda part: taken.append(part) or held_bytes(part)
    )
    with pytest.raises(WrongUsage, match="400 rows"):
        parcels.read(tmp_path / "a.gpkg", room=Room(0.7 * need))
    assert len(taken) == 1
    assert len(parcels.read(tmp_path / "a.gpkg", room=Room(1.5 * need))) == 400


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "has 400 rows, with which"), ("zh", "有 400 行，运行共需")]
)
def test_the_command_refuses_before_it_begins(tmp_path, monkeypatch, capfd, language, sentence):
    """Code 2, one sentence, nothing written."""
    make(400, tmp_path / "a.gpkg")
    monkeypatch.setattr(room, "CHECK_ROW_BYTES", 10**7)
    given_ = ["parcels", "check", str(tmp_path / "a.gpkg"), "--memory", "1GB"]
    assert main([*given_, "--out", str(tmp_path / "b.gpkg"), "--lang", language]) == 2
    assert sentence in capfd.readouterr().err
    assert not (tmp_path / "b.gpkg").exists()


PROGRAM = """
import json, sys
import psutil
from farmland import checks, portions, rules
from farmland.checks import overlaps
from farmland.io import parcels, repaired
from farmland.io.parcels import by_portions
from farmland.room import CHECK_ROW_BYTES

by_portions.ROWS = overlaps.AT_ONCE = 1000
portions.VERTICES = repaired.AT_ONCE = 20_000
held = psutil.Process().memory_info().rss
layer = parcels.read(sys.argv[1])
report = checks.check(layer, rules.load("cn"))
repaired.write(layer, checks.layer(layer, report.findings), sys.argv[2])
print(json.dumps({"held": held, "need": layer.needed_bytes(CHECK_ROW_BYTES)}))
"""

PORTION_BYTES = 60e6
"""Held on the way, whatever the size of the layer; libraries that are loaded when needed too."""


def test_memory_stays_under_what_is_reckoned(tmp_path):
    """From file to file, measured from outside on the tree of processes."""
    make(20_000, tmp_path / "a.gpkg")
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "a.gpkg"), str(tmp_path / "b.gpkg")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as run:
        watch = Watch(run.pid)
        watch.start()
        said = json.loads(run.communicate()[0])
        watch.join()
    assert run.returncode == 0
    assert said["need"] < 3500 * 20_000
    assert 0.5 * said["need"] < watch.peak - said["held"] < said["need"] + PORTION_BYTES
