"""The picture of a model: shares and scores are those of its validation."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from farmland.report.plots import trust


def scored(auc, bins):
    at = {"threshold": 0.9, "called": 3, "precision": None, "recall": 0.5}
    keys = ("from", "to", "cases", "foretold", "true")
    return {"auc": auc, "brier": 0.1, "at": [at],
            "reliability": [dict(zip(keys, each, strict=True)) for each in bins]}  # fmt: skip


LEARNED = [(0, 0.2, 40, 0.1, 0.05), (0.8, 1, 10, 0.9, 0.8)]
RULES = [(0.4, 0.6, 50, 0.5, 0.2)]


@pytest.fixture
def model():
    told = {"learned": scored(0.9, LEARNED), "rules": scored(0.8, RULES)}
    training = SimpleNamespace(cases=50, agreed=20, blocks=5, block_km=10.0, validation=told)
    return SimpleNamespace(training=training)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_points_are_the_bins(model, language):
    plate, (square, scores) = trust.draw(model, language)
    for name, bins in (("learned", LEARNED), ("rules", RULES)):
        (line,) = [line for line in square.lines if line.get_gid() == name]
        assert list(line.get_ydata()) == [each[4] for each in bins]
        assert list(line.get_xdata()) == pytest.approx([each[3] for each in bins], abs=0.01)
        values = [line.get_xdata()[0] for line in scores.lines if line.get_gid() == name]
        assert values == [0.9 if name == "learned" else 0.8, 0.1, 0.5]
    assert plate.png().startswith(b"\x89PNG")


def test_an_interval_worked_by_hand():
    low, high = trust.interval(0.8, 10)  # Brown, Cai and DasGupta 2001, table of Wilson intervals
    assert (low, high) == pytest.approx((0.4902, 0.9433), abs=2e-4)
    assert trust.interval(1.0, 5)[1] == 1.0
    assert trust.interval(0.0, 5)[0] == 0.0
