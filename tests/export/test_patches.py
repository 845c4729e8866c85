"""What is told of a patch: worked by hand, against slow oracles, and never a 0 for not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from export.cases import PART, bare, exported, overlay, patches, table
from hypothesis import given, settings
from hypothesis import strategies as st

from farmland import layers, rules
from farmland.export import grounds
from farmland.export.patches import cloud_share
from farmland.periods import Period

KINDS = ("GDMJ", "FGNMJ", "WLYMJ", "JSYMJ")
UNKNOWN = ("GDMJ", "GDJMJ", "NTMJ", "NTJMJ", "FGNMJ", "WLYMJ", "JSYMJ", "HXMJ", "SPMJ", "SFYN",
           "SFHX", "YNTBBH", "NA24", "LEGACY", "DLBM", "ZZSXDM")  # fmt: skip


@pytest.fixture(scope="module")
def worked():
    """One patch of 1000 m² over four kinds of land, by hand."""
    result = bare()
    conversions = result.conversions.iloc[:1].copy()
    conversions["area_m2"], conversions["area_mu"] = 1000.0, 1.5
    result = replace(result, conversions=conversions)
    return overlay(
        result,
        {"of": 0, "area_m2": 400.0, "land": "pbf", "pbf": 1, "pbf_id": "N1;N2", "item": 5,
         "ridge_share": 0.1, "survey_code": "0103"},
        {"of": 0, "area_m2": 200.25, "pbf": 1, "pbf_id": "N2", "survey_code": "0101",
         "ridge_share": 0.0, "place_code": "410105001003"},
        {"of": 0, "area_m2": 149.75, "land": "other", "survey_code": "1104", "ridge_share": None,
         "approved": 1, "place_code": "410106001001"},
        {"of": 0, "area_m2": 250.0, "land": "other", "survey_code": "0702", "ridge_share": None,
         "redline": 1, "place_code": "410106001001"},
    )  # fmt: skip


def test_a_patch_by_hand(worked):
    row = patches(worked).iloc[0]
    assert row["MJ"] == 1000.0
    assert row["MJM"] == 1.5
    assert row["GDMJ"] == 600.25  # 400 + 200.25
    assert row["GDJMJ"] == 560.25  # 400 x 0.9 + 200.25
    assert row["NTMJ"] == 600.25
    assert row["NTJMJ"] == 560.25
    assert row["FGNMJ"] == 149.75  # pond
    assert row["WLYMJ"] == 0.0
    assert row["JSYMJ"] == 250.0  # rural homestead
    assert row["HXMJ"] == 250.0
    assert row["SPMJ"] == 149.75
    assert (row["SFYN"], row["SFHX"]) == ("是", "是")
    assert row["YNTBBH"] == "N1;N2"
    assert (row["DLBM"], row["DLMC"], row["ZZSXDM"]) == ("0103", "旱地", "LS")
    assert (row["NA24"], row["LEGACY"]) == (5, 0)
    assert row["XZQDM"] == "410105"  # 600.25 m² against 399.75
    assert row["ZLDWDM"] == "4101050010020000000"
    assert row["JCBH"] == "410105FLPB25000001"
    assert row["TBLX"] == "20"
    assert row["SCSJ"] == "2026-01-05T02:04:41"  # the run ended at 18:04:41 UTC
    assert row["BZ"].startswith("卫星监测线索，需实地核查，不作为处罚依据；patch_id=000000000001；")


def test_the_parts_add_up_to_the_patch(worked):
    row = patches(worked).iloc[0]
    assert round(sum(row[name] for name in KINDS), 2) == row["MJ"]


def test_nothing_below_is_null_and_never_zero():
    frame = patches(bare())
    for name in UNKNOWN:
        assert frame[name].isna().all(), name
    assert frame["MJ"].notna().all()


@pytest.mark.parametrize(
    ("missing", "fields"),
    [("pbf", ("NTMJ", "NTJMJ")), ("redline", ("HXMJ",)), ("approved", ("SPMJ",)),
     ("survey_code", (*KINDS, "GDJMJ")), ("ridge_share", ("GDJMJ", "NTJMJ"))],
)  # fmt: skip
def test_one_part_that_is_not_known_leaves_the_sum_open(missing, fields):
    parts = [{"of": 0, "area_m2": 10.0, "pbf": 1}, {"of": 0, "area_m2": 10.0, "pbf": 1}]
    known = patches(overlay(bare(), *parts)).iloc[0]
    parts[1][missing] = None
    unknown = patches(overlay(bare(), *parts)).iloc[0]
    for name in fields:
        assert pd.notna(known[name]), name
        assert pd.isna(unknown[name]), name


def test_a_ridge_that_is_not_known_outside_does_not_matter():
    parts = [{"of": 0, "area_m2": 10.0, "pbf": 1},
             {"of": 0, "area_m2": 5.0, "survey_code": "1104", "ridge_share": None}]  # fmt: skip
    row = patches(overlay(bare(), *parts)).iloc[0]
    assert row["NTJMJ"] == row["GDJMJ"] == 9.0


@pytest.mark.parametrize(
    ("flags", "said"),
    [([1, 0], "是"), ([0, 0], "否"), ([0, None], None), ([1, None], "是"), ([None, None], None)],
)
def test_yes_no_and_not_known(flags, said):
    parts = [{"of": 0, "area_m2": 1.0, "pbf": flag, "redline": flag} for flag in flags]
    row = patches(overlay(bare(), *parts)).iloc[0]
    for name in ("SFYN", "SFHX"):
        assert row[name] == said if said else pd.isna(row[name])


codes = st.sampled_from(["0101", "0103", "0201", "0301", "1104", "1106", "0602", "0702", None])
flag = st.sampled_from([0, 1, None])
part = st.fixed_dictionaries(
    {
        "of": st.integers(0, 2),
        "area_m2": st.integers(1, 10**7).map(lambda cents: cents / 100),
        "survey_code": codes,
        "ridge_share": st.sampled_from([0.0, 0.05, None]),
        "pbf": flag,
        "redline": flag,
        "approved": flag,
    }
)


@settings(max_examples=25)
@given(st.lists(part, min_size=1, max_size=8))
def test_sums_are_those_of_a_plain_loop(parts):
    result = overlay(bare(), *parts)
    ids = result.conversions["patch_id"].tolist()
    uses = rules.load("cn").land
    known = {
        code: uses.of(code).account for code in {each["survey_code"] for each in parts} if code
    }
    frame = pd.DataFrame(result.overlay)
    sums = grounds.areas(frame, ids, known)
    for n, patch in enumerate(ids):
        mine = [row for row in frame.to_dict("records") if row["patch_id"] == patch]
        for name, kinds in grounds.KINDS.items():
            open_ = not mine or any(row["survey_code"] is None for row in mine)
            wanted = sum(row["area_m2"] for row in mine if known.get(row["survey_code"]) in kinds)
            assert sums.iloc[n][name] == pytest.approx(np.nan if open_ else wanted, nan_ok=True)
        for name, column in grounds.FLAGS.items():
            open_ = not mine or any(pd.isna(row[column]) for row in mine)
            wanted = sum(row["area_m2"] for row in mine if row[column] == 1)
            assert sums.iloc[n][name] == pytest.approx(np.nan if open_ else wanted, nan_ok=True)
        whole = [sums.iloc[n][name] for name in grounds.KINDS]
        if not np.isnan(whole).any():
            assert sum(whole) == pytest.approx(sum(row["area_m2"] for row in mine), abs=1e-6)


def test_the_rule_of_the_patch_picks_the_part_that_governs():
    own = bare().conversions.iloc[0]["rule"]
    row = patches(
        overlay(
            bare(),
            {"of": 0, "area_m2": 900.0, "rule": "cn:built:cultivated@1", "item": 2, "legacy": 0},
            {"of": 0, "area_m2": 100.0, "rule": own, "item": 6, "legacy": 1},
        )
    ).iloc[0]
    assert (row["NA24"], row["LEGACY"]) == (6, 1)


def test_numbers_run_by_patch_id_within_each_county():
    parts = [{"of": n, "area_m2": 1.0, "place_code": "410105001" if n % 2 else "410106"}
             for n in range(7)]  # fmt: skip
    result = overlay(bare(), *parts)
    backwards = replace(result, conversions=result.conversions.iloc[::-1].reset_index(drop=True))
    frame, turned = patches(result), patches(backwards)
    assert frame["JCBH"].tolist() == [
        *("410106FLPB25000001", "410105FLPB25000001", "410106FLPB25000002", "410105FLPB25000002"),
        *("410106FLPB25000003", "410105FLPB25000003", "410106FLPB25000004"),
    ]
    assert sorted(frame["JCBH"]) == sorted(set(turned["JCBH"]))
    same = dict(zip(frame["BZ"], frame["JCBH"], strict=True))
    assert dict(zip(turned["BZ"], turned["JCBH"], strict=True)) == same


def test_a_county_that_is_not_known_is_said():
    given_ = exported(bare())
    frame = table(given_).frame
    assert set(frame["XZQDM"]) == {"000000"}
    assert frame["JCBH"].str.startswith("000000FLPB25").all()
    assert any("begin with 000000" in note.en for note in given_.notes)
    assert any("县" in note.zh for note in given_.notes)


def test_place_and_owner_come_from_the_parcels():
    result = bare()
    parcels = result.parcels.copy()
    held = parcels["parcel_id"].isin(result.conversions["parcel_id"])
    parcels["zldwdm"] = "4101050010020000007"
    parcels["ZLDWMC"] = "王村二组"
    parcels["QSDWDM"] = "4101050010020000007"
    parcels["QSDWMC"] = "张三"
    parcels.loc[parcels[held].index[0], "QSDWMC"] = "王村农民集体"
    parcels["QSXZ"] = "30"
    parcels["DLBM"], parcels["DLMC"] = "0101", "水田"
    result = replace(result, parcels=parcels)
    frame = patches(result)
    assert set(frame["ZLDWDM"]) == {"4101050010020000007"}
    assert set(frame["XZQDM"]) == {"410105"}
    assert set(frame["ZLDWMC"]) == {"王村二组"}
    assert set(frame["DLMC"]) == {"水田"}
    assert frame["QSDWMC"].dropna().tolist() == ["王村农民集体"]  # a person is no organisation
    assert frame["QSDWDM"].notna().sum() == 1
    hidden = patches(result, redact=True)
    for name in ("QSDWDM", "QSDWMC", "QSXZ"):
        assert hidden[name].isna().all()
    assert not isinstance(hidden, gpd.GeoDataFrame)
    assert (hidden["ZXJD"] * 100 % 1).round(6).isin([0.0, 1.0]).all()
    assert (hidden["ZXJD"] - frame["ZXJD"]).abs().max() <= 0.005


def test_a_place_of_the_layers_beats_that_of_the_parcel():
    result = bare()
    parcels = result.parcels.copy()
    parcels["ZLDWDM"], parcels["ZLDWMC"] = "4101050010020000007", "王村"
    result = replace(result, parcels=parcels)
    parts = [{"of": 0, "area_m2": 1.0, "place_code": "410105001009"},
             {"of": 1, "area_m2": 1.0, "place_code": "410105001002"}]  # fmt: skip
    frame = patches(overlay(result, *parts))
    assert frame["ZLDWDM"].tolist()[:2] == ["4101050010090000000", "4101050010020000007"]
    assert pd.isna(frame["ZLDWMC"][0])
    assert frame["ZLDWMC"][1] == "王村"


def test_confidence_is_told_only_when_it_is_calibrated():
    assert patches(bare())["ZXD"].isna().all()
    calibrated = bare(calibration="of 2026")
    told = patches(calibrated)["ZXD"]
    assert told.tolist() == calibrated.conversions["confidence"].tolist()
    assert set(patches(bare())["ZXDJ"]) <= {"high", "medium", "low"}


def test_a_class_that_the_field_does_not_allow_is_said():
    result = bare()
    conversions = result.conversions.copy()
    conversions["policy_class"] = "non_agricultural"
    given_ = exported(replace(result, conversions=conversions))
    assert set(table(given_).frame["ZCFL"]) == {"uncertain"}
    assert any("7 values of ZCFL" in note.en for note in given_.notes)


def test_ids_that_do_not_fit_are_cut_with_their_number():
    ids = ";".join(f"410105{n:013d}" for n in range(40))
    row = patches(overlay(bare(), {"of": 0, "area_m2": 9.0, "pbf": 1, "pbf_id": ids})).iloc[0]
    assert len(row["YNTBBH"].encode("gb18030")) <= 254
    assert row["YNTBBH"].endswith("…（共40个）")
    kept = row["YNTBBH"].split("…")[0].split(";")
    assert kept == ids.split(";")[: len(kept)]
    assert len(kept) >= 10


def test_days_are_never_empty():
    result = bare()
    conversions = result.conversions.copy()
    conversions["scene_before"] = result.scenes["item_id"][0]
    conversions.loc[0, ["scene_before", "scene_after"]] = None
    conversions["date_from"] = pd.Series([pd.NaT] * 7, dtype="datetime64[s]")
    conversions["date_to"] = pd.Series([pd.NaT] * 7, dtype="datetime64[s]")
    frame = patches(replace(result, conversions=conversions))
    assert frame["QSX"].tolist() == ["20220101", *["20230103"] * 6]
    assert set(frame["HSX"]) == {"20251231"}
    assert set(frame["BHSJQ"]) == {"20220101"}
    assert frame["QSXID"][0] == frame["HSXID"][0] == "无"


def test_cloud_share_is_that_of_a_plain_loop():
    result = bare()
    after = Period.parse(result.run["periods"]["after"])
    conversions = result.conversions.copy()
    conversions["clear_after"] = pd.array([0, 1, 2, 3, 4, None, 99], dtype="Int64")
    share = cloud_share(conversions, result.scenes, after)
    points = conversions.geometry.representative_point().to_crs(4326)
    for n, point in enumerate(points):
        days = {
            row.solar_day
            for row in result.scenes.itertuples()
            if row.geometry.contains(point) and date(2025, 1, 1) <= row.solar_day.date()
            and pd.isna(row.duplicate_of) and pd.notna(row.offset)
        }  # fmt: skip
        clear = conversions["clear_after"][n]
        wanted = np.nan if pd.isna(clear) else max(0.0, 1 - clear / len(days))
        assert share[n] == pytest.approx(wanted, nan_ok=True)


def test_a_result_without_patches():
    result = bare(patches=False)
    given_ = exported(replace(result, conversions=layers.empty(layers.CONVERSIONS, "EPSG:4490")))
    assert len(table(given_).frame) == 0
    assert len(table(given_, "parcel_status").frame) == len(result.parcels)


def test_another_datum_is_moved_and_one_of_the_family_stays():
    result = bare()
    for crs, wanted in ((4490, 4490), (4526, 4526), (4509, 4509), (32650, 4490), (4326, 4490)):
        moved = replace(result, conversions=result.conversions.to_crs(crs))
        assert table(exported(moved)).frame.crs.to_epsg() == wanted


def test_the_run_tells_where_it_comes_from_but_no_places(worked):
    run = {**worked.run, "unread": [{"box": [448990.0, 4029990.0, 450000.0, 4030000.0]}]}
    meta = table(exported(replace(worked, run=run)), "meta").frame
    told = dict(zip(meta["MC"], meta["NR"], strict=True))
    assert "2025-01-01/2025-12-31" in told["periods"]
    assert "Copernicus" in told["attribution"]
    assert told["suspect_patch.NTMJ"].startswith("占用永久基本农田面积")
    assert "448990" not in meta.to_csv()


def test_what_the_parts_have_in_common():
    """The made-up part is complete: every column of the layer that it does not compute."""
    made = {"patch_id", "part", "area_m2", "net_m2"}
    assert set(PART) | made == set(layers.OVERLAY.names)
