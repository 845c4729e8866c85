"""Each test of a patch with its number, what decides, and what it added to the confidence.

The odds are those that :mod:`farmland.detect.evidence` adds up: a test of ours checks that they
give the confidence of the patch.
"""

from __future__ import annotations

import math

from farmland.detect import evidence
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


def _odds(weighed: evidence.Evidence, rules: Detection) -> tuple[Test, ...]:
    """What adds up to the confidence."""
    season = evidence.season_odds(weighed.missed, weighed.days, rules)
    rest = evidence.rest_odds(weighed.rest, rules)
    bare = evidence.bare_odds(weighed.peak, rules)
    rim = -rules.rim_most * (1 - weighed.inner)
    return (
        Test("base", None, None, rules.odds_base),
        Test("novelty", _known(weighed.novelty), rules.novel, weighed.strange),
        Test("season", _known(weighed.missed), 0.0, season),
        Test("rest", _known(weighed.rest), 0.0, rest),
        Test("bareness", _known(weighed.peak), rules.bare, bare),
        Test("rim", weighed.inner, 1.0, rim),
    )


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
