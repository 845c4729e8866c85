"""The repaired copy, the list of findings, and the command that writes them."""

import csv
import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from planted import BOW_TIE, CRS, HOLED, SPIKED, TWICE, field, kinds, read

from farmland import checks, rules
from farmland.checks.table import COLUMNS
from farmland.cli import main
from farmland.errors import UnusableInput
from farmland.io import parcels, repaired

SHAPES = [field(0, 0), field(90, 0), BOW_TIE, TWICE, None, SPIKED, HOLED, field(0, 0)]
IDS = [f"{370_100_000_000_000_000 + number * 10}" for number in range(len(SHAPES))]


@pytest.fixture
def planted(tmp_path):
    table = {"YJJBNTTBBH": IDS, "Status": list("abcdefgh"), "TBMJ": [10_000.0] * len(SHAPES)}
    return read(tmp_path, SHAPES, **table)


def copy(planted, path):
    report = checks.check(planted, rules.load("cn"))
    repaired.write(planted, checks.layer(planted, report.findings), path)
    return report


def test_the_copy_holds_parcels_and_findings(planted, tmp_path):
    report = copy(planted, tmp_path / "fixed.gpkg")
    whole = gpd.read_file(tmp_path / "fixed.gpkg", layer="parcels")
    assert list(whole.columns) == [
        "parcel_id", "YJJBNTTBBH", "Status", "TBMJ", "measured_m2", "geometry",
    ]  # fmt: skip
    assert list(whole["YJJBNTTBBH"]) == IDS
    assert whole["measured_m2"].to_numpy() == pytest.approx(planted.area_m2.round(2), nan_ok=True)
    assert list(whole.geometry.isna()) == [shape is None for shape in SHAPES]
    found = gpd.read_file(tmp_path / "fixed.gpkg", layer="findings")
    assert tuple(found.columns) == (*COLUMNS, "geometry")
    assert len(found) == sum(map(len, report.findings))
    overlap = found[found["kind"] == "overlap"].iloc[0]
    assert (overlap["parcel_id"], overlap["other_id"]) == (IDS[1], IDS[0])
    assert overlap["area_m2"] == pytest.approx(1000, rel=1e-3)
    assert overlap["words_en"] == f"overlaps {IDS[0]} by {overlap['area_m2']:.2f} m²"
    assert overlap.geometry.equals(field(90, 0, 10))
    assert sorted(tmp_path.glob(".*")) == []


def test_a_copy_is_read_again_with_nothing_invalid_and_the_same_areas(planted, tmp_path):
    copy(planted, tmp_path / "fixed.gpkg")
    again = parcels.read(tmp_path / "fixed.gpkg")
    assert again.layer == "parcels"
    assert again.faults == {"null_geometry": 1, "invalid_geometry": 1}
    assert list(again.frame["parcel_id"]) == IDS
    assert again.area_m2 == pytest.approx(planted.area_m2, nan_ok=True)
    found = kinds(copy(again, tmp_path / "twice.gpkg"))
    assert not {"self_crossing", "area_lost", "area_gained"} & set(found)
    columns = [gpd.read_file(tmp_path / name, layer="parcels").columns.tolist()
               for name in ("fixed.gpkg", "twice.gpkg")]  # fmt: skip
    assert columns[0] == columns[1]


def test_a_column_called_like_ours_in_capitals_makes_way(tmp_path):
    layer = read(tmp_path, [field(0, 0)], parcel_id=["a"], MEASURED_M2=["own"])
    copy(layer, tmp_path / "fixed.gpkg")
    whole = gpd.read_file(tmp_path / "fixed.gpkg", layer="parcels")
    assert list(whole["in_MEASURED_M2"]) == ["own"]
    assert whole["measured_m2"][0] == pytest.approx(10_000, rel=1e-3)


def test_a_copy_of_a_good_layer_has_an_empty_layer_of_findings(tmp_path):
    layer = read(tmp_path, [field(0, 0)], parcel_id=["a"])
    copy(layer, tmp_path / "fixed.gpkg")
    assert len(gpd.read_file(tmp_path / "fixed.gpkg", layer="findings")) == 0


def test_a_copy_that_cannot_be_written(planted, tmp_path):
    with pytest.raises(UnusableInput, match="could not be written"):
        copy(planted, tmp_path / "nowhere" / "x.gpkg")
    with pytest.raises(UnusableInput, match="could not be written"):
        repaired.write_list(pd.DataFrame({"a": [1]}), tmp_path / "nowhere" / "x.csv")


def test_a_list_for_spreadsheets(tmp_path):
    formula = "=HYPERLINK(1)"
    columns = {
        "parcel_id": [formula, None, "-3"],
        "area_m2": [1.0, np.nan, -2.5],
        "zh": ["重叠"] * 3,
    }
    repaired.write_list(pd.DataFrame(columns), tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (tmp_path / "x.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.reader(lines))
    assert [row[:2] for row in rows[1:]] == [["'=HYPERLINK(1)", "1.00"], ["", ""], ["'-3", "-2.50"]]
    assert {row[2] for row in rows[1:]} == {"重叠"}


# --- the command -----------------------------------------------------------------


@pytest.fixture
def file(planted, tmp_path):
    return tmp_path / "planted.gpkg"


def test_the_command_tells_all_and_ends_well(file, tmp_path, capsys):
    words = ["parcels", "check", str(file), "--lang", "en"]
    words += ["--out", str(tmp_path / "fixed.gpkg"), "--list", str(tmp_path / "found.csv")]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "overlaps another parcel" in said
    assert "Decide at the place" in said
    assert "Area: " in said
    assert "5,000.00 gained from loops that run the other way" in " ".join(said.split())
    assert "fixed.gpkg" in said
    assert "found.csv" in said
    assert len((tmp_path / "found.csv").read_text("utf-8-sig").splitlines()) > 5


def test_the_command_in_chinese(file, capsys):
    assert main(["parcels", "check", str(file), "--lang", "zh"]) == 0
    said = capsys.readouterr().out
    assert "与其他地块重叠" in said
    assert "请核定重叠处归属" in said
    assert "错误" in said


def test_the_command_for_programs(file, capsys):
    assert main(["parcels", "check", str(file), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    found = {each["kind"]: each for each in said["findings"]}
    assert found["overlap"]["rows"] == [2]
    assert found["overlap"]["other_ids"] == [IDS[0]]
    assert found["null_geometry"]["area_m2"] == [None]
    book = said["repair"]
    gained = book["turned_m2"] - book["twice_m2"] - book["dropped_m2"]
    assert book["drawn_m2"] + gained == pytest.approx(book["repaired_m2"], abs=0.02)
    assert book["repaired_m2"] == pytest.approx(said["area_m2"], abs=0.02)
    assert said["stated"]["unit"] == "m2"


@pytest.mark.parametrize("name", ["found.txt", "planted.gpkg"])
def test_a_list_needs_a_name_of_its_own(file, tmp_path, capsys, name):
    assert (
        main(["parcels", "check", str(file), "--list", str(tmp_path / name), "--lang", "en"]) == 2
    )
    assert "give a new name that ends in .csv" in capsys.readouterr().err


def test_a_good_layer_is_said_to_be_good(tmp_path, capsys):
    frame = gpd.GeoDataFrame({"parcel_id": ["a"]}, geometry=[field(0, 0)], crs=CRS)
    frame.to_file(tmp_path / "good.gpkg")
    assert main(["parcels", "check", str(tmp_path / "good.gpkg"), "--lang", "en"]) == 0
    assert "Nothing is wrong with it." in capsys.readouterr().out


def test_real_layers_are_checked(shared, capsys):
    for name in ("lpis_samples/ai4sf/1_vietnam_areas.gpkg", "lem/LEM_dataset.shp"):
        assert main(["parcels", "check", str(shared / "data" / name), "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert said["repair"]["repaired_m2"] == pytest.approx(said["area_m2"], rel=1e-9)
