"""``farmland train`` and ``detect --model`` as people and programs call them."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import warnings
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pytest
from explain.conftest import BUILT, flanders, plan  # noqa: F401  # fixtures
from learn.conftest import RULES

from farmland import flow, report
from farmland.cli import main
from farmland.detect import learned
from farmland.errors import FarmlandWarning, UnusableInput
from farmland.io import models


@pytest.fixture(scope="module")
def trained(written: Path, table: Path, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("model") / "model.json"
    assert main(["train", str(written), "--labels", str(table), "--out", str(out), "-qq"]) == 0
    return out


def test_numbers_for_programs(written, table, tmp_path, capsys) -> None:
    out = tmp_path / "m.json"
    words = ["train", str(written), "--labels", str(table), "--out", str(out), "--json"]
    assert main([*words, "--lang", "en"]) == 0
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert told["written"] == [str(out), str(tmp_path / "m.md")]
    assert told["cases"] == told["agreed"] + told["dismissed"]
    assert told["blocks"] == 6
    assert told["validation"]["learned"]["auc"] > 0.97
    assert "foretells better than the rules alone" in said.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.json", "m.md"]


@pytest.mark.parametrize(
    ("language", "head", "clue", "advice"),
    [
        ("en", "# Model card", RULES.clue.en, "rules alone"),
        ("zh", "# 模型说明卡", RULES.clue.zh, "单用规则"),
    ],
)
def test_a_card_in_the_language_asked(
    language, head, clue, advice, written, table, tmp_path, capsys
) -> None:
    out = tmp_path / "my_model.json"
    words = ["train", str(written), "--labels", str(table), "--out", str(out), "--lang", language]
    assert main(words) == 0
    assert advice in capsys.readouterr().out
    card = out.with_suffix(".md").read_text("utf-8")
    told = models.read(out).training
    assert card.startswith(head)
    assert clue in card
    assert r"my\_model.json" in card
    for number in (told.cases, told.agreed, told.cases - told.agreed):
        assert f"| {number} |" in card
    scores = told.validation["learned"]
    assert f"| {scores['auc']:.3f} | {scores['brier']:.3f} |" in card


def test_statuses_set_in_qgis_are_enough(written, table, trained, tmp_path) -> None:
    """The same verdicts, written into the layer by SQL as QGIS does, listed patches only."""

    copy = tmp_path / "county.gpkg"
    shutil.copy(written, copy)
    shutil.copytree(written.with_suffix(""), copy.with_suffix(""))
    said = {row.split(",")[0]: row.split(",")[1] for row in table.read_text().splitlines()[1:]}
    with closing(sqlite3.connect(copy)) as database, database:
        for trigger in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            database.execute(f'DROP TRIGGER "{trigger[0]}"')
        for parcel, verdict in said.items():
            status = "verified" if verdict == "true" else "dismissed"
            words = "UPDATE conversions SET status = ? WHERE parcel_id = ?"
            database.execute(words, (status, parcel))
    model = flow.train([copy]).model
    listed = len(gpd.read_file(copy, layer="conversions"))
    assert listed - 5 <= model.training.cases <= listed
    every = models.read(trained).training
    assert every.agreed - 3 <= model.training.agreed <= every.agreed


BAD = [
    ("", 2, "give a GeoPackage", "请给出 farmland 写出的 GeoPackage"),
    ("none.gpkg --out m.json", 2, "no file none.gpkg", "none.gpkg 不存在"),
    ("county.gpkg", 2, "give --out X.json", "请给出 --out X.json"),
    ("county.gpkg --out m.pkl", 2, "let its name end in .json", "请以 .json 结尾"),
    ("county.gpkg --out m.json --block-km 0", 2, "give 0.1 to 1000 km", "0.1 到 1000 公里"),
    ("county.gpkg --out m.json --labels none.csv", 2, "no file none.csv", "none.csv 不存在"),
    ("county.gpkg --out m.json", 4, "There are 0 verified cases", "属实 0 例"),
    ("county.gpkg --out m.json --labels other.csv", 4, "None of the 2 labels", "2 行均未对应"),
    ("county.gpkg --out m.json --labels some.csv", 4, "There are 1 verified", "属实 1 例"),
    ("county.gpkg --out m.json --rules generic", 4, "is of the rules cn@", "由规则 cn@"),
    ("alone.gpkg --out m.json", 4, "series of this result are missing", "缺少该结果的时间序列"),
    ("older.gpkg --out m.json", 4, "keeps other numbers", "与本版本训练所需不同"),
    ("other.csv --out m.json", 4, "is no result of farmland", "不是 farmland 的结果"),
    ("county.gpkg --out no/m.json", 4, "cannot be written", "无法写入"),
    ("county.gpkg --out m.json --labels all.csv --block-km 900", 4, "(blocks: 1)", "（1 个分块）"),
]


@pytest.mark.parametrize(("words", "code", "english", "chinese"), BAD, ids=[b[0] for b in BAD])
def test_one_sentence_in_both_languages(
    words, code, english, chinese, written, table, tmp_path, monkeypatch, capsys
) -> None:
    shutil.copy(written, tmp_path / "county.gpkg")
    shutil.copy(written, tmp_path / "alone.gpkg")
    shutil.copy(written, tmp_path / "older.gpkg")
    for name in ("county", "older"):
        shutil.copytree(written.with_suffix(""), tmp_path / name)
    tests = tmp_path / "older" / "tests.json"
    tests.write_text(tests.read_text("utf-8").replace('"own_peak"', '"peak_own"'), "utf-8")
    shutil.copy(table, tmp_path / "all.csv")
    (tmp_path / "other.csv").write_text("parcel_id,verdict\nX1,true\nX2,false\n")
    (tmp_path / "some.csv").write_text("parcel_id,verdict\nP0,true\nX2,false\n")
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    for language, sentence in (("en", english), ("zh", chinese)):
        assert main(["train", *words.split(), "--lang", language]) == code
        said = capsys.readouterr()
        assert sentence in said.err
        assert said.out == ""
        assert "Traceback" not in said.err
    assert sorted(tmp_path.rglob("*")) == before


def test_labels_that_name_nothing_are_counted(written, table, tmp_path, capsys) -> None:
    more = tmp_path / "more.csv"
    more.write_text(table.read_text() + "\nX1,true,\nX2,true,\n")
    words = ["train", str(written), "--labels", str(more), "--out", str(tmp_path / "m.json")]
    assert main([*words, "--lang", "en"]) == 0
    assert "labels name no patch and no weighed parcel" in capsys.readouterr().err


def test_without_scikit_learn_it_says_how_to_get_it(written, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert main(["train", str(written), "--out", str(tmp_path / "m.json"), "--lang", "en"]) == 2
    assert "pip install 'farmland[learn]'" in capsys.readouterr().err


# --- a run with a model -----------------------------------------------------------------


@pytest.fixture(scope="module")
def found(plan, trained):  # noqa: F811  # the fixture
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FarmlandWarning)
        return flow.detect(replace(plan, model=str(trained)), lambda *_: None)


def test_a_run_says_what_its_probabilities_rest_on(found, trained, tmp_path) -> None:
    told = models.read(trained).training
    assert found.run["calibration"] == models.read(trained).calibration
    assert f"n = {told.cases} ({told.agreed} true" in found.run["calibration"]
    assert found.run["plan"]["model"] == trained.name
    assert (found.conversions["parcel_id"] == BUILT).any()
    report.write(found, tmp_path, "en")
    page = (tmp_path / "report.html").read_text("utf-8")
    for confidence in found.conversions["confidence"]:
        assert f"{confidence:.2f}" in page
    assert "Probability" in page


def test_confidence_is_what_the_model_says_of_the_numbers_kept(found, trained) -> None:
    model = models.read(trained)
    for row in found.conversions.itertuples():
        kept = found.verdicts[row.patch_id]
        numbers = {
            name: float("nan") if value is None else value for name, value in kept.numbers.items()
        }
        odds = learned.log_odds(model, numbers)
        assert sum(test.odds for test in kept.tests if test.odds) == pytest.approx(odds)
        shares = learned.shares(model.confirmer, numbers)
        assert row.confidence == pytest.approx(shares["true"], abs=1e-4)


def test_a_model_of_other_rules_ends_the_run_before_it_begins(plan, trained, tmp_path) -> None:  # noqa: F811
    other = replace(models.read(trained), rules="generic@1")
    path = models.write(other, tmp_path / "other.json")
    stages: list[str] = []
    with pytest.raises(UnusableInput, match="train it again"):
        flow.detect(replace(plan, model=str(path)), lambda stage, *_: stages.append(stage))
    assert stages == []


def test_a_plan_names_the_model_beside_it(trained) -> None:
    from farmland.plan import Plan, read_plan

    path = trained.with_name("plan.toml")
    path.write_text('model = "model.json"\n')
    assert Plan(**read_plan(path)).model == str(trained)
