"""No personal value and no coordinate of a parcel gets into any message, log or traceback."""

import os
import re
import subprocess
import sys
import traceback
import warnings
import zipfile

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from shapely.geometry import Point, Polygon, box

from farmland.errors import FarmlandError
from farmland.io import parcels

LEFT, BOTTOM = 38_512_345.0, 4_054_321.0

PERSONAL = {
    "ZRRMC": ["张三丰", "李四光", "王五常", "赵六安", "钱七宝", "孙八斤"],
    "ZRRZJHM": ["41010519491231002X"] * 6,
    "LXDH": ["13805311234"] * 6,
    "JZDZ": ["河东镇幸福路九号"] * 6,
    "BZ": ["承包人 13905319876 已签", None, None, None, None, None],
    "owner_name": ["Zhang Sanfeng"] * 6,
}

VALUES = {text for values in PERSONAL.values() for text in values if text}
SECRET = re.compile(
    "|".join([*map(re.escape, VALUES), "13905319876", r"3851[0-9]{4}", r"405[34][0-9]{3}"])
)


def layer(folder, name="county.gpkg"):
    """Every fault a row can have, in coordinates that are easy to find again."""
    square = box(LEFT, BOTTOM, LEFT + 200, BOTTOM + 200)
    bow_tie = Polygon(
        [(LEFT, BOTTOM), (LEFT + 90, BOTTOM + 90), (LEFT + 90, BOTTOM), (LEFT, BOTTOM + 90)]
    )
    spike = Polygon([(LEFT, BOTTOM), (LEFT + 90, BOTTOM), (LEFT, BOTTOM)])
    shapes = [square, bow_tie, spike, None, Point(LEFT, BOTTOM), square]
    table = {"BSM": ["1", "2", "2", None, "5", "6"], "TBMJ": [1.0] * 6, **PERSONAL}
    gpd.GeoDataFrame(table, geometry=shapes, crs=4526).to_file(folder / name, layer="DLTB")
    return folder / name


def run(folder, *words):
    done = subprocess.run(
        [sys.executable, "-m", "farmland", *map(str, words)],
        cwd=folder,
        env={**os.environ, "PYTHONWARNINGS": "default"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_notes_and_faults_of_a_layer_full_of_persons(tmp_path):
    read = parcels.read(layer(tmp_path))
    assert read.faults["personal_columns"] == len(PERSONAL)
    said = " ".join(note.en + note.zh for note in read.notes)
    assert "ZRRMC" in said  # the column is named, what stands in it is not
    assert SECRET.search(said) is None
    assert SECRET.search(read.frame.drop(columns="geometry").to_csv()) is None


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("style", [["--json"], ["--log-json"], []])
def test_all_that_is_said_with_vv(tmp_path, language, style):
    path = layer(tmp_path)
    code, said = run(
        tmp_path, "parcels", "check", path, "--out", "fixed.gpkg", "-vv", "--lang", language, *style
    )
    assert code == 0, said
    assert SECRET.search(said) is None, SECRET.search(said)
    for name in gpd.list_layers(tmp_path / "fixed.gpkg")["name"]:
        table = gpd.read_file(tmp_path / "fixed.gpkg", layer=name, ignore_geometry=True)
        assert SECRET.search(table.to_csv()) is None


def test_a_run_that_ends_badly_with_vv(tmp_path):
    path = layer(tmp_path)
    for words in (["--id-field", "ZRRMC"], ["--keep-columns", "ZRRMX"], ["--crs", "EPSG:4610"]):
        code, said = run(tmp_path, "parcels", "check", path, "-vv", *words)
        assert code in {2, 4}
        assert SECRET.search(said) is None, said


def damaged(tmp_path):
    """The layer as text with values that do not parse, and cut short."""
    frame = gpd.read_file(layer(tmp_path))
    frame = frame.to_crs(4326)
    frame.to_file(tmp_path / "a.geojson")
    text = (tmp_path / "a.geojson").read_text("utf-8")
    yield "cut.geojson", text[: len(text) * 2 // 3].encode()
    yield "odd.geojson", text.replace('"TBMJ": 1.0', '"TBMJ": "13805311234x"', 1).encode()
    rows = [
        f'{name},"POLYGON(({LEFT} {BOTTOM},{LEFT} {BOTTOM + at}))",{phone}'
        for at, (name, phone) in enumerate(zip(PERSONAL["ZRRMC"], PERSONAL["LXDH"], strict=True))
    ]
    yield "odd.csv", ("ZRRMC,WKT,other\n" + "\n".join(rows)).encode()
    yield "plots.txt", f"[地块坐标]\n4,1,1,张三丰,面,,,,@\nJ1,1,{BOTTOM},{LEFT}\nJ2,x".encode()
    packed = tmp_path / "x.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(tmp_path / "county.gpkg", "县/county.gpkg")
    yield "cut.zip", packed.read_bytes()[:-900]
    whole = (tmp_path / "county.gpkg").read_bytes()
    yield "cut.gpkg", whole[: len(whole) // 2]
    yield "odd.gpkg", whole.replace("张三丰".encode(), b"\xff" * 9)


def test_faults_of_damaged_files(tmp_path):
    said = []
    for name, content in damaged(tmp_path):
        (tmp_path / name).write_bytes(content)
        try:
            read = parcels.read(tmp_path / name, crs="EPSG:4526" if name == "odd.csv" else "")
            said += [note.en + note.zh for note in read.notes]
        except FarmlandError as fault:
            said.append(f"{fault.english} {fault.chinese} {fault.__cause__}")
    assert len(said) >= 6
    assert SECRET.search(" ".join(said)) is None, said


REMARKS = [
    "Value '13805311234' of field county.LXDH parsed incompletely to integer.",
    'Value "李四光" of field ZRRMC is too long',
    f"TopologyException: side location conflict at {LEFT} {BOTTOM}",
    "Invalid identity 41010519491231002X in record 3",
]


@pytest.mark.parametrize("remark", REMARKS)
@pytest.mark.parametrize("fatal", [False, True])
def test_what_gdal_says_of_a_value_is_not_passed_on(tmp_path, monkeypatch, remark, fatal):
    path = layer(tmp_path)
    whole = pyogrio.read_dataframe

    def outspoken(*words, **options):
        if fatal:
            raise pyogrio.errors.FeatureError(remark)
        warnings.warn(remark, RuntimeWarning, stacklevel=1)
        return whole(*words, **options)

    monkeypatch.setattr(pyogrio, "read_dataframe", outspoken)
    if fatal:
        with pytest.raises(FarmlandError) as raised:
            parcels.read(path)
        said = "".join(traceback.format_exception(raised.value)) + raised.value.chinese
    else:
        said = " ".join(note.en + note.zh for note in parcels.read(path).notes)
        assert "Reader: " in said
    assert SECRET.search(said) is None, said


def test_the_pattern_finds_what_it_should(tmp_path):
    frame = gpd.read_file(layer(tmp_path))
    assert SECRET.search(frame.to_csv())
    assert SECRET.search(str(frame.geometry[0]))
    assert not SECRET.search(pd.DataFrame({"BSM": ["410105194912"]}).to_csv())
