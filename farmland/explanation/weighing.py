"""The tests of one patch as lines of text: each number, what moved the verdict, what it needs."""

from __future__ import annotations

from collections.abc import Iterator

from farmland import layers
from farmland.columns import table, wrapped
from farmland.explanation import total
from farmland.explanation import words as w
from farmland.result import Test, Verdict
from farmland.rules import Words

BAR, LONGEST = 1.6, 10
"""Characters of a bar for one unit of log odds, and of the longest bar."""

LIKELY = 0.05
"""Belief from which a cover is named."""


def lines(verdict: Verdict, needed: Words, language: str) -> Iterator[str]:
    """Tell a verdict; ``needed`` introduces its plain conditions."""
    heads = [head.text(language) for head in w.TEST_HEADS]
    rows = [_row(test, language) for test in verdict.tests if test.odds is not None]
    together = (w.SUM.text(language), "", "", f"{total(verdict):+.1f}", "")
    yield table(heads, [*rows, together])
    yield ""
    yield _listed(w.MOVED, _moved(verdict, language), language)
    conditions = [_condition(test, language) for test in verdict.tests if test.odds is None]
    yield _listed(needed, conditions, language)
    peaks = [
        f"{label.text(language)} {show(verdict.numbers[name], 2)}"
        for name, label in w.NUMBERS.items()
    ]
    yield _listed(w.PEAKS, peaks, language)
    likely = [
        f"{layers.words('conversions', 'cover', name).text(language)} {share:.0%}"
        for name, share in sorted(verdict.believed.items(), key=lambda pair: -pair[1])
        if share >= LIKELY
    ]
    if likely:
        yield _listed(w.LIKE, likely, language)


def show(value: float | None, places: int) -> str:
    """A number as people read it; a dash where it is not known."""
    return "–" if value is None else f"{value:.{places}f}"


def _row(test: Test, language: str) -> tuple[str, str, str, str, str]:
    """What was tested, its number, what decides, what it added."""
    odds = test.odds or 0.0
    bar = ("█" if odds > 0 else "░") * min(LONGEST, round(abs(odds) * BAR))
    sign = "<" if test.name in w.FALLING else ">"
    decides = f"{sign} {test.threshold:.2f}" if test.threshold is not None else ""
    value = "" if test.name == "base" else show(test.value, 2)
    return w.of_test(test.name).text(language), value, decides, f"{odds:+.1f}", bar


def _moved(verdict: Verdict, language: str) -> list[str]:
    """The two tests that added or took away most."""
    weighed = [test for test in verdict.tests if test.odds and test.name != "base"]
    weighed.sort(key=lambda test: -abs(test.odds or 0.0))
    return [f"{w.in_short(test.name).text(language)} {test.odds:+.1f}" for test in weighed[:2]]


def _condition(test: Test, language: str) -> str:
    """What has to be met, and whether it was."""
    places = 2 if test.name == "confidence" else 0
    value, threshold = test.value or 0.0, test.threshold or 0.0
    mark = "✓" if value >= threshold else "✗"
    numbers = f"{value:.{places}f} (≥{threshold:.{places}f})"
    return f"{mark} {w.in_short(test.name).text(language)} {numbers}"


def _listed(label: Words, items: list[str], language: str) -> str:
    return wrapped(label.text(language) + ("；" if language == "zh" else "; ").join(items))
