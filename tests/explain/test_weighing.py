"""Each number of a verdict is told with its words, what decides, and on which side it speaks."""

from __future__ import annotations

import math
from dataclasses import replace

import by_hand
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland import rules
from farmland.detect import evidence, learned
from farmland.detect.evidence import KINDS, WEIGHED
from farmland.explanation import weighing, words
from farmland.result import Verdict
from farmland.tables import verdict

RULES = rules.load("cn").detection
SPOKEN = ("base", *WEIGHED, learned.LEARNED)


def told(**numbers: float) -> Verdict:
    weighed = replace(by_hand.EVIDENCE, **numbers)
    return verdict.of(by_hand.finding(evidence=weighed), RULES)


@pytest.mark.parametrize("name", SPOKEN)
def test_every_number_has_words_in_both_languages(name: str) -> None:
    for said in (words.of_test(name), words.in_short(name)):
        assert said.en != name or name in {"novelty", "lasting"}
        assert said.en.isascii()
        assert not said.zh.isascii()


def test_no_two_numbers_are_called_alike() -> None:
    for language in ("en", "zh"):
        for called in (words.of_test, words.in_short):
            said = [called(name).text(language) for name in SPOKEN if name != "base"]
            assert len(set(said)) == len(said)


def test_every_number_has_words_of_its_own_both_long_and_short() -> None:
    assert set(SPOKEN) <= set(words.TESTS)
    assert {*SPOKEN, "confidence", "looks", "days", "kinds"} - {"base"} <= set(words.SHORT)
    assert set(words.FALLING) <= set(words.TESTS)


def test_a_verdict_holds_every_number_with_what_decides() -> None:
    tests = {test.name: test for test in told().tests}
    assert [name for name in tests if tests[name].odds is not None] == ["base", *WEIGHED]
    for name in WEIGHED:
        assert tests[name].value == getattr(by_hand.EVIDENCE, name)
        assert tests[name].threshold == evidence.neutral(getattr(RULES, f"odds_{name}"))
        assert tests[name].odds == by_hand.ODDS[name]
    assert tests["base"].value is tests["base"].threshold is None
    odds = sum(test.odds for test in tests.values() if test.odds is not None)
    assert 1 / (1 + math.exp(-odds)) == pytest.approx(tests["confidence"].value, abs=1e-3)
    assert tests["kinds"].value == len(KINDS)


def test_what_cannot_be_judged_is_not_known() -> None:
    tests = {test.name: test for test in told(rest=math.nan, colour=math.nan).tests}
    assert tests["rest"].value is tests["colour"].value is None
    assert tests["rest"].threshold is not None


@given(st.sampled_from(WEIGHED), st.floats(-1, 100))
def test_a_number_on_the_side_that_is_shown_speaks_for_a_change(name: str, value: float) -> None:
    """What the column says is what the curve does."""
    curve = getattr(RULES, f"odds_{name}")
    row = weighing._row(next(test for test in told().tests if test.name == name), "en")
    sign, threshold = row[2].split()
    middle = evidence.neutral(curve)
    assert threshold == f"{middle:.2f}"
    worth = evidence.worth(value, curve)
    if (value < middle) == (sign == "<"):
        assert worth >= -0.02
    else:
        assert worth <= 0.02


@pytest.mark.parametrize("language", ["en", "zh"])
def test_lines_tell_all_that_was_weighed(language: str) -> None:
    text = "\n".join(weighing.lines(told(rest=math.nan), words.NEEDED, language))
    for name in ("base", *WEIGHED):
        assert words.of_test(name).text(language) in text
        assert f"{by_hand.ODDS[name]:+.1f}" in text
    assert "–" in text
    moved = text.split(words.MOVED.text(language))[1].splitlines()[0]
    assert words.in_short("inner").text(language) in moved
