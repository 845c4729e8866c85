"""The page of failures: cases chosen by rule, every marker filled, pictures that show something."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import failing
import numpy as np
import pandas as pd
import pytest
from contest import chosen, drawing, failures, kinds, seen
from contest.cases import Alarm, Case
from contest.failures import Found
from contest_fields import BARE, case
from PIL import Image

from farmland import rules
from farmland.detect.evidence import KINDS as EVIDENCE
from farmland.detect.evidence import WEIGHED

DOCS = Path(failing.ROOT) / "docs"
BLOCKS = (*(kind.name for kind in kinds.KINDS), "cases", "parts", "covers", "real")
LARGEST, MOST = 60_000, 10
RULES = rules.load("cn").detection


def named(name: str) -> kinds.Kind:
    return next(kind for kind in kinds.KINDS if kind.name == name)


def truths(*rows: dict[str, object]) -> Found:
    """Solar fields of the usual history, some of their columns given."""
    usual = {
        "region": "north_china", "county": 1, "cell": 0, "years": 2, "cover": "solar", "age": 200,
        "area_m2": 2000.0, "width_m": np.inf, "pixels": 20, "hit": False, "touched": 0.0,
        "called": "", "inside": np.nan, "late": np.nan, "onset": np.datetime64("2024-06-01"),
    }  # fmt: skip
    made = [usual | {"truth": number} | row for number, row in enumerate(rows)]
    return Found(pd.DataFrame(made), pd.DataFrame())


@pytest.fixture(scope="module")
def one() -> Case:
    return case(shown=2 * BARE)


@pytest.fixture(scope="module")
def found(one: Case) -> Found:
    met = failures.Met("fallow", np.datetime64("2024-04-01"), np.datetime64("2024-09-01"))
    return failures.of_cases([one], {0: (met,)}, None)


def test_the_case_in_the_middle_is_chosen() -> None:
    areas = (9000.0, 1100.0, 2500.0, 2600.0, 60000.0)
    given = truths(*({"area_m2": area, "age": 100 + area / 1000} for area in areas))
    row = chosen.typical(named("solar"), given)
    assert row is not None
    assert row["area_m2"] == 2600.0
    shuffled = Found(given.truths.sample(frac=1, random_state=3), given.quiet)
    again = chosen.typical(named("solar"), shuffled)
    assert again is not None
    assert again["truth"] == row["truth"]


def test_only_failures_of_the_kind_are_chosen() -> None:
    others = ({"hit": True}, {"age": 30}, {"area_m2": 900.0}, {"cover": "pit"}, {"years": 1})
    assert chosen.typical(named("solar"), truths(*others)) is None
    row = chosen.typical(named("solar"), truths(*others, {"age": 77}))
    assert row is not None
    assert row["age"] == 77


def test_kinds_are_counted_with_what_they_compare_to() -> None:
    given = truths({}, {"hit": True}, {"cover": "pit", "hit": True})
    said = chosen.counted(named("solar"), given)
    assert "Of 2 such patches in the counted cases 1 are not listed: 50 % (9–91)." in said
    assert said.endswith("and more it is 0.0 % (0.0–79.3).")


def test_thin_history_is_compared_patch_by_patch() -> None:
    usual = [{"truth": n, "hit": n < 2} for n in range(3)]
    thin = [{"truth": n, "hit": n == 0, "years": 1} for n in range(3)]
    said = chosen.counted(named("thin"), truths(*usual, *thin))
    assert "Of 2 fast patches" in said
    assert "1 have no row with one" in said


def test_strips_are_told_from_other_alarms() -> None:
    rows = [
        {"alarm": True, "rim": 0.9, "beside": True, "decoys": ()},
        {"alarm": True, "rim": 0.9, "beside": False, "decoys": ("track_edge",)},
        {"alarm": True, "rim": 0.2, "beside": True, "decoys": ()},
        {"alarm": True, "rim": 0.9, "beside": False, "decoys": ("fallow",)},
        {"alarm": False, "rim": np.nan, "beside": np.nan, "decoys": ()},
    ]
    quiet = pd.DataFrame(rows).assign(years=2, pixels=8.0, days=90.0)
    assert chosen.counted(named("rim"), Found(pd.DataFrame(), quiet)).startswith(
        "Of all 4 false alarms 2 are strips"
    )


def test_an_alarm_is_laid_to_what_happened_meanwhile() -> None:
    rows = [
        {"alarm": True, "decoys": ("flood", "fallow"), "during": ("fallow", "flood")},
        {"alarm": True, "decoys": ("flood",), "during": ()},
        {"alarm": False, "decoys": ("flood",), "during": ()},
        {"alarm": True, "decoys": (), "during": ()},
    ]
    given = Found(pd.DataFrame(), pd.DataFrame(rows).assign(years=2))
    said = {name: chosen.counted(named(name), given) for name in ("fallow", "passing")}
    assert "Of 1 such parcels 1 carry" in said["fallow"]
    assert "Of 3 such parcels 0 carry" in said["passing"]
    assert said["passing"].endswith("met nothing unusual it is 100 % (21–100).")
    day = np.datetime64("2024-05-01")
    alarm = Alarm(0, np.arange(4), None, day, False, "built")
    starts = {n: day + np.timedelta64(n, "D") for n in (-41, -40, 30, 31)}
    lasting = np.timedelta64(10, "D")
    spells = [failures.Met(str(n), start, start + lasting) for n, start in starts.items()]
    assert failures._during(alarm, spells) == ("-40", "30")


def test_wrong_names_are_counted_among_large_hits() -> None:
    given = truths({"hit": True, "called": "built"}, {"hit": True, "called": "solar"}, {})
    (row,) = chosen.miscalled(given).to_dict("records")
    assert row == {"cover": "solar", "called": "built", "count": 1, "of": 2}
    said = failing.covers(given)
    assert "| solar | built | 1 of 2 |" in said
    assert "is right on 2 of 2" in said


def test_dates_outside_err_one_way_or_the_other() -> None:
    hit = {"hit": True, "inside": False}
    given = truths({**hit, "late": -20}, {**hit, "late": 40}, {**hit, "late": 60})
    said = failing.lateness(given)
    assert said.startswith("Of all 3 dates outside, 1 have `date_to` before")
    assert "it is 40 days after" in said
    assert "No date" in failing.lateness(truths({"hit": True, "inside": True, "late": 5}))


def test_a_small_case_runs_through(one: Case, found: Found) -> None:
    rows = found.truths.set_index("years")
    assert rows.loc[2, "hit"]
    assert rows.loc[2, "touched"] >= 0.9
    assert len(found.quiet) == 22
    blocks = failing.blocks(found, "python benchmarks/failing.py")
    assert set(blocks) == {*BLOCKS} - {"real"}
    assert "11 quiet parcels, 1 patches of fast covers" in blocks["cases"]


def test_a_place_is_seen_and_drawn(one: Case) -> None:
    (truth,) = one.truths
    looked = seen.see(one, truth.parcel, truth.pixels, RULES)
    assert looked.verdict is not None
    assert looked.verdict.listed
    assert looked.verdict.because == ""
    late = (looked.verdict.date_to - truth.onset).astype(int)
    assert 0 <= late <= 20
    changed = one.stack.days.astype("datetime64[D]") >= truth.onset
    assert np.nanmedian(looked.novelty[changed]) > RULES.novel
    made = drawing.place(looked, truth.onset, "A title", "what it is", RULES)
    assert Image.open(io.BytesIO(made)).size == (900, 468)
    assert len(made) < LARGEST


def test_a_quiet_place_has_no_candidate_and_is_drawn_all_the_same(one: Case) -> None:
    own = np.flatnonzero(one.stack.parcel == 7)
    looked = seen.see(one, 7, own, RULES)
    assert looked.verdict is None
    assert len(drawing.place(looked, None, "A title", "nothing", RULES)) < LARGEST


def test_what_is_too_light_says_so(one: Case) -> None:
    (truth,) = one.truths
    strict = replace(RULES, listed_confidence=1.1)
    looked = seen.see(one, truth.parcel, truth.pixels, strict)
    assert looked.verdict is not None
    assert not looked.verdict.listed
    assert "listed from 1.1" in looked.verdict.because


def test_blocks_are_written_between_their_markers() -> None:
    text = "a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n"
    once = failing.written(text, {"x": "new\n"})
    assert once == "a\n<!-- x:begin -->\nnew\n<!-- x:end -->\nb\n"
    assert failing.written(once, {"x": "new\n"}) == once
    with pytest.raises(SystemExit, match="needs the markers <!-- y:begin -->"):
        failing.written(text, {"y": ""})


def test_real_parcels_are_taken_from_the_record() -> None:
    assert failing.real(None) == failing.UNMEASURED
    columns = ["detector", *failing.SHOWN]
    titles = ("north_china, 2 years of history", "real quiet, Flanders", "roofs in Switzerland")
    tables = [
        {"title": f"Found and falsely alarmed: {title}", "columns": columns,
         "rows": [["sketch", *"abcd"], ["ours", "90", "80", "0.5", "–"]]}
        for title in titles
    ]  # fmt: skip
    said = failing.real({"tables": tables})
    assert "north_china" not in said
    assert "| real quiet, Flanders | 90 | 80 | 0.5 | – |" in said
    assert "| roofs in Switzerland | 90 | 80 | 0.5 | – |" in said


def test_the_page_has_every_block_filled() -> None:
    page = failing.PAGE.read_text("utf-8")
    for name in BLOCKS:
        begin, end = (f"<!-- {name}:{edge} -->" for edge in ("begin", "end"))
        assert page.count(begin) == page.count(end) == 1
        assert page.split(begin)[1].split(end)[0].strip(), name
    assert len(re.findall(r"<!-- \w+:begin -->", page)) == len(BLOCKS)
    assert failing.written(page, {"real": failing.real(failing.recorded())}) == page, "make readme"


def test_the_pictures_are_few_and_small_and_shown() -> None:
    page = failing.PAGE.read_text("utf-8")
    there = sorted(path.name for path in (DOCS / "failing").iterdir())
    assert there == sorted(re.findall(r"\]\(failing/(\w+\.png)\)", page))
    assert 0 < len(there) <= MOST
    for path in (*(DOCS / "failing").glob("*.png"), failing.CURVES):
        assert path.stat().st_size <= LARGEST


def test_the_curves_are_those_of_the_rules() -> None:
    drawn, kept = (
        np.asarray(Image.open(io.BytesIO(each)).convert("L"), np.int16)
        for each in (drawing.worth(RULES), failing.CURVES.read_bytes())
    )
    assert drawn.shape == kept.shape
    assert (np.abs(drawn - kept) > 64).mean() < 1e-3, "make readme"


def test_every_number_of_evidence_is_explained() -> None:
    page = (DOCS / "detection.md").read_text("utf-8")
    kind = {name: kind for kind, names in EVIDENCE.items() for name in names}
    for name in WEIGHED:
        assert re.search(rf"(?m)^\| {kind.get(name, '–')} \| `{name}` \|", page), name
    assert len(drawing.worth(RULES)) < LARGEST
