# %% [markdown]
# # Statistics of parcels, pixel shares and all
#
# How green was each field, how even, and what lay on it? `zonal.statistics` takes parcels and any
# raster or cube, and weighs every pixel by how much of it a parcel covers: in small fields half of
# the pixels lie on an edge, and asking for pixel centres alone can move a mean by some hundredths.

# %%
import matplotlib.pyplot as plt
import numpy as np
import rasterio
from matplotlib.dates import ConciseDateFormatter
from shapely import contains_xy

from farmland import flow, rules, zonal
from farmland.flow import cube, radiance
from farmland.grid import Window
from farmland.imagery import looks
from farmland.periods import Period
from farmland.plan import Plan
from farmland.scene import SCL
from farmland.simulate import sample_folder
from farmland.tiling import sheets


def quiet(stage: str, done: int, total: int) -> None:
    """Say nothing about progress."""


SAMPLE = sample_folder()
plan = Plan(
    parcels=str(SAMPLE / "parcels.gpkg"), catalog=str(SAMPLE / "catalog.json"), offline=True
)

# %% [markdown]
# ## 1 · Parcels and a cube
#
# The fields of one UTM zone, and every look of a summer around them: lazy until a value is asked
# for, NaN where there is a cloud.

# %%
parcels = flow.read_parcels(plan).frame
zone = sheets.zones(parcels.geometry)[0]
fields = parcels.iloc[zone.rows].to_crs(zone.crs).set_index("parcel_id")
scenes = flow.scenes(plan, Period.parse("2023-05/2023-09"), quiet)
days = looks.group(scenes)
settled = radiance.settle(scenes, plan, rules.load(plan.rules).radiometry, quiet)
around = Window.around(*fields.total_bounds)
seen = cube.read(days, flow.how(plan, settled.counts, ("red", "nir")), zone.crs, around)
ndvi = cube.ndvi(seen).assign_attrs(crs=zone.crs).compute()
print(ndvi.sizes)

# %% [markdown]
# ## 2 · All dates in one call
#
# One row for each field; columns are the dates, and under each of them the statistics. `count` is
# an area in pixels of 100 m², so `count` over the area of the field is its clear part.

# %%
table = zonal.statistics(fields, ndvi, ("count", "mean", "std"))
table.iloc[:5, :6].round(3)

# %%
mean = table.xs("mean", axis=1, level="statistic")
count = table.xs("count", axis=1, level="statistic")
whole = fields.area / 100
clear = mean.where(count.gt(0.7 * whole, axis=0))
figure, axis = plt.subplots(figsize=(9, 3.5))
axis.plot(clear.columns, clear.T, color="green", alpha=0.15, linewidth=0.7)
axis.plot(clear.median().dropna(), color="black", label="median of the fields")
axis.set_ylabel("NDVI where 70 % of a field are clear")
axis.xaxis.set_major_formatter(ConciseDateFormatter(axis.xaxis.get_major_locator()))
axis.legend(frameon=False)
figure.tight_layout()

# %% [markdown]
# ## 3 · Quantiles: what does the poor corner of a field do?
#
# The mean of a field hides a corner that no longer grows. The tenth percentile of the greenest
# values shows it.

# %%
greenest = ndvi.max("time", keep_attrs=True)
peak = zonal.statistics(fields, greenest, ("median", "q10", "std"))
uneven = peak["median"] - peak["q10"]
figure, axes = plt.subplots(1, 2, figsize=(10, 4.5))
for axis, value, title in zip(axes, (peak["median"], uneven), ("greenest", "uneven"), strict=True):
    fields.plot(value, ax=axis, legend=True, cmap="YlGn" if title == "greenest" else "OrRd")
    axis.set_title(title)
    axis.set_axis_off()
figure.tight_layout()

# %% [markdown]
# ## 4 · Classes
#
# Any raster of classes serves, from a file too: here the scene classification of one day, whose
# pixels of 20 m seldom lie in one field alone. 4 is vegetation, 5 bare ground, 6 water.

# %%
scene = next(scene for look in reversed(days) for scene in look.scenes if scene.crs == zone.crs)
with rasterio.open(scene.assets[SCL].href) as file:
    classes, grid, crs = file.read(1), file.transform, file.crs
kinds = zonal.statistics(
    fields, classes, ("majority", "histogram"), transform=grid, crs=crs, missing=0
)
kinds.groupby("majority").mean().round(2)

# %% [markdown]
# Do shares matter? The smallest fields tell: the mean over pixel centres against the exact one.

# %%
small = fields[whole < whole.quantile(0.25)].index
x, y = np.meshgrid(greenest["x"], greenest["y"])
by_centres = [
    np.nanmean(greenest.to_numpy()[contains_xy(fields.geometry[name], x, y)]) for name in small
]
exact = zonal.statistics(fields.loc[small], greenest)["mean"]
off = (exact - by_centres).abs()
print(f"{len(small)} fields: {off.median():.4f} of NDVI in the middle, {off.max():.3f} at most")
