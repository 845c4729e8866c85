"""A result in the place of an earlier one: ids, states, findings and photographs go on."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from inspection.filled import FIRST, MOMENT, SECOND, THIRD, csv_of, photo, states
from result.example import example_result

from farmland.flow import cases, following
from farmland.io import geopackage
from farmland.result import Result

LATER = datetime(2026, 7, 1, tzinfo=UTC)


def written_onto(path: Path, result: Result) -> tuple[Result, dict[str, int]]:
    """Write a result where an earlier one stands, as a run does."""
    kept, numbers = following.continued(result, following.earlier(str(path), LATER))
    geopackage.write(replace(kept, run=kept.run | {"cases": numbers}), path)
    return geopackage.read(path), numbers


def without(result: Result, *gone: str) -> Result:
    """The same result without some of its patches."""
    left = result.conversions[~result.conversions["patch_id"].isin(gone)]
    evidence = {name: one for name, one in result.evidence.items() if name not in gone}
    return replace(result, conversions=left.reset_index(drop=True), evidence=evidence)


def named_anew(result: Result) -> Result:
    """The same result with ids as another set of neighbours would give them."""
    anew = {name: f"f{name[1:]}" for name in result.conversions["patch_id"]}
    return replace(
        result,
        conversions=result.conversions.assign(patch_id=result.conversions["patch_id"].map(anew)),
        evidence={
            anew[name]: replace(one, patch_id=anew[name]) for name, one in result.evidence.items()
        },
    )


@pytest.fixture
def visited(made: Path) -> Path:
    """Two patches visited, one with a photograph."""
    folder = made.parent / "back"
    photo(folder / "a.jpg")
    text = (
        "patch_id,verdict,photos,inspected_on\n"
        f"{FIRST},verified,a.jpg,2026-06-18\n{SECOND},dismissed,,2026-06-18\n"
    )
    cases.bring_back(made, csv_of(folder, text), moment=MOMENT)
    return made


def test_all_goes_on_under_the_ids_it_had(visited: Path) -> None:
    before = geopackage.read(visited)
    kept, numbers = written_onto(visited, named_anew(example_result(rows=4, columns=6)))
    after = kept.conversions
    pd.testing.assert_frame_equal(
        after.drop(columns="status"), before.conversions.drop(columns="status")
    )
    assert states(visited) == {
        name: {FIRST: "verified", SECOND: "dismissed"}.get(name, "ongoing")
        for name in before.conversions["patch_id"]
    }
    assert set(kept.evidence) == set(after["patch_id"])
    pd.testing.assert_frame_equal(kept.cases, before.cases)
    assert (visited.with_suffix("") / "photos" / f"{FIRST}_1.jpg").is_file()
    assert numbers == {
        "earlier": 7, "found_again": 7, "gone": 0, "new": 0, "cases": 2, "cases_gone": 0,
        "changed_again": [],
    }  # fmt: skip
    again, _ = written_onto(visited, named_anew(example_result(rows=4, columns=6)))
    pd.testing.assert_frame_equal(again.conversions, after)


def test_a_case_whose_patch_is_gone_stays_and_comes_back(visited: Path) -> None:
    whole = example_result(rows=4, columns=6)
    kept, numbers = written_onto(visited, without(whole, FIRST, SECOND, THIRD))
    assert (numbers["gone"], numbers["cases"], numbers["cases_gone"]) == (3, 2, 2)
    assert kept.cases["patch_id"].to_list() == [FIRST, SECOND]
    assert (visited.with_suffix("") / "photos" / f"{FIRST}_1.jpg").is_file()
    closed = csv_of(visited.parent / "more", f"patch_id,verdict\n{FIRST},closed\n")
    assert cases.bring_back(visited, closed, moment=LATER).findings == {"closed": 1}
    kept, numbers = written_onto(visited, named_anew(whole))
    assert [states(visited)[name] for name in (FIRST, SECOND)] == ["closed", "dismissed"]
    assert THIRD not in states(visited)
    assert (numbers["new"], numbers["cases_gone"]) == (1, 0)


def test_what_changes_after_it_was_dismissed_is_new(visited: Path) -> None:
    whole = example_result(rows=4, columns=6)
    begun = pd.Series(pd.Timestamp("2026-06-20"), index=whole.conversions.index)
    kept, numbers = written_onto(
        visited, replace(whole, conversions=whole.conversions.assign(date_from=begun))
    )
    assert numbers["changed_again"] == [SECOND]
    assert [states(visited)[name] for name in (FIRST, SECOND)] == ["verified", "new"]
    assert kept.cases["verdict"].to_list() == ["verified", "dismissed"]
    said = following.notes(numbers)
    assert f"new now: 1 ({SECOND})" in said[-1].en
    assert f"重新列为新增的图斑：1 个（{SECOND}）" in said[-1].zh


def test_a_state_set_in_qgis_is_a_case_too(made: Path) -> None:
    whole = geopackage.read(made)
    status = whole.conversions["status"].where(whole.conversions["patch_id"] != THIRD, "closed")
    geopackage.write(replace(whole, conversions=whole.conversions.assign(status=status)), made)
    kept, _ = written_onto(made, whole)
    (row,) = kept.cases.to_dict("records")
    assert (row["patch_id"], row["verdict"], row["imported_at"]) == (THIRD, "closed", LATER)
    assert row["geometry"].equals(whole.conversions.set_index("patch_id").geometry[THIRD])
    written_onto(made, without(whole, *whole.conversions["patch_id"]))
    assert len(geopackage.read(made).cases) == 1


def test_another_coordinate_system_changes_nothing(visited: Path) -> None:
    whole = named_anew(example_result(rows=4, columns=6))
    moved = replace(
        whole,
        conversions=whole.conversions.to_crs(4549),
        parcels=whole.parcels.to_crs(4549),
        overlay=whole.overlay.to_crs(4549),
    )
    before = geopackage.read(visited).cases
    kept, numbers = written_onto(visited, moved)
    assert numbers["found_again"] == 7
    assert kept.cases.crs == kept.conversions.crs == "EPSG:4549"
    assert kept.cases.to_crs(4490).geometry.geom_equals_exact(before.geometry, 1e-9).all()


def test_nothing_is_carried_to_a_new_name(made: Path) -> None:
    assert following.earlier(str(made.with_name("Y.gpkg"))) is None
    assert following.earlier("") is None
    whole = example_result(rows=4, columns=6)
    same, numbers = following.continued(whole, None)
    assert same is whole
    assert following.notes(numbers) == ()


def test_killed_before_the_end_nothing_is_lost(
    visited: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a killed run leaves is what lay there: the draft is another file."""
    keep = Path(shutil.copytree(visited.parent, visited.parent.with_name("keep")))
    monkeypatch.setattr(geopackage.qgis, "add_project", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        written_onto(visited, example_result(rows=4, columns=6))
    assert visited.read_bytes() == (keep / visited.name).read_bytes()
    picture = Path(visited.stem, "photos", f"{FIRST}_1.jpg")
    assert (visited.parent / picture).read_bytes() == (keep / picture).read_bytes()
