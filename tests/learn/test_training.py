"""What is learnt from verified cases, and that left-out land is truly left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from learn.conftest import RULES, VILLAGES, taught

from farmland.detect import learned
from farmland.detect.evidence import WEIGHED
from farmland.errors import UnusableInput
from farmland.io import models
from farmland.learning import Case, fitting, validation
from farmland.learning.fitting import Samples
from farmland.model import Model, Weights
from farmland.report import card


def test_the_cases_are_enough_and_of_both_kinds(cases: tuple[Case, ...]) -> None:
    assert sum(case.agreed for case in cases) >= 45
    assert sum(not case.agreed for case in cases) >= 40
    assert len({case.block for case in cases}) == VILLAGES


def test_left_out_villages_are_foretold_better_than_by_the_rules(model: Model) -> None:
    told = model.training.validation
    assert told["learned"]["auc"] > 0.97
    assert told["learned"]["brier"] < told["rules"]["brier"] / 1.5
    assert told["learned"]["at"][-1]["precision"] > told["rules"]["at"][0]["precision"]


def test_probabilities_of_left_out_villages_come_true(model: Model) -> None:
    bins = model.training.validation["learned"]["reliability"]
    assert sum(row["cases"] for row in bins) == model.training.cases
    error = sum(row["cases"] * abs(row["foretold"] - row["true"]) for row in bins)
    assert error / model.training.cases < 0.1


def test_covers_are_taught_and_told_apart(model: Model) -> None:
    assert set(model.training.covers) == {"built", "earthwork", "pond"}
    assert model.covers is not None
    assert model.covers.classes == ("built", "earthwork", "pond")
    assert model.training.validation["covers"]["learned"]["macro_f1"] > 0.95


def test_covers_that_the_rules_know_better_stay_with_them(cases: tuple[Case, ...]) -> None:
    """Verified covers without rhyme or reason, believed by the rules."""
    random = np.random.default_rng(9).permutation(["pond", "built"] * len(cases))
    odd = tuple(
        replace(case, cover=str(name), believed={"pond": 0.0, "built": 0.0, str(name): 1.0})
        if case.cover
        else case
        for case, name in zip(cases, random, strict=False)
    )
    model = taught(odd)
    assert model.covers is None
    assert model.training.validation["covers"]["rules"]["macro_f1"] == 1.0
    for language, said in (("en", "stay with the rules"), ("zh", "仍由规则判定")):
        assert said in card.page(model, "m.json", RULES, language)


def test_the_order_of_cases_changes_nothing(
    cases: tuple[Case, ...], model: Model, tmp_path
) -> None:
    shuffled = [cases[n] for n in np.random.default_rng(5).permutation(len(cases))]
    one = models.write(model, tmp_path / "one.json").read_bytes()
    assert models.write(taught(tuple(shuffled)), tmp_path / "two.json").read_bytes() == one


def test_no_block_is_asked_by_weights_that_saw_it(cases: tuple[Case, ...]) -> None:
    samples = Samples.of_change(cases)
    seen: list[set[str]] = []

    def fitted(part: Samples) -> Weights:
        seen.append(set(part.blocks.tolist()))
        return fitting.fit(part, RULES.training)

    found = fitting.held_out(samples, 3, fitted)
    everywhere = set(samples.blocks.tolist())
    assert len(seen) == 3
    assert sorted(block for part in seen for block in everywhere - part) == sorted(everywhere)
    assert found.sum(axis=1) == pytest.approx(1.0)


def test_a_mark_of_the_block_is_no_help_on_other_land(cases: tuple[Case, ...]) -> None:
    """A number that gives the verdict away inside a block, and misleads in the next one.

    Cases left out one by one would look right by it; whole blocks do not.
    """
    generator = np.random.default_rng(3)
    blocks = np.repeat([f"b{n}" for n in range(10)], 20)
    truth = np.tile([0, 1], 100)
    values = np.column_stack(
        [np.repeat(generator.normal(0, 5, 10), 20), generator.normal(size=200)]
    )
    samples = Samples(("place", "noise"), values, ("false", "true"), truth, blocks, np.arange(200))
    found = fitting.held_out(samples, 5, lambda part: fitting.fit(part, RULES.training))
    scores = validation.scored(found[:, 1], truth == 1, (0.5, 0.9))
    assert 0.3 < scores["auc"] < 0.7
    assert scores["brier"] == pytest.approx(0.25, abs=0.02)


def test_scores_by_hand() -> None:
    found = np.array([0.1, 0.4, 0.6, 0.95])
    agreed = np.array([False, True, False, True])
    told = validation.scored(found, agreed, (0.5, 0.99))
    assert told["auc"] == 0.75  # three of four pairs stand in order
    assert told["brier"] == pytest.approx((0.01 + 0.36 + 0.36 + 0.0025) / 4, abs=1e-4)
    assert told["at"] == [
        {"threshold": 0.5, "called": 2, "precision": 0.5, "recall": 0.5},
        {"threshold": 0.99, "called": 0, "precision": None, "recall": 0.0},
    ]
    assert [row["cases"] for row in told["reliability"]] == [1, 1, 1, 1]


def test_a_number_never_known_and_one_that_never_varies_weigh_nothing(
    cases: tuple[Case, ...],
) -> None:
    odd = [
        replace(case, numbers={**case.numbers, "rest": float("nan"), "inner": 0.7})
        for case in cases
    ]
    weights = fitting.fit(Samples.of_change(odd), RULES.training)
    at = [weights.standard.names.index(name) for name in ("rest", "inner")]
    assert weights.coefficients[0, at] == pytest.approx(0.0, abs=1e-9)
    assert "rest" not in weights.standard.gaps


def test_two_covers_or_none(cases: tuple[Case, ...]) -> None:
    one = [replace(case, cover="pond" if case.cover else "") for case in cases]
    assert Samples.of_ground(one, RULES.training) is None
    assert taught(tuple(one)).covers is None


def test_a_cover_with_few_cases_stays_with_the_rules(cases: tuple[Case, ...]) -> None:
    ponds = [case for case in cases if case.cover == "pond"][9:]
    few = tuple(case for case in cases if case not in ponds)
    samples = Samples.of_ground(few, RULES.training)
    assert samples is not None
    assert samples.classes == ("built", "earthwork")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_too_few_cases_are_counted(cases: tuple[Case, ...], language: str) -> None:
    quiet = [case for case in cases if not case.agreed]
    true = [case for case in cases if case.agreed][:12]
    spread = len({case.block for case in true})
    with pytest.raises(UnusableInput) as told:
        taught((*quiet, *true))
    said = told.value.text(language)
    assert ("12 verified" if language == "en" else "属实 12 例") in said
    assert f"{spread}" in said
    assert "30" in said


def test_one_verdict_alone_teaches_nothing(cases: tuple[Case, ...]) -> None:
    with pytest.raises(UnusableInput, match="0 dismissed ones"):
        taught(tuple(case for case in cases if case.agreed))


def test_cases_of_one_place_are_not_enough(cases: tuple[Case, ...]) -> None:
    with pytest.raises(UnusableInput, match=r"\(blocks: 1\)"):
        taught(tuple(replace(case, block="0,0") for case in cases))


def test_the_names_are_those_of_the_detector(county, cases: tuple[Case, ...]) -> None:
    assert set(learned.CHANGE).isdisjoint(learned.GROUND)
    for told in county.verdicts.values():
        assert set(told.numbers) == {*learned.CHANGE, *learned.GROUND}
        odds = {test.name for test in told.tests if test.odds is not None}
        assert odds == {"base", *WEIGHED}
    for one in county.dismissed:
        assert set(one.verdict.numbers) == set(learned.CHANGE)
