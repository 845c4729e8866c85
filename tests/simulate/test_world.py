"""Another world keeps the phenomena and moves the constants; the default one stays as it was."""

from __future__ import annotations

import numpy as np
import pytest

from farmland.simulate import Camera, World, county
from farmland.simulate.hasty_scl import classify
from farmland.simulate.mixing import BLUR_M, weights
from farmland.simulate.scl import classify as classify_usually
from farmland.simulate.spectra import MATERIALS


def test_the_default_world_is_the_one_that_the_modules_describe():
    world = World()
    assert world.materials is MATERIALS
    assert world.classify is classify_usually
    assert (world.noise, world.calendar_days) == (1.0, 0.0)


def test_spectra_move_within_bounds_each_band_by_itself():
    world = World(seed=3, spectra=0.2)
    factors = np.array([world.materials[name] / MATERIALS[name] for name in MATERIALS])
    assert ((factors >= 0.8 - 1e-9) & (factors <= 1.2 + 1e-9)).all()
    assert factors.std() > 0.1
    assert (np.ptp(factors, axis=1) > 0.05).mean() > 0.9
    again = World(seed=3, spectra=0.2).materials
    assert all((again[name] == world.materials[name]).all() for name in MATERIALS)
    assert (World(seed=4, spectra=0.2).materials["loam"] != world.materials["loam"]).any()
    assert max(spectrum.max() for spectrum in world.materials.values()) <= 0.98


def test_a_shifted_world_moves_everything_and_to_either_side():
    worlds = [World.shifted(seed) for seed in range(8)]
    assert {world.calendar_days for world in worlds} == {-20.0, 20.0}
    assert {(world.noise, world.spectra) for world in worlds} == {(1.5, 0.2)}
    assert worlds[0].classify is classify


def test_everything_is_sown_later():
    usual, late = (
        county(5, size_m=600, months=24, decoys=0.0, world=World(calendar_days=days))
        for days in (0.0, 20.0)
    )
    shift = late.ground.crops.sowings(3)[:2] - usual.ground.crops.sowings(3)[:2]
    np.testing.assert_allclose(shift, 20, atol=0.01)


def test_noise_blurs_the_picture():
    def step(blur_m: float) -> float:
        return float(weights(blur_m)[8].max())

    assert step(1.5 * BLUR_M) < step(BLUR_M)
    usual, loud = (
        Camera(county(5, size_m=400, months=14, cloudiness=0.05, world=World(noise=noise)))
        for noise in (1.0, 1.5)
    )
    spread = []
    for camera in (usual, loud):
        pictures = [camera.take(said) for said in camera.county.sky.publications[:12]]
        red = [picture.bands["red"].astype(float) for picture in pictures if picture is not None]
        spread.append(np.median([np.abs(np.diff(band, axis=0)).mean() for band in red]))
    assert spread[1] > 1.1 * spread[0]


def test_roads_and_houses_come_in_the_sizes_asked_for():
    made = {"road": 0.5, "built": 0.5}
    land = county(
        2,
        size_m=1600,
        months=24,
        parcels_converted=0.5,
        covers=made,
        world=World(roads_m=(14.0, 16.0), houses_m2=(100.0, 390.0)),
    )
    truth = land.truth[~land.truth["whole"]]
    roads, houses = (truth[truth["cover"] == cover] for cover in made)
    width = roads.geometry.area / roads.geometry.minimum_rotated_rectangle().apply(
        lambda box: max(np.hypot(*np.diff(np.array(box.exterior.coords)[:3], axis=0).T))
    )
    assert width.quantile(0.9) < 16.5
    assert width.median() > 12
    assert houses["area_m2"].between(85, 400).all()
    assert houses["area_m2"].min() < 150
    slim = houses.geometry.area / houses.geometry.minimum_rotated_rectangle().area
    assert slim.median() > 0.8


@pytest.fixture(scope="module")
def sky() -> tuple[np.ndarray, ...]:
    """Soil, half of it bright, under a cloud of 800 m with a thin margin, and its shadow."""
    shape = (100, 100)
    rows, columns = np.indices(shape)
    away = np.hypot(rows - 50, columns - 50)
    cloud = np.clip((30 - away) / 10, 0, 1).astype(np.float32)
    shadow = np.roll(cloud, 35, axis=0) * (1 - cloud)
    soil = np.where(columns < 50, 1.0, 1.8)[None] * MATERIALS["loam"][:, None, None]
    seen = soil * (1 - 0.6 * shadow) * (1 - cloud) + MATERIALS["cloud"][:, None, None] * cloud
    return seen.astype(np.float32), cloud, shadow.astype(np.float32)


def test_the_other_classification_errs_otherwise(sky: tuple[np.ndarray, ...]):
    seen, cloud, shadow = sky
    luck = np.random.default_rng(1).random(cloud.shape).astype(np.float32)
    rates = {}
    for model in (classify, classify_usually):
        missed, found, bright, dark, doubt = [], [], [], [], []
        for seed in range(60):
            rng = np.random.default_rng(seed)
            classes = model(seen, cloud, np.zeros_like(cloud), shadow, luck, rng)
            open_sky = (cloud == 0) & (shadow == 0)
            missed.append(np.isin(classes[cloud > 0.9], (2, 4, 5, 6, 7)).mean())
            found.append((classes[shadow > 0.6] == 3).mean())
            bright.append(np.isin(classes[:, 50:][open_sky[:, 50:]], (8, 9)).mean())
            dark.append(np.isin(classes[:, :50][open_sky[:, :50]], (8, 9)).mean())
            doubt.append(np.isin(classes, (7, 10)).mean())
        rates[model] = [float(np.mean(rate)) for rate in (missed, found, bright, dark, doubt)]
    hasty, usual = rates[classify], rates[classify_usually]
    assert hasty[0] > 0.04 > usual[0]
    assert hasty[1] < 0.5 * usual[1]
    assert hasty[2] > 0.05 + usual[2]
    assert hasty[3] < hasty[2]
    assert hasty[4] < usual[4]


def test_what_was_never_seen_has_no_class(sky: tuple[np.ndarray, ...]):
    seen, cloud, shadow = sky
    torn = seen.copy()
    torn[:, :10] = np.nan
    classes = classify(torn, cloud, cloud, shadow, shadow, np.random.default_rng(0))
    assert (classes[:10] == 0).all()
    assert (classes[10:] > 0).all()
