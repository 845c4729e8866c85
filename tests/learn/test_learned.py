"""The logistic function by hand, what moves it, and what the detector makes of it."""

from __future__ import annotations

import math
from dataclasses import replace

import by_hand
import numpy as np
import pytest
import village
from hypothesis import given
from hypothesis import strategies as st
from learn.conftest import PLAN, RULES, TRUE, became

from farmland import detect, rules
from farmland.detect import learned
from farmland.detect.findings import Finding
from farmland.errors import UnusableInput
from farmland.model import AGREED, Model, Standard, Training, Weights

TRAINING = Training(
    cases=70,
    agreed=30,
    blocks=6,
    block_km=10.0,
    covers={},
    results=("x.gpkg",),
    periods=("2024-01-01/2024-12-31",),
    box=(117.0, 36.0, 118.0, 37.0),
    validation={},
)


def weights(names=("peak", "rest"), coefficients=(-1.0, 0.5, 0.25), gaps=("rest",)) -> Weights:
    """NDVI peak about 0.4 with a spread of 0.1, fall against the rest about 0.2 with one of 0.1."""
    standard = Standard(names, np.array([0.4, 0.2]), np.array([0.1, 0.1]), gaps, 3.0)
    return Weights(standard, AGREED, np.array([coefficients]), np.array([-0.5]))


MODEL = Model(f"cn@{rules.load('cn').version}", weights(), None, TRAINING)


def test_the_logistic_function_by_hand() -> None:
    """Peak 0.2 is two spreads low: +2; rest 0.4 two spreads high: +1; -0.5 before: 2.5."""
    odds = learned.log_odds(MODEL, {"peak": 0.2, "rest": 0.4})
    assert odds == pytest.approx(2.5)
    shares = learned.shares(MODEL.confirmer, {"peak": 0.2, "rest": 0.4})
    assert shares["true"] == pytest.approx(0.924142)  # 1 / (1 + exp(-2.5))
    assert shares["false"] == pytest.approx(1 - 0.924142, abs=1e-6)


@pytest.mark.parametrize("missing", [{}, {"rest": math.nan}])
def test_a_missing_number_counts_as_the_mean_and_by_its_own_weight(missing) -> None:
    """Peak at its mean: 0; rest missing: its indicator, +0.25; -0.5 before: -0.25."""
    assert learned.log_odds(MODEL, {"peak": 0.4} | missing) == pytest.approx(-0.25)


def test_what_lies_far_beyond_the_cases_counts_as_three_spreads() -> None:
    far = learned.log_odds(MODEL, {"peak": -40.0, "rest": 0.2})
    assert far == learned.log_odds(MODEL, {"peak": 0.1, "rest": 0.2}) == pytest.approx(2.5)


def test_three_classes_by_hand() -> None:
    """Scores 0, ln 2 and ln 5 make an eighth, a quarter and five eighths."""
    standard = Standard(("blue",), np.zeros(1), np.ones(1), (), 3.0)
    three = Weights(
        standard,
        ("built", "pond", "solar"),
        np.array([[math.log(2)], [math.log(5)]]),
        np.zeros(2),
    )
    found = learned.shares(three, {"blue": 1.0})
    assert found == pytest.approx({"built": 0.125, "pond": 0.25, "solar": 0.625})


numbers = st.floats(-5, 5)


@given(numbers, numbers, numbers, st.floats(0.001, 3))
def test_the_probability_follows_the_sign_of_each_coefficient(peak, rest, slope, step) -> None:
    model = replace(MODEL, confirmer=weights(coefficients=(slope, 0.5, 0.0)))
    before = learned.log_odds(model, {"peak": peak, "rest": rest})
    after = learned.log_odds(model, {"peak": peak + step, "rest": rest})
    assert (after - before) * slope >= 0


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=8), st.randoms())
def test_patches_do_not_look_at_each_other(pairs, random) -> None:
    rows = [{"peak": peak, "rest": rest} for peak, rest in pairs]
    standard = MODEL.confirmer.standard
    all_ = learned.scores(MODEL.confirmer, learned.table(standard, rows))
    order = random.sample(range(len(rows)), len(rows))
    mixed = learned.scores(MODEL.confirmer, learned.table(standard, [rows[n] for n in order]))
    assert mixed == pytest.approx(all_[order])
    assert learned.probabilities(all_).sum(axis=1) == pytest.approx(1.0)


def test_confidence_is_the_models_and_the_odds_add_up_to_it() -> None:
    found = learned.judged(by_hand.EVIDENCE, MODEL)
    odds = learned.log_odds(MODEL, learned.of_change(by_hand.EVIDENCE))
    assert found.confidence == pytest.approx(1 / (1 + math.exp(-odds)))
    assert sum(found.odds.values()) == pytest.approx(odds)
    assert learned.judged(by_hand.EVIDENCE, None) is by_hand.EVIDENCE
    assert learned.of_change(found) == learned.of_change(by_hand.EVIDENCE)


def test_taught_covers_share_what_the_rules_gave_them_together() -> None:
    rules_say = {"built": 0.3, "pond": 0.3, "pit": 0.4}
    assert learned.mixed(rules_say, {"built": 0.9, "pond": 0.1}) == pytest.approx(
        {"built": 0.54, "pond": 0.06, "pit": 0.4}
    )
    nothing = dict.fromkeys(rules_say, 0.0)
    assert learned.mixed(nothing, {"built": 0.9, "pond": 0.1}) == pytest.approx(
        {"built": 0.9, "pond": 0.1, "pit": 0.0}
    )
    assert learned.believed(rules_say, {}, MODEL) is rules_say
    assert learned.believed(rules_say, {}, None) is rules_say


# --- in the detector --------------------------------------------------------------


@pytest.fixture(scope="module")
def elsewhere(model: Model) -> tuple[dict[int, Finding], dict[int, Finding]]:
    """A village the model never saw, by the rules alone and with the model."""
    stack = village.build(became(77), 77)
    alone = detect.find(stack, village.PERIODS, RULES.detection)
    both = detect.find(stack, village.PERIODS, RULES.detection, model)
    return tuple({patch.row: patch for patch in found.patches} for found in (alone, both))


def test_weeds_that_the_rules_list_are_learnt_to_be_left_out(elsewhere) -> None:
    alone, both = elsewhere
    weeds = {row for row, kind in enumerate(PLAN) if kind not in TRUE}
    true = {row for row, kind in enumerate(PLAN) if kind in TRUE}
    assert len(weeds & set(alone)) >= 5
    assert len(weeds & set(both)) <= 1
    assert len(true & set(both)) >= len(true & set(alone)) - 1


def test_looks_days_and_kinds_are_demanded_as_before(elsewhere) -> None:
    need = RULES.detection
    confirmed = [patch for patch in elsewhere[1].values() if patch.stage == "confirmed"]
    assert confirmed
    for patch in confirmed:
        assert patch.evidence.confidence >= need.confirmed_confidence
        assert patch.evidence.looks >= need.confirmed_looks
        assert patch.evidence.days >= need.confirmed_days
        assert len(patch.kinds) >= 2


def test_covers_come_from_the_model(elsewhere) -> None:
    for row, patch in elsewhere[1].items():
        if PLAN[row : row + 1] and PLAN[row] in TRUE:
            assert patch.cover == PLAN[row]
            assert sum(patch.believed.values()) == pytest.approx(1.0)


# --- what does not fit ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "english", "chinese"),
    [
        (replace(MODEL, rules="generic@1"), "of the rules generic@1, not of cn@", "规则 generic@1"),
        (
            replace(MODEL, confirmer=weights(("peak", "moon"), (-1.0, 0.5), ())),
            "rests on moon",
            "moon 在本版本中不存在",
        ),
        (replace(MODEL, covers=weights(("blue", "peak"), (1.0, 1.0), ())), "peak", "peak"),
        (replace(MODEL, covers=weights(("blue", "swir"), (1.0, 1.0), ())), "false, true", "false"),
    ],
    ids=["rules", "numbers", "numbers of covers", "covers"],
)
def test_a_model_of_something_else_is_refused(wrong: Model, english: str, chinese: str) -> None:
    with pytest.raises(UnusableInput) as told:
        learned.check(wrong, "m.json", rules.load("cn"))
    assert english in told.value.english
    assert chinese in told.value.chinese


def test_a_fitting_model_passes(model: Model) -> None:
    learned.check(MODEL, "m.json", rules.load("cn"))
    learned.check(model, "m.json", rules.load("cn"))
