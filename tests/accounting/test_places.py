"""Administrative codes: what lies in what, names from layers and tables, place by location."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

from farmland import places
from farmland.errors import UnusableInput, WrongUsage
from farmland.io import places as layers_of_places
from farmland.rules.provinces import provinces

NUMBERS = st.tuples(
    st.sampled_from(["11", "37", "46", "50", "66"]),
    st.sampled_from(["00", "01", "02", "52", "90"]),
    st.sampled_from(["00", "03", "81"]),
    st.sampled_from(["000", "001", "207"]),
    st.sampled_from(["000", "002", "400"]),
)


@pytest.mark.parametrize(
    ("given", "code", "level"),
    [
        ("37", "370000", "province"),
        ("3701", "370100", "prefecture"),
        ("370112", "370112", "county"),
        ("370112001", "370112001", "township"),
        ("370112001002", "370112001002", "village"),
        ("3701120010020000000", "370112001002", "village"),
        ("3701120010020000017", "370112001002", "village"),
        ("370112000000", "370112", "county"),
        ("370100000000", "370100", "prefecture"),
        (" 370112001000 ", "370112001", "township"),
        (370112, "370112", "county"),
        (370112001002.0, "370112001002", "village"),
        (3701120010020000000, "370112001002", "village"),
    ],
)
def test_codes_of_every_length_are_one_place(given: object, code: str, level: str) -> None:
    assert places.normal(given) == code
    assert places.level(code) == level


@pytest.mark.parametrize(
    "given", ["", "x", None, float("nan"), 3.7e18, "37011", "012345", "37-112", "٣٧٠١١٢", "000000"]
)
def test_what_is_no_code_is_none(given: object) -> None:
    assert places.normal(given) is None


@pytest.mark.parametrize(
    ("code", "chain"),
    [
        ("370112001002", ["370000", "370100", "370112", "370112001", "370112001002"]),
        ("370112", ["370000", "370100", "370112", "370112", "370112"]),
        ("469005003", ["460000", "460000", "469005", "469005003", "469005003"]),
        ("110101001002", ["110000", "110000", "110101", "110101001", "110101001002"]),
        ("500236", ["500000", "500000", "500236", "500236", "500236"]),
        ("660101", ["660000", "660100", "660101", "660101", "660101"]),
        ("370112000123", ["370000", "370100", "370112", "370112", "370112000123"]),
        ("", ["", "", "", "", ""]),
    ],
)
def test_a_place_lies_in_a_chain_of_places(code: str, chain: list[str]) -> None:
    assert [places.at(code, level) for level in places.LEVELS] == chain


@given(NUMBERS)
def test_every_row_has_one_parent_and_the_chain_ends_at_the_whole(parts: tuple[str, ...]) -> None:
    code = places.normal("".join(parts))
    assert code is not None
    assert places.normal(code.ljust(12, "0") + "0000000") == code
    for level in reversed(places.LEVELS):
        here = places.at(code, level)
        above, parent = places.parent(here, level)
        assert parent == (places.at(code, above) if above != "all" else "")
        assert places.at(here, level) == here
        assert code.startswith(here.rstrip("0")) or places.directly(code)


def test_levels_are_those_of_which_a_place_is_known() -> None:
    assert places.levels_known(["", ""]) == ()
    assert places.levels_known(["110101", "110102"]) == ("province", "county")
    assert places.levels_known(["370112", "469001003"]) == places.LEVELS[:4]
    assert places.parent("110101", "county", ("province", "county")) == ("province", "110000")


def test_names_and_what_stands_in_for_them() -> None:
    names = {"370112": "历城区", "460000": "海南省"}
    assert places.name_of("370112", "county", names) == "历城区"
    assert places.name_of("370113", "county", names) == "370113"
    assert places.name_of("460000", "prefecture", names).startswith("海南省 省直辖")
    assert places.name_of("370112", "village", names).startswith("历城区 未细分")
    assert "not known" in places.name_of("", "province", names)


def test_provinces_are_known_without_a_layer() -> None:
    table = provinces("cn")
    assert len(table) == 35
    assert table["370000"].zh == "山东省"
    assert all(places.level(code) == "province" for code in table)
    assert provinces("generic") == {}


def test_attributes_tell_the_longest_code_and_where_it_lies_before_who_owns_it() -> None:
    frame = pd.DataFrame(
        {
            "a": ["3701120010020000000", "370112", None, None],
            "b": ["370112", "370112001", "370112001000", None],
            "c": ["370113009009"] * 3 + [None],
        }
    )
    fields = {"ZLDWDM": "a", "XZQDM": "b"}
    told = places.of_attributes(frame, fields)
    assert told.tolist() == ["370112001002", "370112001", "370112001", ""]
    assert places.of_attributes(frame, fields | {"QSDWDM": "c"}).tolist()[:2] == [
        "370112001002",
        "370113009009",
    ]
    assert places.of_attributes(frame, {}).tolist() == [""] * 4


def test_location_tells_the_place_around_a_point_inside() -> None:
    polygons = gpd.GeoDataFrame(
        {"code": ["370112", "370112001"]},
        geometry=[box(117.0, 36.6, 117.2, 36.8), box(117.0, 36.6, 117.1, 36.8)],
        crs="EPSG:4490",
    )
    hole = box(117.02, 36.62, 117.18, 36.78).exterior
    ring = Polygon(box(117.01, 36.61, 117.19, 36.79).exterior, [hole])
    shapes = gpd.GeoSeries(
        [box(117.01, 36.61, 117.02, 36.62), box(117.15, 36.7, 117.16, 36.71), ring, None,
         box(120, 30, 121, 31)], crs="EPSG:4490",
    )  # fmt: skip
    codes = places.of_location(shapes.to_crs("EPSG:4527"), polygons)
    assert codes.tolist()[:2] == ["370112001", "370112"]
    assert codes[2] in {"370112", "370112001"}
    assert codes.tolist()[3:] == ["", ""]


def village_layer(path: Path, **columns: list[str]) -> Path:
    shapes = [box(117 + n / 10, 36.6, 117.1 + n / 10, 36.7) for n in range(2)]
    gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4490").to_file(path, layer=path.stem)
    return path


def test_a_layer_gives_codes_names_and_outlines(tmp_path: Path) -> None:
    path = village_layer(
        tmp_path / "CJDCQ.gpkg",
        zldwdm=["3701120010020000000", "3701120010030000000"],
        ZLDWMC=["柳家村", "王家村"],
    )
    found = layers_of_places.read(path)
    assert found.names == {"370112001002": "柳家村", "370112001003": "王家村"}
    assert found.polygons is not None
    assert found.polygons["code"].tolist() == ["370112001002", "370112001003"]


def test_both_layers_of_a_survey_database_are_read(tmp_path: Path) -> None:
    path = village_layer(
        tmp_path / "CJDCQ.gpkg", ZLDWDM=["370112001002"] * 2, ZLDWMC=["柳家村", "柳家村"]
    )
    towns = gpd.GeoDataFrame(
        {"XZQDM": ["370112001"], "XZQMC": ["王舍人街道"]},
        geometry=[box(117, 36, 118, 37)], crs="EPSG:4490",
    )  # fmt: skip
    towns.to_file(path, layer="XZQ")
    found = layers_of_places.read(path)
    assert found.names == {"370112001002": "柳家村", "370112001": "王舍人街道"}
    assert found.polygons is not None
    assert set(found.polygons["code"]) == {"370112001002"}
    (code,) = set(layers_of_places.read(path, "XZQ").names)
    assert code == "370112001"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_gives_names(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "places.csv"
    rows = "Code,name,level\n3701,济南市,prefecture\nx,y,z\n370112000000,历城区,\n"
    path.write_text(rows, encoding)
    found = layers_of_places.read(path)
    assert found.polygons is None
    assert found.names == {"370100": "济南市", "370112": "历城区"}


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "code,name\nx,y\n", "code\n370112\n"])
def test_a_table_without_codes_is_refused_in_both_languages(tmp_path: Path, text: str) -> None:
    path = tmp_path / "places.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(UnusableInput, match="no administrative codes") as caught:
        layers_of_places.read(path)
    assert "行政区划代码" in caught.value.text("zh")
    assert caught.value.exit_code == 4


def test_a_layer_without_codes_and_no_file_at_all_are_refused(tmp_path: Path) -> None:
    path = village_layer(tmp_path / "other.gpkg", name=["a", "b"])
    with pytest.raises(UnusableInput, match="no administrative codes"):
        layers_of_places.read(path)
    with pytest.raises(WrongUsage):
        layers_of_places.read(tmp_path / "absent.gpkg")
    with pytest.raises(WrongUsage):
        layers_of_places.read(tmp_path / "absent.csv")


def test_the_most_frequent_name_wins_and_a_group_is_no_village() -> None:
    frame = pd.DataFrame(
        {
            "ZLDWDM": ["370112001002", "370112001002", "370112001002", "3701120010030000005", None],
            "ZLDWMC": ["甲村", "乙村", "乙村", "五组", "丙村"],
        }
    )
    fields = {"ZLDWDM": "ZLDWDM", "ZLDWMC": "ZLDWMC"}
    assert places.names_in(frame, fields) == {"370112001002": "乙村"}
    assert np.array_equal(places.of_attributes(frame, fields)[[3, 4]], ["370112001003", ""])
