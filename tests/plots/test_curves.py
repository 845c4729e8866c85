"""Curves of indices: what is drawn of a table, against the table."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland.report.plots import curves
from farmland.report.plots.curves import Gathered

HOSTILE = "$a_{b$ <b>x</b>\u202e\n黄河\ue000 \\frac{"


def rows_of(parcels, looks, seed=3, names=("ndvi",)):
    """A table of indices: every parcel every few days, with gaps and half-clear looks."""
    random = np.random.default_rng(seed)
    for parcel in range(parcels):
        for look in range(looks):
            day = date(2023, 1, 3) + timedelta(days=5 * look + parcel % 2)
            clear = float(random.choice([0, 20, 60, 100]))
            values = [round(random.uniform(-0.1, 0.9), 4) if clear else None for _ in names]
            yield f"F{parcel:03d}", day, tuple(values), clear, 100.0, 100.0, False


def gathered(rows, names=("ndvi",)):
    held = Gathered(names, tuple(dict.fromkeys(row[0] for row in rows)))
    assert list(held.passing(rows)) == rows
    return held


def oracle(rows):
    """Quantiles of the means of parcels by ten days, with pandas."""
    frame = pd.DataFrame(
        [(row[0], row[1], row[2][0]) for row in rows if row[3] >= 50 and row[2][0] is not None],
        columns=["parcel", "day", "value"],
    )
    frame["dekad"] = (pd.to_datetime(frame["day"]) - pd.Timestamp("1970-01-01")).dt.days // 10
    means = frame.groupby(["dekad", "parcel"])["value"].mean()
    counts = means.groupby("dekad").size()
    kept = counts[counts >= counts.median() / 2].index
    grouped = means.groupby("dekad")
    shares = (0.1, 0.25, 0.5, 0.75, 0.9)
    return pd.concat([grouped.quantile(share) for share in shares], axis=1).loc[kept]


@given(st.integers(5, 30), st.integers(3, 20), st.integers(0, 99))
def test_the_fan_is_that_of_the_table(parcels, looks, seed):
    rows = list(rows_of(parcels, looks, seed))
    days, quantiles = curves.fan(gathered(rows), 0)
    expected = oracle(rows)
    assert (days.astype(np.int64) // 10).tolist() == expected.index.tolist()
    assert np.allclose(quantiles.T, expected.to_numpy())


def test_lines_of_examples_are_rows_of_the_table():
    rows = list(rows_of(30, 20, names=("ndvi", "lswi")))
    held = gathered(rows, ("ndvi", "lswi"))
    shown = curves.examples(held)
    _, panels = curves.draw(held, "", "en")
    assert len(panels) == 2
    assert len(set(shown)) == 3
    for index, axes in enumerate(panels):
        lines = {line.get_gid(): line for line in axes.lines if line.get_gid() in shown}
        assert list(lines) == shown
        for name, line in lines.items():
            table = [(row[1], row[2][index]) for row in rows if row[0] == name and row[3] >= 50]
            assert list(zip(line.get_xdata(), line.get_ydata(), strict=True)) == table


def test_few_parcels_have_a_line_each_and_no_band():
    rows = list(rows_of(3, 10))
    held = gathered(rows)
    _, (axes,) = curves.draw(held, "", "en")
    assert not axes.collections
    assert sorted(line.get_gid() for line in axes.lines) == ["F000", "F001", "F002"]


def test_of_many_parcels_some_are_kept():
    rows = [(f"F{n}", date(2023, 1, 1), (0.5,), 1.0, 1.0, 1.0, False) for n in range(4500)]
    held = gathered(rows)
    assert len(held.days) == 1500
    assert "4,500 个地块中的 1,500 个" in curves._said(held, "", "zh")[1]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_hostile_name_stays_text(language):
    rows = [(HOSTILE, *row[1:]) if row[0] == "F000" else row for row in rows_of(2, 8)]
    plate, _ = curves.draw(gathered(rows), "$source$", language)
    plate.png()
    labels = [text.get_text() for text in plate.figure.legends[0].get_texts()]
    assert labels[0].startswith("$a_{b$ <b>x</b> 黄河") or labels[0].startswith("$a_{b$ <b>x</b> ")
    assert not any(text.get_parse_math() for text in plate.figure.legends[0].get_texts())
    assert not any(text.get_parse_math() for text in plate.figure.texts)


def test_a_table_without_a_clear_look_is_an_empty_picture():
    rows = [(row[0], row[1], (None,), 0.0, 1.0, 1.0, True) for row in rows_of(8, 4)]
    assert curves.picture(gathered(rows), "", "en").startswith(b"\x89PNG")
