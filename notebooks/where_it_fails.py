# %% [markdown]
# # Where it fails
#
# What was missed, what was alarmed without cause, and would you have seen it? The bundled sample is
# simulated, so the truth is known: here are all its failures, none left out. How often each kind
# happens on larger counties stands in `docs/failing.md`.

# %%
import warnings
from pathlib import Path

import geopandas as gpd
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.dates import ConciseDateFormatter, MonthLocator

from farmland import flow, rules
from farmland.explanation.words import in_short
from farmland.flow.example import plan as demonstration
from farmland.result import NO_NDVI
from farmland.simulate import sample_folder

SAMPLE = sample_folder()
GREEN, RED, GREY = "#2c7a3f", "#c0392b", "0.82"

warnings.filterwarnings("ignore", message=".* scenes ")  # which scenes are set aside


def quiet(stage: str, done: int, total: int) -> None:
    """Say nothing about progress."""


plan = demonstration(Path("farmland-demo"))
result = flow.detect(plan, quiet)
truth = gpd.read_file(SAMPLE / "truth.gpkg", layer="truth").set_index("parcel_id")
parcels = result.parcels.set_index("parcel_id")

# %% [markdown]
# ## 1 · What was told of what happened
#
# A true change is *listed*, or its parcel is *too small* to be judged and says so, or it was
# *missed*: the parcel is called stable.

# %%
listed = truth.index.isin(result.conversions["parcel_id"])
small = parcels["status"].reindex(truth.index) == "too_small"
told = np.select([listed, small], ["listed", "too small"], "missed")
counts = pd.crosstab(truth["cover"], told)[["listed", "too small", "missed"]]
counts = counts.loc[(counts["listed"] / counts.sum(axis=1)).sort_values().index]
figure, axis = plt.subplots(figsize=(7, 4))
left = np.zeros(len(counts))
for name, colour in zip(counts, (GREEN, GREY, RED), strict=True):
    axis.barh(counts.index, counts[name], left=left, color=colour, label=name)
    left += counts[name].to_numpy()
axis.set_xlabel("true changes")
axis.xaxis.get_major_locator().set_params(integer=True)
axis.legend(frameon=False, loc="lower right")
axis.spines[["top", "right"]].set_visible(False)
figure.tight_layout()

# %% [markdown]
# ## 2 · Would you have seen it?
#
# The missed ones: dots are the parcel's clear looks, the grey band the middle half of the fields
# around on the same days, the line the day on which the change began. Young trees, turf and weeds
# are as green as what they replace; so is the grass between panels.

# %%
days = result.series.days
ndvi = np.where(result.series.ndvi == NO_NDVI, np.nan, result.series.ndvi / 1e4)
rows = {name: row for row, name in enumerate(result.parcels["parcel_id"])}
missed = truth[told == "missed"].sort_values("onset")


def curve(axis: plt.Axes, parcel_id: str) -> None:
    """Draw the looks of one parcel over those of the fields around."""
    row = rows[parcel_id]
    around = ndvi[result.series.cell == result.series.cell[row]]
    seen = np.isfinite(around).sum(axis=0) > 5
    low, high = np.nanquantile(around[:, seen], [0.25, 0.75], axis=0)
    axis.fill_between(days[seen], low, high, color=GREY, linewidth=0, label="fields around")
    axis.plot(days, ndvi[row], "o", color="black", markersize=2.6, label="this parcel")
    axis.set_ylim(-0.05, 1)
    axis.set_xlim(np.datetime64("2022-07-01"), days[-1])
    locator = MonthLocator((1, 7))
    axis.xaxis.set_major_locator(locator)
    axis.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axis.spines[["top", "right"]].set_visible(False)


figure, axes = plt.subplots(2, 4, figsize=(13, 5.4), sharex=True, sharey=True)
for axis, change in zip(axes.flat, missed.itertuples(), strict=False):
    curve(axis, change.Index)
    axis.axvline(pd.Timestamp(change.onset), color=RED, linewidth=1.4, label="truly changed")
    age = (days[-1] - np.datetime64(change.onset, "D")).astype(int)
    axis.set_title(f"{change.cover}, {change.area_m2:,.0f} m², {age} days", loc="left", fontsize=9)
for axis in axes.flat[len(missed) :]:
    axis.set_axis_off()
axes[0, 0].set_ylabel("NDVI")
axes[1, 0].set_ylabel("NDVI")
handles, names = axes[0, 0].get_legend_handles_labels()
axes[1, 3].legend(handles, names, loc="center", frameon=False)
figure.tight_layout()
parcels.loc[missed.index, ["status", "reason"]]

# %% [markdown]
# ## 3 · What held them back
#
# Some were weighed and found too light. Each bar is what one test added for (right) or against
# (left) a change, in log odds; all together, with the odds before any evidence, must reach the
# least confidence of a clue.

# %%
least = rules.load(plan.rules).detection.listed_confidence
print(f"listed from {np.log(least / (1 - least)):+.1f} on, a confidence of {least:g}")
weighed = [each for each in result.dismissed if each.parcel_id in missed.index][:3]
figure, axes = plt.subplots(1, max(len(weighed), 1), figsize=(13, 4), sharey=True, squeeze=False)
for axis, each in zip(axes.flat, weighed, strict=False):
    tests = [test for test in each.verdict.tests if test.odds is not None]
    odds = [test.odds for test in tests]
    axis.barh(
        [in_short(test.name).en for test in tests],
        odds,
        color=[GREEN if odd > 0 else RED for odd in odds],
    )
    axis.set_title(f"{truth['cover'][each.parcel_id]}: {sum(odds):+.1f} together", loc="left")
    axis.invert_yaxis()
    axis.axvline(0, color="black", linewidth=0.6)
    axis.spines[["top", "right"]].set_visible(False)
figure.tight_layout()

# %% [markdown]
# ## 4 · Alarmed without cause
#
# Patches in parcels in which nothing was truly converted. Level and stage are the warning: a
# candidate is to be looked at, not believed.

# %%
decoys = gpd.read_file(SAMPLE / "truth.gpkg", layer="decoys")
found = result.conversions
wrong = found[~found["parcel_id"].isin(truth.index)]
figure, axes = plt.subplots(1, max(len(wrong), 1), figsize=(8, 3.2), squeeze=False)
for axis, patch in zip(axes.flat, wrong.itertuples(), strict=False):
    curve(axis, patch.parcel_id)
    axis.axvspan(patch.date_from, patch.date_to, color=RED, alpha=0.25, label="said to change")
    axis.set_title(f"{patch.cover} ({patch.stage}, {patch.level})", loc="left")
    axis.set_ylabel("NDVI")
    axis.legend(frameon=False, fontsize=8, ncols=3)
figure.tight_layout()
for patch in wrong.itertuples():
    print(patch.reason, end="\n\n")
decoys.loc[decoys["parcel_id"].isin(wrong["parcel_id"]), ["decoy", "from", "to"]]

# %% [markdown]
# ## 5 · What helps
#
# Time, above all: most of what was missed began a few months ago, and the next season tells. Run
# again, look at `watched` in the reasons of `stable` parcels, and settle the doubtful ones with an
# image of finer pixels or a visit (`farmland report --budget`).
