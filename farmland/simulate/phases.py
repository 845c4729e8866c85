"""Phases: what a piece of land shows from a day on, and the lasting covers of what is no field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from farmland.simulate.regions import Region
from farmland.simulate.spectra import MATERIALS, Spectrum, mixture, variant


@dataclass(frozen=True, slots=True)
class Phase:
    """One step of a conversion, or a lasting cover (``start`` of minus infinity)."""

    start: float
    ramp: float
    """Days until it has replaced what was there; at least half a day."""
    ground: Spectrum
    soil_share: float = 0.0
    """Share of the ground that darkens when wet."""
    canopy: Spectrum | None = None
    low: float = 0.0
    """Canopy share in the worst season, full-grown."""
    high: float = 0.0
    peak: float = 205.0
    """Day of the year of the fullest canopy."""
    width: float = 95.0
    """Half of the length of the green season in days."""
    grow: float = 1.0
    """Days from the start until full-grown."""
    sprout: float = 0.05
    """Share of the full canopy on the first day."""
    dormant: Spectrum | None = None
    """What stands in place of the missing canopy out of season (dry grass, bare branches)."""
    rough: float = 0.05
    """Relative standard deviation of brightness inside the patch."""


@dataclass(frozen=True, slots=True)
class Site:
    """What a conversion needs to know about its place."""

    region: Region
    soil: Spectrum
    """Dry topsoil."""
    subsoil: Spectrum
    area_m2: float
    materials: Mapping[str, Spectrum] = field(default_factory=lambda: MATERIALS)
    """What its world is made of."""


def lasting(phase: Phase) -> Phase:
    """The phase as something that has always been there, full-grown."""
    return replace(phase, start=-np.inf, ramp=0.5, sprout=1.0)


def green(site: Site, material: str, rng: np.random.Generator, **shares: float) -> Phase:
    """A canopy on the site's own soil with the seasons of the region."""
    warm = site.region.evergreen
    leafless = material == "tree_deciduous"
    phase = Phase(
        start=-np.inf,
        ramp=0.5,
        ground=variant(site.soil, rng, 0.05),
        soil_share=1.0,
        canopy=variant(site.materials[material], rng, 0.06),
        peak=float(rng.normal(210 if not warm else 200, 8)),
        width=float(rng.normal(125 if warm else 92, 6)),
        dormant=site.materials["tree_leafless" if leafless else "dry_grass"],
        rough=0.07,
    )
    return replace(phase, **shares)  # type: ignore[arg-type]


def strip(day: float, site: Site, rng: np.random.Generator) -> Phase:
    """Topsoil pushed aside: subsoil, heaps and wheel tracks within days."""
    share = rng.uniform(0.55, 0.95)
    ground = variant(site.subsoil * share + site.soil * (1 - share), rng, 0.06)
    return Phase(day, rng.uniform(1, 4), ground, soil_share=0.9, rough=0.09)


def weedy(phase: Phase, site: Site, rng: np.random.Generator, high: float) -> Phase:
    """The same ground with weeds coming up over the seasons."""
    weeds = green(site, "weeds", rng)
    return replace(
        phase,
        canopy=weeds.canopy,
        dormant=weeds.dormant,
        low=high * (0.4 if site.region.evergreen else 0.08),
        high=high,
        peak=weeds.peak,
        width=weeds.width,
        grow=rng.uniform(120, 300),
        sprout=0.02,
    )


def trees(
    day: float, site: Site, rng: np.random.Generator, grow: tuple[float, float], high: float
) -> Phase:
    """Young trees on worked soil that close slowly; weeds or grass between the rows."""
    warm = site.region.evergreen
    kind = "tree_evergreen" if warm and rng.random() < 0.7 else "tree_deciduous"
    crowns = green(site, kind, rng)
    low = high * (0.85 if kind == "tree_evergreen" else 0.12)
    return replace(
        crowns,
        start=day,
        ramp=rng.uniform(3, 10),
        low=low,
        high=high,
        grow=rng.uniform(*grow),
        sprout=rng.uniform(0.05, 0.25),
    )


def standing(use: str, site: Site, rng: np.random.Generator) -> Phase:
    """The lasting cover of land that is no field, by ``layout.Piece.use``."""
    if use == "village":
        roofs = ["roof_tile", "roof_grey", "roof_white", "concrete", "roof_blue"]
        kind = str(rng.choice(roofs, p=[0.45, 0.2, 0.1, 0.2, 0.05]))
        roof = variant(site.materials[kind], rng, 0.15)
        cover = rng.uniform(0.2, 0.6)
        yard = mixture(site.materials, concrete=0.5, loam=0.5)
        ground = roof * cover + yard * (1 - cover)
        crowns = green(site, "tree_deciduous", rng)
        high = rng.uniform(0.05, 0.45)
        low = high * (0.8 if site.region.evergreen else 0.15)
        return lasting(
            replace(crowns, ground=ground, soil_share=0.2, low=low, high=high, rough=0.2)
        )
    if use in ("water", "canal"):
        kind = str(rng.choice(["water_turbid", "water_green"]))
        water = variant(site.materials[kind], rng, 0.2)
        return lasting(Phase(0, 1, water, rough=0.06))
    if use in ("asphalt", "concrete"):
        return lasting(Phase(0, 1, variant(site.materials[use], rng), rough=0.06))
    if use == "track":
        ground = variant(site.soil * 0.6 + site.materials["gravel"] * 0.4, rng)
        return lasting(weedy(Phase(0, 1, ground, soil_share=0.7), site, rng, 0.2))
    if use in ("wood", "orchard"):
        return lasting(trees(0, site, rng, (1, 2), rng.uniform(0.6, 0.92)))
    verge = green(site, "weeds", rng)
    low = 0.35 if site.region.evergreen else 0.05
    return lasting(replace(verge, low=low, high=rng.uniform(0.45, 0.8)))


def new_track(day: float, site: Site, rng: np.random.Generator) -> Phase:
    """A verge turned into a gravel track beside the fields; no field loses ground."""
    gravel = variant(site.materials["gravel"] * 0.7 + site.subsoil * 0.3, rng)
    return Phase(day, 5.0, gravel, soil_share=0.4, rough=0.08)
