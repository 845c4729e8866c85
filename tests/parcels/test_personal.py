"""Personal information is found by name and by its looks, and codes are not taken for it."""

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from farmland.errors import WrongUsage
from farmland.io import parcels
from farmland.io.parcels.personal import are_citizen_ids, is_mobile_number, personal_columns

WEIGHTS = [2 ** (17 - place) % 11 for place in range(17)]  # ISO 7064 as it is defined


def citizen(region=371623, born=19700101, serial=1):
    body = f"{region:06d}{born:08d}{serial:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def is_citizen_id(text):
    return bool(are_citizen_ids([text])[0])


def columns(**values):
    return personal_columns(pd.DataFrame(values))


def test_the_example_of_the_standard():
    assert is_citizen_id("11010519491231002X")  # GB 11643-1999, annex
    assert not is_citizen_id("110105194912310021")
    assert not is_citizen_id("11010519491331002X")


@given(st.integers(110000, 659999), st.dates(), st.integers(0, 999))
def test_every_identity_number_is_seen_and_none_with_a_wrong_digit(region, day, serial):
    text = citizen(region, int(day.strftime("%Y%m%d")) if day.year > 999 else 19700101, serial)
    assert is_citizen_id(text) == (1880 <= int(text[6:10]) <= 2100)
    wrong = text[:-1] + ("0" if text[-1] != "0" else "1")
    assert not is_citizen_id(wrong)


@pytest.mark.parametrize(
    ("number", "expected"),
    [("13805311234", True), ("19912345678", True), ("12345678901", False), ("1380531123", False)],
)
def test_mobile_numbers(number, expected):
    assert is_mobile_number(number) is expected


def test_by_name_whatever_the_case_and_as_copies():
    names = ["ZRRMC", "lxdh", "XM_1", "ZRRZJHM_YS", "姓名", "ZMC", "BSM", "name", "DZ"]
    found = columns(**{name: ["x", "y"] for name in names})
    assert found == ("ZRRMC", "lxdh", "XM_1", "ZRRZJHM_YS", "姓名", "DZ")


@pytest.mark.parametrize(
    "values",
    [
        [citizen(serial=n) for n in range(4)],
        ["麦地", f"承包人 {citizen()} 已签字", None],
        [int(citizen(serial=n)) for n in range(20) if not citizen(serial=n).endswith("X")],
        ["电话13805311234", None],
        ["+86 13805311234", ""],
        [13805311234, 13905311235],
        [13805311234.0, None],
    ],
)
def test_by_what_the_values_look_like(values):
    assert columns(BZ=values) == ("BZ",)


@pytest.mark.parametrize(
    "values",
    [
        [f"371623200101{n:06d}" for n in range(1, 400)],  # BSM: county, layer, sequence
        [f"{n:018d}" for n in range(10**17, 10**17 + 500)],
        ["3716232110000000001"] * 3,  # 19 digits
        ["0531-87654321"],
        [40000.25, 13805311234.5],
        [True, False],
        pd.to_datetime(["2020-01-01"]),
        ["", None],
    ],
)
def test_codes_and_numbers_are_kept(values):
    assert columns(QT=values) == ()


def test_eleven_digits_in_a_column_of_codes_are_no_telephone():
    assert columns(BSM=["13010200001", "13010200002"]) == ()
    assert columns(QT=["13010200001", "13010200002"]) == ("QT",)


def test_they_are_dropped_on_read_and_counted(tmp_path):
    table = {
        "BSM": ["1", "2"],
        "ZRRMC": ["张三", "李四"],
        "BZ": [citizen(), ""],
        "ZMC": ["一组"] * 2,
    }
    path = tmp_path / "f.gpkg"
    gpd.GeoDataFrame(table, geometry=[box(117, 36, 117.01, 36.01)] * 2, crs=4490).to_file(path)
    read = parcels.read(path)
    assert list(read.frame.columns) == ["parcel_id", "BSM", "ZMC", "geometry"]
    assert read.faults == {"personal_columns": 2}
    assert "ZRRMC, BZ" in read.notes[0].en
    assert citizen() not in str(read.notes)
    with pytest.raises(WrongUsage, match="holds personal information"):
        parcels.read(path, id_field="ZRRMC")


def test_a_column_that_is_asked_for_stays_and_that_is_said(tmp_path):
    path = tmp_path / "f.gpkg"
    table = {"BSM": ["1", "2"], "ZRRMC": ["张三", "李四"], "LXDH": ["1", "2"]}
    gpd.GeoDataFrame(table, geometry=[box(117, 36, 117.01, 36.01)] * 2, crs=4490).to_file(path)
    read = parcels.read(path, keep_columns=["zrrmc", "BSM"])
    assert list(read.frame["ZRRMC"]) == ["张三", "李四"]
    assert "LXDH" not in read.frame
    assert read.faults == {"personal_columns": 1}
    assert "Kept as asked, although they hold personal information: ZRRMC." in read.notes[1].en
    assert "按要求保留" in read.notes[1].zh
    ours = parcels.read(path, keep_columns=["ZRRMC"], id_field="ZRRMC")
    assert list(ours.frame["parcel_id"]) == ["张三", "李四"]
    with pytest.raises(
        WrongUsage, match=r"no column 'ZRRM' for --keep-columns: .* 'ZRRMC'"
    ) as said:
        parcels.read(path, keep_columns=["ZRRM"])
    assert "最接近的是" in said.value.chinese
