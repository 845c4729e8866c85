# %% [markdown]
# # A county on one page
#
# Which fields stopped being grain land, and how do we know? The same steps that `farmland detect`
# runs, one after the other, on the bundled sample: parcels are a GeoDataFrame, images an xarray
# Dataset, the answer five tables. A finding is a clue for an inspector, never a verdict.

# %%
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import matplotlib.pyplot as plt
import numpy as np

from farmland import flow, palette
from farmland.flow import cube
from farmland.flow.example import plan as demonstration
from farmland.imagery import looks
from farmland.periods import Period
from farmland.tiling import tiles


def quiet(stage: str, done: int, total: int) -> None:
    """Say nothing about progress."""


plan = demonstration(Path("farmland-demo"))

# %% [markdown]
# ## 1 · Parcels
#
# Read once, repaired where that is safe, measured on the ellipsoid. One row per feature, always.

# %%
parcels = flow.read_parcels(plan)
print(f"{len(parcels)} parcels, {parcels.area_m2.sum() / 1e4:.1f} ha, {dict(parcels.faults)}")
parcels.frame.head(3)

# %% [markdown]
# ## 2 · Scenes and looks
#
# A look is one solar day, whoever published it and however often: duplicates and overlapping tiles
# count once.

# %%
scenes = flow.scenes(plan, Period.parse("2015-06/2030"), quiet)
days = looks.group(scenes)
print(
    f"{len(scenes)} scenes, of {len(days)} looks, {len(looks.duplicates(scenes))} published twice"
)

# %% [markdown]
# ## 3 · Detect
#
# One call. `Result` holds five tables; here are the largest of its patches, each with its reason,
# and how it was settled which scenes still carry the offset of baseline 04.00.

# %%
result = flow.detect(plan, quiet)
found = result.conversions.sort_values("area_m2", ascending=False)
for row in found.head(5).itertuples():
    print(f"{row.parcel_id} {row.cover} ({row.stage}, {row.level}): {row.reason}\n")
result.scenes["offset_source"].value_counts()

# %% [markdown]
# Every parcel has a status; outlines are patches. The sample has two areas, one each side of an
# edge between two UTM zones.

# %%
status = result.parcels["status"]
shown = {name: colour for name, colour in palette.PARCELS.items() if (status == name).any()}
areas = result.parcels.representative_point().x > result.parcels.total_bounds[[0, 2]].mean()
figure, axes = plt.subplots(1, 2, figsize=(10, 5))
for axis, side in zip(axes, (~areas, areas), strict=True):
    for name, colour in shown.items():
        members = result.parcels[side & (status == name)]
        if len(members):
            members.plot(ax=axis, color=colour, alpha=0.6)
    inside = result.conversions["parcel_id"].isin(result.parcels.loc[side, "parcel_id"])
    if inside.any():
        result.conversions[inside].boundary.plot(ax=axis, color="black", linewidth=1)
    axis.set_axis_off()
for name, colour in shown.items():
    axes[1].plot([], [], "s", color=colour, label=f"{name} ({(status == name).sum()})")
axes[1].legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
figure.tight_layout()

# %% [markdown]
# ## 4 · Look for yourself
#
# The window around one patch as a cube (time, y, x), and the two days that the row names: what was
# it like before, and what is it now?

# %%
patch = found[found["stage"] == "confirmed"].iloc[0]
changed = np.datetime64(patch.date_to)
(placed,) = tiles.place(gpd.GeoSeries([patch.geometry], crs=found.crs))
window = placed.window.padded(12)
bands = ("red", "green", "blue", "nir")
offsets = result.scenes.dropna(subset=["offset"]).set_index("item_id")["offset"].astype(int)
around = cube.read(days, flow.how(plan, offsets.to_dict(), bands), placed.crs, window).compute()
print(around)

# %%
day_of = {scene.item_id: np.datetime64(scene.solar_day) for scene in scenes}
pair = [around.sel(time=day_of[name]) for name in (patch.scene_before, patch.scene_after)]
left, bottom, right, top = window.bounds
figure, axes = plt.subplots(1, 2, figsize=(8, 4))
for axis, look, title in zip(axes, pair, ("before", "after"), strict=True):
    colours = look[["red", "green", "blue"]].to_dataarray().transpose("y", "x", "variable")
    axis.imshow(np.clip(colours * 4, 0, 1), extent=(left, right, bottom, top))
    gpd.GeoSeries([placed.geometry]).boundary.plot(ax=axis, color="yellow")
    axis.set_title(f"{title}: {str(look['time'].values)[:10]}")
    axis.set_axis_off()
figure.tight_layout()

# %% [markdown]
# ## 5 · The evidence
#
# The patch against its own past and against its neighbours on the same days: both must be left
# behind, for many looks.

# %%
curve = result.evidence[patch.patch_id].curve
figure, axis = plt.subplots(figsize=(9, 3.5))
for low, high, label in (
    (curve.own_low, curve.own_high, "own past, same season"),
    (curve.neighbours_low, curve.neighbours_high, "neighbours, same day"),
):
    axis.fill_between(curve.days, low, high, alpha=0.3, label=label)
axis.plot(curve.days, curve.ndvi, ".-", color="black", linewidth=0.6, label="this patch")
axis.axvspan(np.datetime64(patch.date_from), changed, color="red", alpha=0.3, label="changed")
axis.set_ylabel("NDVI")
axis.set_title(f"{patch.parcel_id}: {patch.cover}")
axis.legend(fontsize=7, ncols=4, loc="lower left")
figure.tight_layout()
print(patch.reason)

# %% [markdown]
# The cube answers any question of your own, pixel by pixel: here how green each year became.

# %%
yearly = cube.ndvi(around).groupby("time.year").max()
grid = yearly.plot(col="year", vmin=0, vmax=0.9, cmap="YlGn", size=2.6, add_labels=False)
for axis in grid.axs.flat:
    axis.set_axis_off()

# %% [markdown]
# ## 6 · Deliver
#
# `flow.deliver(result, "county.gpkg", "en")` writes the styled GeoPackage and the folder beside it.
# Another question is another plan, and step 3 again. What was missed and what was alarmed without
# cause on this very sample: `where_it_fails.py`.

# %%
replace(plan, rules="generic")
