"""Layers of the national standards are known by name or by fields, and so are their columns."""

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from farmland.errors import UnusableInput
from farmland.io import parcels
from farmland.rules.parcel_fields import cut, plain, standard

PBF = [
    "BSM",
    "YSDM",
    "XZQDM",
    "XZQMC",
    "YJJBNTTBBH",
    "TBBH",
    "DLBM",
    "DLMC",
    "QSXZ",
    "QSDWDM",
    "QSDWMC",
    "ZLDWDM",
    "ZLDWMC",
    "YJJBNTTBMJ",
    "KCDLBM",
    "KCXS",
    "KCMJ",
    "YJJBNTMJ",
    "GDLX",
    "GDPDJB",
    "GGBZL",
    "TBXHDM",
    "TBXHMC",
    "ZZSXDM",
    "ZZSXMC",
    "GDDB",
    "GDDJ",
    "ZLFLDM",
    "FRDBS",
    "SJNF",
    "ZMC",
    "BHKSSJ",
    "BHJSSJ",
    "WDGD",
    "SFWYYJJBNT",
    "BZ",
]
"""Of DOMAIN 3.1, without persons and without what nobody knows the meaning of."""

DLTB = [
    "BSM",
    "YSDM",
    "TBYBH",
    "TBBH",
    "DLBM",
    "DLMC",
    "QSXZ",
    "QSDWDM",
    "QSDWMC",
    "ZLDWDM",
    "ZLDWMC",
    "TBMJ",
    "KCDLBM",
    "KCXS",
    "KCMJ",
    "TBDLMJ",
    "GDLX",
    "GDPDJB",
    "XZDWKD",
    "TBXHDM",
    "TBXHMC",
    "ZZSXDM",
    "ZZSXMC",
    "GDDB",
    "FRDBS",
    "CZCSXM",
    "SJNF",
    "MSSM",
    "HDMC",
    "BZ",
]


def layer(tmp_path, name="f", path="f.gpkg", rows=1, **columns):
    columns = columns or {"a": list(range(rows))}
    squares = [box(114 + i / 100, 36, 114.002 + i / 100, 36.002) for i in range(rows)]
    frame = gpd.GeoDataFrame(columns, geometry=squares, crs=4490)
    frame.to_file(tmp_path / path, layer=name)
    return tmp_path / path


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("YJJBNTBHTB", "pbf"),
        ("yjjbnttb", "pbf"),
        ("410105YJJBNTBHTB", "pbf"),
        ("YJJBNT_2023", "pbf"),
        ("JBNTTB", "pbf"),
        ("永久基本农田图斑2023", "pbf"),
        ("某县基本农田", "pbf"),
        ("DLTB", "survey"),
        ("DLTB_2023", "survey"),
        ("ZZ_dltb", "survey"),
        ("ZZSDLTB", "survey"),
        ("某县地类图斑", "survey"),
        ("DLTBGX", "survey"),
        ("DLTBGXGC", ""),
        ("JBNTHRHC", ""),
        ("永久基本农田储备区", ""),
        ("YJJBNTCBQ", ""),
        ("XZQ", ""),
        ("fields", ""),
    ],
)
def test_kinds_by_the_name_of_the_layer(tmp_path, name, kind):
    assert parcels.read(layer(tmp_path, name)).kind == kind


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        (["yjjbnttbbh"], "pbf"),
        (["永久基本农田图斑编号"], "pbf"),
        (["YJJBNTMJ", "DLBM", "TBMJ"], "pbf"),
        (["DLBM", "TBMJ"], "survey"),
        (["地类编码", "图斑地类面积"], "survey"),
        (["DLBM", "TBMJ_1"], ""),
        (["DLBM"], ""),
    ],
)
def test_kinds_by_fields(tmp_path, columns, kind):
    path = layer(tmp_path, **{name: ["1"] for name in columns})
    assert parcels.read(path).kind == kind


def test_the_name_of_a_file_with_one_layer_helps(tmp_path):
    assert parcels.read(layer(tmp_path, "data", "某县永久基本农田.gpkg")).kind == "pbf"
    layer(tmp_path, "XZQ", "两层永久基本农田.gpkg")
    path = layer(tmp_path, "data", "两层永久基本农田.gpkg")
    assert parcels.read(path, layer="XZQ").kind == ""


@pytest.mark.parametrize("fields", [PBF, DLTB])
def test_every_field_is_known_by_its_name_and_its_chinese_name(fields):
    known = standard()
    assert known.recognise(fields) == {name: name for name in fields}
    assert known.recognise([name.lower() for name in fields]) == {
        name: name.lower() for name in fields
    }
    aliases = {name: known.fields[name].alias for name in fields}
    assert known.recognise(aliases.values()) == aliases
    assert not any(known.is_personal(name) for name in (*fields, *aliases.values()))


@given(
    st.permutations(["DLBM_1", "DLBM", "地类编码", "DLBM_YS", "TBMJ_1", "扣除地类系", "永久基本农"])
)
def test_copies_are_no_fields_and_the_standard_name_wins(columns):
    assert standard().recognise(columns) == {"DLBM": "DLBM", "KCXS": "扣除地类系"}


def test_cut_names_that_two_fields_share_are_none():
    assert cut("永久基本农田面积") == ("永久基本农", "永久基")
    assert cut("DLBM") == ()
    assert standard().recognise(["行政区", "种植属性代", "种植属"]) == {"ZZSXDM": "种植属性代"}


def test_names_cut_by_a_shapefile_are_known(tmp_path):
    frame = gpd.GeoDataFrame(
        {"扣除地类系数": [0.1], "坐落单位代码": ["4101051002000000000"], "责任人证件号码": ["x"]},
        geometry=[box(114, 36, 114.002, 36.002)],
        crs=4490,
    )
    with pytest.warns(RuntimeWarning, match="laundered"):
        frame.to_file(tmp_path / "f.shp", encoding="GBK")
    read = parcels.read(tmp_path / "f.shp")
    assert read.fields == {"ZLDWDM": "坐落单位代", "KCXS": "扣除地类系"}
    assert read.faults == {"personal_columns": 1}
    assert "责任人证件" not in read.frame


def test_fields_name_columns_of_the_frame(tmp_path):
    path = layer(tmp_path, 编号=["7"], 地类编码=["0102"], 系数=[0.1], Status=["x"])
    read = parcels.read(path, field_map={"YJJBNTTBBH": "编号", "KCXS": "系数"})
    assert read.fields == {"YJJBNTTBBH": "YJJBNTTBBH", "DLBM": "地类编码", "KCXS": "KCXS"}
    assert set(read.fields.values()) <= set(read.frame.columns)
    assert read.kind == "pbf"
    assert list(read.frame["parcel_id"]) == ["7"]


def test_ids_by_their_chinese_names(tmp_path):
    path = layer(tmp_path, rows=2, 标识码=["a", "b"], 图斑编号=["1", "1"])
    assert list(parcels.read(path).frame["parcel_id"]) == ["a", "b"]


# --- which of several layers ---------------------------------------------------


def test_protected_farmland_comes_before_the_survey_and_both_before_others(tmp_path):
    layer(tmp_path, "XZQ", rows=3)
    layer(tmp_path, "DLTB_2023", rows=3)
    assert parcels.read(tmp_path / "f.gpkg").layer == "DLTB_2023"
    layer(tmp_path, "410105YJJBNTTB", rows=3)
    read = parcels.read(tmp_path / "f.gpkg")
    assert read.layer == "410105YJJBNTTB"
    assert "410105YJJBNTTB was read, not XZQ, DLTB_2023 (--layer names another)" in read.notes[0].en
    assert "已读取 410105YJJBNTTB" in read.notes[0].zh


def test_fields_choose_where_names_tell_nothing(tmp_path):
    layer(tmp_path, "one", rows=2)
    layer(tmp_path, "two", DLBM=["0102"], TBMJ=[1.0])
    assert parcels.read(tmp_path / "f.gpkg").layer == "two"
    layer(tmp_path, "three", YJJBNTTBBH=["1"])
    assert parcels.read(tmp_path / "f.gpkg").layer == "three"


def test_two_years_of_a_layer_are_asked_about_and_a_plain_name_wins(tmp_path):
    layer(tmp_path, "DLTB_2022", rows=2)
    layer(tmp_path, "DLTB_2023", rows=3)
    with pytest.raises(UnusableInput, match=r"several polygon layers \(DLTB_2022, DLTB_2023\)"):
        parcels.read(tmp_path / "f.gpkg")
    layer(tmp_path, "DLTB", rows=2)
    assert parcels.read(tmp_path / "f.gpkg").layer == "DLTB"


def test_far_the_most_rows_choose(tmp_path):
    layer(tmp_path, "frame", rows=1)
    layer(tmp_path, "content", rows=10)
    assert parcels.read(tmp_path / "f.gpkg").layer == "content"
    layer(tmp_path, "more", rows=2)
    with pytest.raises(UnusableInput, match="several polygon layers"):
        parcels.read(tmp_path / "f.gpkg")


# --- codes ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [([101, 1104], ["0101", "1104"]), ([11, 114], ["011", "114"]), ([101.0, None], ["0101", None])],
)
def test_land_use_codes_that_were_numbers_get_their_zero_back(tmp_path, given, expected):
    read = parcels.read(layer(tmp_path, rows=2, BSM=["1", "2"], DLBM=given))
    assert [None if pd.isna(code) else code for code in read.frame["DLBM"]] == expected
    assert any("zeros were put in front" in note.en for note in read.notes)
    assert any("已补前导零" in note.zh for note in read.notes)


def test_other_codes_that_were_numbers_are_text(tmp_path):
    codes = [4101051002000000000, 4101051002000000001]
    read = parcels.read(layer(tmp_path, rows=2, ZLDWDM=codes, XZQDM=[410105, 410105], GDDB=[1, 2]))
    assert list(read.frame["ZLDWDM"]) == [str(code) for code in codes]
    assert list(read.frame["XZQDM"]) == ["410105"] * 2
    assert list(read.frame["GDDB"]) == [1, 2]


# --- names that tell about persons ------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "SUBJEKT_NA",
        "ICO",
        "Journalnr",
        "owner_name",
        "OwnerName",
        "farmer-name",
        "责任人证件",
        "承包方代表",
        "cbfmc",
        "CBFZJHM_1",
        "NUM_PACAGE",
        "CPF_CNPJ",
        "BNRZD",
        "氏名",
        "LANDBOUWER",
        "e-mail",
    ],
)
def test_names_that_tell_about_persons(name):
    assert standard().is_personal(name)


CROPS_AND_PARCELS = [
    "SNAR_CODE",
    "FS_KENNUNG",
    "GEO_ID",
    "REF_ID",
    "GWSCOD_H",
    "PHBIDENT",
    "lnf_code",
    "DPB_ID",
    "ZKODKD",
    "KODKD",
    "ZAKRES_ID",
    "PLODINA_ID",
    "ref_ident",
    "FLIK",
    "Marknr",
    "Markblok",
    "Afgkode",
    "PARCEL_ID",
    "PRODUCT_CO",
    "GERK_PID",
    "SIFRA_KMRS",
    "cultiu",
    "PERUSLOHKOTUNNUS",
    "KASVIKOODI",
    "land_use_id",
    "localId",
    "original_code",
    "polygon_uuid",
    "crop_code",
    "field_id",
    "gewascode",
    "blockid",
    "skiftesbet",
    "grdkod_mar",
    "OSA_ID",
    "CUL_CODIGO",
    "CSBID",
    "name",
    "id_number",
    "OBEC_KOD",
    "OKRES_KOD",
    "idmun",
    "home_name",
    "parcel_id",
    "UniqueID",
    "MAIN_CROP",
    "EC_hcat_c",
    "DKBM",
    "DKMC",
    "FBFBM",
]


@pytest.mark.parametrize("name", CROPS_AND_PARCELS)
def test_codes_of_crops_parcels_and_places_are_kept(name):
    assert not standard().is_personal(name)


def test_plain_names():
    assert plain("Owner_Name") == plain("owner name") == "ownername"
    assert len(standard().personal) > 250
