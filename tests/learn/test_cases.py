"""Who said what of which patch: statuses, labels, and what they name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pytest
from learn.conftest import RULES
from shapely.geometry import Point, box

from farmland.errors import UnusableInput, WrongUsage
from farmland.io import labels as tables
from farmland.labels import Label
from farmland.learning import together
from farmland.learning.cases import blocks
from farmland.result import Result

COVERS = set(RULES.covers) - {"unknown"}


def with_status(result: Result, **said: str) -> Result:
    """The result after somebody set the status of patches by parcel."""
    frame = result.conversions.copy()
    for parcel, status in said.items():
        frame.loc[frame["parcel_id"] == parcel, "status"] = status
    return replace(result, conversions=frame)


def names_of(result: Result, parcel: str) -> list[str]:
    frame = result.conversions
    return frame.loc[frame["parcel_id"] == parcel, "patch_id"].tolist()


def test_verified_and_dismissed_patches_are_cases_and_others_are_not(county: Result) -> None:
    said = with_status(county, P0="verified", P30="dismissed", P60="closed", P90="ongoing")
    cases, unmatched = together([said], (), 10.0)
    told = {case.name: case for case in cases}
    assert set(told) == {*names_of(county, "P0"), *names_of(county, "P30")}
    (true,) = (told[name] for name in names_of(county, "P0"))
    (false,) = (told[name] for name in names_of(county, "P30"))
    assert (true.agreed, true.cover) == (True, "built")
    assert (false.agreed, false.cover) == (False, "")
    assert true.block != false.block
    assert unmatched == ()


def test_a_corrected_cover_is_what_is_taught(county: Result) -> None:
    said = with_status(county, P0="verified")
    said.conversions.loc[said.conversions["parcel_id"] == "P0", "cover"] = "greenhouse"
    (case,) = together([said], (), 10.0)[0]
    assert case.cover == "greenhouse"
    assert case.rules_cover == "built"


def test_the_rules_own_score_is_that_of_the_layer(county: Result, cases) -> None:
    confidence = county.conversions.set_index("patch_id")["confidence"]
    listed = [case for case in cases if case.name in confidence.index]
    assert len(listed) > 50
    for case in listed:
        assert case.confidence == pytest.approx(confidence[case.name], abs=1e-4)


def test_a_label_beats_the_status(county: Result) -> None:
    said = with_status(county, P0="verified", P1="verified")
    (patch,) = names_of(county, "P0")
    labels = (Label(patch, "", False, ""), Label("", "P1", False, ""))
    cases, _ = together([said], labels, 10.0)
    assert [case.agreed for case in cases] == [False, False]


def test_true_of_a_parcel_means_its_largest_patch_and_false_all_of_them(county: Result) -> None:
    first, second = names_of(county, "P0") + names_of(county, "P1")
    frame = county.conversions.copy()
    both = frame["patch_id"].isin([first, second])
    frame.loc[both, "parcel_id"] = "P0"
    frame.loc[frame["patch_id"] == second, "area_m2"] = 1e6
    one = replace(county, conversions=frame)
    (true,) = together([one], [Label("", "P0", True, "pond")], 10.0)[0]
    assert (true.name, true.cover) == (second, "pond")
    false = together([one], [Label("", "P0", False, "")], 10.0)[0]
    assert {case.name for case in false} == {first, second}


def test_what_was_weighed_and_not_listed_is_a_case_when_its_parcel_is_labelled(
    county: Result,
) -> None:
    listed = set(county.conversions["parcel_id"])
    one = next(one for one in county.dismissed if one.parcel_id not in listed)
    (case,) = together([county], [Label("", one.parcel_id, False, "")], 10.0)[0]
    assert case.name == f"{one.parcel_id} {one.since}"
    assert case.confidence < RULES.detection.listed_confidence
    assert case.believed == {}
    assert together([county], (), 10.0)[0] == ()


def test_labels_without_a_match_are_named(county: Result) -> None:
    labels = (Label("", "P0", True, ""), Label("", "Q7", True, ""), Label("ffff", "", False, ""))
    cases, unmatched = together([county], labels, 10.0)
    assert len(cases) == 1
    assert unmatched == ("Q7", "ffff")


def test_a_case_of_two_runs_counts_once_as_the_newest_saw_it(county: Result) -> None:
    old = with_status(county, P0="verified")
    new = with_status(county, P0="dismissed")
    new = replace(new, run={**county.run, "start": "2024-09-01T00:00:00+00:00"})
    for results in ([old, new], [new, old]):
        (case,) = together(results, (), 10.0)[0]
        assert not case.agreed


def test_blocks_are_the_same_in_every_coordinate_system() -> None:
    ways = [(x, y) for x in (0, -0.05, 0.3) for y in (0, 0.3)]
    places = gpd.GeoSeries([Point(117 + x, 36 + y).buffer(1e-4) for x, y in ways], crs=4490)
    names = blocks(places, 10.0)
    assert names == blocks(places.to_crs(32650), 10.0)
    assert len(set(names)) == 4
    assert len(set(blocks(places, 1.0))) == 6
    corner = gpd.GeoSeries([box(0, 0, 2, 2), box(-30, -30, -10, -10)], crs=6933)
    assert blocks(corner, 10.0) == ["0,0", "-1,-1"]


# --- tables of labels ---------------------------------------------------------------


def read(text: str | bytes, folder: Path) -> tuple[Label, ...]:
    path = folder / "checked.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return tables.read(path, COVERS)


def test_a_table_as_people_keep_it(tmp_path: Path) -> None:
    text = (
        "Parcel_ID, Verdict ,cover,remark\n0012,True,built,=1+1\n0013,0,,\n0014,,pond,\n0012,1,,\n"
    )
    assert read(text, tmp_path) == (Label("", "0012", True, "built"), Label("", "0013", False, ""))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_chinese_verdicts_in_both_encodings(encoding: str, tmp_path: Path) -> None:
    text = "patch_id,parcel_id,verdict\nab12,三里庄1,属实\n,三里庄2,不属实\n"
    assert read(text.encode(encoding), tmp_path) == (
        Label("ab12", "三里庄1", True, ""),
        Label("", "三里庄2", False, ""),
    )


def test_a_layer_that_qgis_saved(tmp_path: Path) -> None:
    path = tmp_path / "checked.gpkg"
    places = gpd.GeoDataFrame(
        {
            "patch_id": ["ab", "cd", None],
            "verdict": [True, False, True],
            "cover": [None, None, None],
        },
        geometry=[Point(1, 1)] * 3,
        crs=4490,
    )
    places.iloc[:2].to_file(path)
    assert [label.agreed for label in tables.read(path, COVERS)] == [True, False]


BAD = [
    ("parcel_id,said\n1,true\n", "have the columns parcel_id, said", "字段为 parcel_id、said"),
    ("id,verdict\n1,true\n", "patch_id or parcel_id", "patch_id 或 parcel_id"),
    ("parcel_id,verdict\n1,maybe\n", "Row 1 of the labels checked.csv says 'maybe'", "第 1 行"),
    ("parcel_id,verdict\n,true\n", "Row 1", "第 1 行"),
    ("parcel_id,verdict,cover\n1,true,\n2,true,biult\n", "nearest known one is 'built'", "'built'"),
    ("parcel_id,verdict\n1,true\n1,false\n", "both true and false of 1", "同时标为"),
    ("", "cannot be read", "无法读取"),
    (b"\xff\xff\xff\xff,\x00\n", "checked.csv", "checked.csv"),
]


@pytest.mark.parametrize(("text", "english", "chinese"), BAD)
def test_a_table_that_cannot_be_meant(text, english: str, chinese: str, tmp_path: Path) -> None:
    with pytest.raises(UnusableInput) as told:
        read(text, tmp_path)
    assert english in told.value.english
    assert chinese in told.value.chinese


def test_a_file_that_is_no_table_or_not_there(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="There is no file"):
        tables.read(tmp_path / "none.csv", COVERS)
    (tmp_path / "note.gpkg").write_text("no database")
    with pytest.raises(UnusableInput, match="cannot be read"):
        tables.read(tmp_path / "note.gpkg", COVERS)
