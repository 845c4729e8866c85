"""Each test of a patch with its number, what decides, and what it added to the confidence."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from farmland.detect import evidence, learned
from farmland.detect.evidence import Evidence
from farmland.detect.findings import Dismissed, Finding
from farmland.result import Dismissal, Test, Verdict
from farmland.rules.detection import Detection


def of(finding: Finding, rules: Detection) -> Verdict:
    """Account for one patch."""
    weighed = finding.evidence
    conditions = (
        Test("confidence", weighed.confidence, rules.confirmed_confidence, None),
        Test("looks", weighed.looks, rules.confirmed_looks, None),
        Test("days", weighed.days, rules.confirmed_days, None),
        Test("kinds", len(finding.kinds), 2, None),
    )
    return Verdict(
        tests=(*_odds(weighed, rules), *conditions),
        numbers=_numbers(weighed, finding.ground),
        kinds=finding.kinds,
        believed={name: round(share, 4) for name, share in finding.believed.items()},
    )


def of_dismissed(
    patches: Iterable[Dismissed], names: Sequence[str], rules: Detection
) -> tuple[Dismissal, ...]:
    """Account for the strongest dismissed patch of each parcel; ``names`` by input row."""
    strongest: dict[int, Dismissed] = {}
    for patch in patches:
        known = strongest.get(patch.row)
        if known is None or patch.evidence.confidence > known.evidence.confidence:
            strongest[patch.row] = patch
    return tuple(_dismissal(strongest[row], names[row], rules) for row in sorted(strongest))


def _dismissal(patch: Dismissed, name: str, rules: Detection) -> Dismissal:
    """Account for one patch that is not listed."""
    weighed = patch.evidence
    conditions = (
        Test("confidence", weighed.confidence, rules.listed_confidence, None),
        Test("looks", weighed.looks, rules.candidate_looks, None),
        Test("days", weighed.days, rules.candidate_days, None),
    )
    said = Verdict((*_odds(weighed, rules), *conditions), _numbers(weighed, {}), (), {})
    return Dismissal(name, patch.pixels, str(patch.since), said)


def _numbers(weighed: Evidence, ground: Mapping[str, float]) -> dict[str, float | None]:
    """What the tests were reckoned from, and what can be learnt from."""
    numbers = {**learned.of_change(weighed), **ground}
    return {name: _known(value) for name, value in numbers.items()}


def _odds(weighed: Evidence, rules: Detection) -> tuple[Test, ...]:
    """What adds up to the confidence: everything that was weighed, in its order."""
    tests = []
    for name, odds in weighed.odds.items():
        value, threshold = weighed.more.get(name, math.nan), math.nan
        if name in evidence.WEIGHED and not weighed.more:
            value = float(getattr(weighed, name))
            threshold = _neutral(getattr(rules, f"odds_{name}"))
        # + 0.0: no negative zero
        tests.append(Test(name, _known(value), _known(threshold), float(odds) + 0.0))
    return tuple(tests)


@lru_cache(maxsize=64)
def _neutral(curve: tuple[tuple[float, float], ...]) -> float:
    """As :func:`evidence.neutral`, of which there are as many as rules."""
    return evidence.neutral(curve)


def _known(value: float) -> float | None:
    """A number, or None where it could not be judged."""
    return None if math.isnan(value) else float(value)
