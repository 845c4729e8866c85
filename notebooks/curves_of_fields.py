# %% [markdown]
# # Curves of fields
#
# What did a field do all year, between the clouds? Looks are days with gaps; this notebook lays
# curves through them: smooth ones to look at, seasons to compare, and charts that watch for a
# break as looks come in. `farmland detect` uses none of it (why stands in `docs/curves.md`): this
# is for your own questions, on the bundled sample.

# %%
import warnings
from pathlib import Path

import geopandas as gpd
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.dates import ConciseDateFormatter, MonthLocator, date2num

from farmland import curves, flow, rules
from farmland.flow import cube
from farmland.flow.example import plan as demonstration
from farmland.flow.radiance import settle
from farmland.kernels.monitoring import BROKEN, TOO_FEW, UNSTABLE, WATCHED
from farmland.periods import Period
from farmland.simulate import sample_folder
from farmland.tiling import tiles

SAMPLE = sample_folder()
WATCH = np.datetime64("2023-07-01")

warnings.filterwarnings("ignore", message=".* scenes ")  # which scenes are set aside


def quiet(stage: str, done: int, total: int) -> None:
    """Say nothing about progress."""


plan = demonstration(Path("farmland-demo"))

# %% [markdown]
# ## 1 · NDVI of every parcel
#
# One row for each look, one column for each parcel, NaN where the parcel was not seen. More than
# half is cloud.

# %%
record = flow.ndvi(plan, Period.parse("2015-06/2030"), quiet)
days = np.array([look.day for look in record.looks], "datetime64[D]")
ndvi = np.full((days.size, len(record.parcel_ids)), np.nan)
for table in record.tables:
    ndvi[:, table.rows] = table.means[0]
truth = gpd.read_file(SAMPLE / "truth.gpkg", layer="truth").set_index("parcel_id")
cover = truth["cover"].reindex(record.parcel_ids).fillna("unchanged").to_numpy()
print(f"{days.size} looks at {ndvi.shape[1]} parcels, {np.isnan(ndvi).mean():.0%} unseen")

# %% [markdown]
# ## 2 · Smooth, fit, watch
#
# - *Smooth*: Whittaker's curve every ten days; a stray look (a thin cloud) loses its say.
# - *Fit*: two waves of a year through the looks before July 2023. Two years are too short for a
#   trend: it would be carried on into the third.
# - *Watch*: the looks since then one by one, by the cumulative sum of what the waves leave over.

# %%
past = days < WATCH
season = curves.Season(WATCH, trend=False)
line = curves.smoothed(ndvi, days, every=10, robust=True)
chart = curves.monitored(ndvi, days, WATCH, test="cusum", season=season)
expected = chart.fit.expected(line.days)

# %% [markdown]
# Four fields: one that stayed, and three that did not. Dots are looks; the grey band is where the
# waves of the first two years lead one to expect them, two standard deviations each way.

# %%
wanted = ["unchanged", "solar", "pond", "abandoned"]
long = np.isfinite(ndvi[past]).sum(axis=0)
told = chart.status == BROKEN
half_years = MonthLocator((1, 7))
figure, axes = plt.subplots(2, 2, figsize=(11, 6), sharex=True, sharey=True)
for axis, name in zip(axes.flat, wanted, strict=True):
    fits = (cover == name) & (told != (name == "unchanged")) & (chart.status != TOO_FEW)
    field = np.flatnonzero(fits)[np.argmax(long[fits])]
    spread = 2 * chart.fit.sigma[field]
    middle = expected[:, field]
    axis.fill_between(line.days, middle - spread, middle + spread, color="0.85", linewidth=0)
    axis.plot(line.days, line.ndvi[:, field], color="#2c7a3f", linewidth=1.6)
    axis.plot(days, ndvi[:, field], "o", color="black", markersize=2.6)
    axis.axvline(date2num(WATCH), color="0.5", linewidth=0.8, linestyle="--")
    note = "no break"
    if told[field]:
        axis.axvline(date2num(chart.since[field]), color="#c0392b", linewidth=1.4)
        note = f"limit crossed {chart.since[field]}"
    axis.set_title(f"{name}: {note}", loc="left", fontsize=10)
    axis.set_ylim(-0.05, 1.0)
    axis.xaxis.set_major_locator(half_years)
    axis.xaxis.set_major_formatter(ConciseDateFormatter(half_years))
    axis.spines[["top", "right"]].set_visible(False)
axes[0, 0].set_ylabel("NDVI")
axes[1, 0].set_ylabel("NDVI")
handles = [
    plt.Line2D([], [], marker="o", color="black", linestyle="", markersize=3, label="look"),
    plt.Line2D([], [], color="#2c7a3f", label="smoothed"),
    plt.Rectangle((0, 0), 1, 1, color="0.85", label="expected from two years"),
    plt.Line2D([], [], color="0.5", linestyle="--", label="watched from here"),
    plt.Line2D([], [], color="#c0392b", label="limit crossed"),
]
figure.legend(handles=handles, ncols=5, loc="lower center", frameon=False, fontsize=9)
figure.tight_layout(rect=(0, 0.05, 1, 1))

# %% [markdown]
# ## 3 · How far can it be trusted?
#
# The sample is simulated, so the truth is known. A chart says that a field left its seasons, not
# that it left grain: a rotation does so too, and what is cleared in winter, when fields are bare
# anyway, stays inside for months. `farmland detect` asks other questions, and more of them.

# %%
names = {WATCHED: "no break", BROKEN: "break", UNSTABLE: "unstable", TOO_FEW: "too few looks"}
late = truth["onset"].reindex(record.parcel_ids).to_numpy("datetime64[D]") >= WATCH
group = np.where(cover == "unchanged", "unchanged", np.where(late, "changed", "changed before"))
pd.crosstab(pd.Series(group, name=""), pd.Series(chart.status, name="").map(names))

# %% [markdown]
# The next look needs the chart only, not the years behind it:

# %%
early = curves.monitored(ndvi[:-1], days[:-1], WATCH, test="cusum", season=season)
now = curves.followed(early, ndvi[-1], days[-1])
np.array_equal(now.process, chart.process, equal_nan=True)

# %% [markdown]
# ## 4 · Every pixel of a village
#
# The same functions take a tile of pixels. How strong the seasons are tells crops from trees,
# roads and water; where they were left, and when, is the shape of what was built.

# %%
parcels = flow.read_parcels(plan).frame
placed = {one.row: one for one in tiles.place(parcels.geometry)}
changed = np.flatnonzero((group == "changed") & told & np.isin(cover, ("solar", "earthwork")))
largest = changed[np.argmax(parcels.geometry.to_crs(6933).area.to_numpy()[changed])]
crs, box = placed[largest].crs, placed[largest].window.padded(30)
offsets = settle(
    [scene for look in record.looks for scene in look.scenes],
    plan, rules.load(plan.rules).radiometry, quiet,
).counts  # fmt: skip
tile = cube.read(record.looks, flow.how(plan, offsets, ("red", "nir")), crs, box)
pixels = cube.ndvi(tile).compute()
fitted = cube.harmonics(pixels.sel(time=slice(None, WATCH)), method="robust")
swing = np.hypot(*fitted["coefficients"].to_numpy()[2:4])
watched = curves.monitored(
    pixels.to_numpy(), pixels["time"].to_numpy(), WATCH, test="cusum", season=season
)

# %%
left, bottom, right, top = box.bounds
extent = (left, right, bottom, top)
when = np.where(np.isnat(watched.since), np.nan, date2num(watched.since))
green = cube.smoothed(pixels, robust=True).sel(time="2023-08-20", method="nearest")
shown = parcels.to_crs(crs).cx[left:right, bottom:top]
became = truth[~truth["changed_before"]].to_crs(crs).cx[left:right, bottom:top]
figure, axes = plt.subplots(1, 3, figsize=(13, 3.9))
pictures = (
    (green, "Greens", (0, 0.9), "NDVI of 20 August 2023, smoothed"),
    (swing, "viridis", (0, 0.4), "swing of the year before July 2023"),
    (when, "inferno", (date2num(WATCH), date2num(days[-1])), "since when it left its seasons"),
)
for axis, (values, colours, limits, title) in zip(axes, pictures, strict=True):
    image = axis.imshow(values, cmap=colours, vmin=limits[0], vmax=limits[1], extent=extent)
    shown.boundary.plot(ax=axis, color="0.6", linewidth=0.5)
    became.boundary.plot(ax=axis, color="#c0392b", linewidth=1.2)
    bar = figure.colorbar(image, ax=axis, fraction=0.04, pad=0.02)
    if values is when:
        locator = MonthLocator(interval=3)
        bar.ax.yaxis.set_major_locator(locator)
        bar.ax.yaxis.set_major_formatter(ConciseDateFormatter(locator))
    axis.set_xlim(left, right)
    axis.set_ylim(bottom, top)
    axis.set_title(title, fontsize=10, loc="left")
    axis.set_axis_off()
figure.text(0.01, 0.02, "red: what truly changed since then", color="#c0392b", fontsize=9)
figure.tight_layout()
