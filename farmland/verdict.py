"""Each test of a patch with its number, what decides, and what it added to the confidence."""

from __future__ import annotations

import math

from farmland.detect.evidence import Evidence
from farmland.detect.findings import Finding
from farmland.result import Test, Verdict
from farmland.rules.detection import Detection


def of(finding: Finding, rules: Detection) -> Verdict:
    """Account for one patch."""
    weighed = finding.evidence
    numbers = {
        "peak": weighed.peak,
        "own_peak": weighed.own_peak,
        "neighbours_peak": weighed.neighbours_peak,
    }
    return Verdict(
        tests=(*_odds(weighed, rules), *_conditions(finding, rules)),
        numbers={name: _known(value) for name, value in numbers.items()},
        kinds=finding.kinds,
        believed={name: round(share, 4) for name, share in finding.believed.items()},
    )


def _odds(weighed: Evidence, rules: Detection) -> tuple[Test, ...]:
    """What adds up to the confidence: everything that was weighed, in its order."""
    measured = {
        "novelty": (weighed.novelty, rules.novel),
        "season": (weighed.missed, 0.0),
        "rest": (weighed.rest, 0.0),
        "bareness": (weighed.peak, rules.bare),
        "rim": (weighed.inner, 1.0),
    }
    tests = []
    for name, odds in weighed.odds.items():
        value, threshold = measured.get(name, (math.nan, math.nan))
        # + 0.0: no negative zero
        tests.append(Test(name, _known(value), _known(threshold), float(odds) + 0.0))
    return tuple(tests)


def _conditions(finding: Finding, rules: Detection) -> tuple[Test, ...]:
    """What else a confirmation needs."""
    weighed = finding.evidence
    return (
        Test("confidence", weighed.confidence, rules.confirmed_confidence, None),
        Test("looks", weighed.looks, rules.confirmed_looks, None),
        Test("days", weighed.days, rules.confirmed_days, None),
        Test("kinds", len(finding.kinds), 2, None),
    )


def _known(value: float) -> float | None:
    """A number, or None where it could not be judged."""
    return None if math.isnan(value) else float(value)
