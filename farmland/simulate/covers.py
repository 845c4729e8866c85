"""What land looks like while it becomes something else, step by step.

A conversion is a list of phases. Each phase starts on a day, takes ``ramp`` days to replace what
was there, and from then on shows a ground (bare, built or water) under a canopy that may grow and
change with the season. The order and the pace follow DOMAIN 2.5 and METHODS 3.3-3.5: construction
strips the topsoil first and stays bare for months; ponds are dug before they are filled; trees are
planted small.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from farmland.simulate.phases import Phase, Site, green, strip, trees, weedy
from farmland.simulate.spectra import Spectrum, mixture, variant

FAST = ("built", "road", "earthwork", "pit", "solar", "pond", "lake", "greenhouse")
SLOW = ("orchard", "nursery", "forest", "turf")
COVERS = (*FAST, *SLOW, "abandoned")
"""Covers of DESIGN 4 that a simulated field may become (``crop`` and ``unknown`` are none)."""


Story = Callable[[float, Site, np.random.Generator], list[Phase]]


def built(day: float, site: Site, rng: np.random.Generator) -> list[Phase]:
    """Stripped, a building site for 30-200 days, then roofs and a yard."""
    house = site.area_m2 < 4000
    pause = rng.uniform(10, 40) if house else rng.uniform(15, 90)
    works = rng.uniform(30, 90) if house else rng.uniform(60, 200)
    bare = strip(day, site, rng)
    if rng.random() < 0.3:
        bare = weedy(bare, site, rng, rng.uniform(0.05, 0.3))
    share = rng.uniform(0.3, 0.7)
    busy = variant(_building_site(site, rng) * share + site.subsoil * (1 - share), rng)
    finished = Phase(
        day + pause + works, 25, _roofs_and_yard(house, site, rng), soil_share=0.1, rough=0.24
    )
    return [
        bare,
        Phase(day + pause, works * 0.6, busy, soil_share=0.5, rough=0.16),
        weedy(finished, site, rng, rng.uniform(0.0, 0.12)),
    ]


def _building_site(site: Site, rng: np.random.Generator) -> Spectrum:
    """Gravel, slabs, first roofs and, on every second site, green dust nets."""
    return mixture(
        site.materials,
        gravel=rng.uniform(0.1, 0.4),
        concrete=rng.uniform(0.1, 0.4),
        dust_net=float(rng.choice((0.0, 0.5))) * rng.uniform(0.3, 1.0),
        roof_grey=rng.uniform(0.0, 0.15),
    )


def _roofs_and_yard(house: bool, site: Site, rng: np.random.Generator) -> Spectrum:
    """A house or a hall and the hard ground around it."""
    roofs = ("roof_tile", "roof_grey", "concrete", "roof_white")
    roof = str(rng.choice(roofs if house else ("roof_blue", "roof_white", "roof_grey")))
    yard = mixture(
        site.materials, concrete=rng.uniform(0.3, 1), asphalt=rng.uniform(0, 0.5), gravel=0.2
    )
    share = rng.uniform(0.3, 0.75)
    mixed: Spectrum = variant(site.materials[roof], rng) * share
    return np.asarray(mixed + variant(yard, rng) * (1 - share))


def earthwork(day: float, site: Site, rng: np.random.Generator) -> list[Phase]:
    """Stripped or filled and left: subsoil, sometimes under dust nets, weeds in time."""
    first = strip(day, site, rng)
    phases = [weedy(first, site, rng, rng.uniform(0.0, 0.35))]
    if rng.random() < 0.4:
        share = rng.uniform(0.4, 0.85)
        net = variant(site.materials["dust_net"], rng)
        start = day + rng.uniform(15, 80)
        phases.append(
            Phase(start, 10, net * share + first.ground * (1 - share), soil_share=0.3, rough=0.12)
        )
    return phases


def road(day: float, site: Site, rng: np.random.Generator) -> list[Phase]:
    """Subgrade, gravel, then concrete or asphalt."""
    surface = str(rng.choice(["asphalt", "concrete", "gravel"], p=[0.35, 0.45, 0.2]))
    gravel = variant(site.materials["gravel"], rng)
    return [
        strip(day, site, rng),
        Phase(day + rng.uniform(8, 30), 8, gravel, soil_share=0.3, rough=0.08),
        Phase(day + rng.uniform(40, 100), 6, variant(site.materials[surface], rng), rough=0.06),
    ]


def pit(day: float, site: Site, rng: np.random.Generator) -> list[Phase]:
    """Clay or sand taken out: deepening subsoil in its own shadow, often a pool at the bottom."""
    shade = rng.uniform(0.7, 0.95)
    deep = variant(site.subsoil * shade, rng)
    phases = [
        strip(day, site, rng),
        Phase(day + rng.uniform(5, 25), 30, deep, soil_share=0.7, rough=0.18),
    ]
    if rng.random() < 0.5:
        pool = rng.uniform(0.2, 0.7)
        ground = site.materials["water_turbid"] * pool + deep * (1 - pool)
        phases.append(
            Phase(day + rng.uniform(50, 150), 25, ground, soil_share=0.4 * (1 - pool), rough=0.25)
        )
    return phases


def solar(day: float, site: Site, rng: np.random.Generator) -> list[Phase]:
    """Tracks and piles for weeks, then dark panels with grass between the rows."""
    works = (
        mixture(site.materials, gravel=0.15, dry_grass=0.2) * 0.4 + variant(site.soil, rng) * 0.6
    )
    panels = rng.uniform(0.42, 0.62)
    below = variant(site.soil, rng) * (1 - panels)
    ground = variant(site.materials["solar_panel"], rng) * panels + below
    weeds = green(site, "weeds", rng)
    shade = replace(
        weeds,
        start=day + rng.uniform(25, 110),
        ramp=rng.uniform(10, 40),
        ground=ground,
        soil_share=0.3,
        low=0.03,
        high=rng.uniform(0.08, 0.3),
        grow=150.0,
        sprout=0.1,
        rough=0.10,
    )
    return [
        weedy(
            Phase(day, rng.uniform(4, 15), works, soil_share=0.8, rough=0.12),
            site,
            rng,
            rng.uniform(0.05, 0.3),
        ),
        shade,
    ]


def _water(day: float, site: Site, rng: np.random.Generator, dikes: float) -> list[Phase]:
    """Dug out, then filled; dikes keep some soil and grass."""
    water = str(rng.choice(["water_turbid", "water_green", "water_clear"], p=[0.45, 0.4, 0.15]))
    bank = variant(site.subsoil, rng) * dikes
    filled = variant(site.materials[water], rng, 0.15) * (1 - dikes) + bank
    fill = day + rng.uniform(15, 70)
    grass = green(site, "weeds", rng)
    return [
        strip(day, site, rng),
        replace(
            grass,
            start=fill,
            ramp=rng.uniform(3, 12),
            ground=filled,
            soil_share=dikes,
            low=0.0,
            high=dikes * rng.uniform(0.3, 0.9),
            grow=200.0,
            dormant=None,
            rough=0.10,
        ),
    ]


def pond(day: float, site: Site, rng: np.random.Generator) -> list[Phase]:
    """A fish pond; some are drained for one or two months in winter (DOMAIN 5.2)."""
    phases = _water(day, site, rng, rng.uniform(0.04, 0.16))
    if rng.random() < 0.3:
        filled = phases[-1]
        drained = day + 300 + rng.uniform(-30, 30)
        mud = variant(site.soil * 0.7, rng)
        phases += [
            Phase(drained, 4, mud, soil_share=0.6),
            replace(filled, start=drained + rng.uniform(25, 60)),
        ]
    return phases


def lake(day: float, site: Site, rng: np.random.Generator) -> list[Phase]:
    """An artificial lake: like a pond without dikes."""
    return _water(day, site, rng, rng.uniform(0.0, 0.05))


def greenhouse(day: float, site: Site, rng: np.random.Generator) -> list[Phase]:
    """Frames over bare soil, then film with crops showing through and strips of soil between."""
    film = rng.uniform(0.6, 0.85)
    ground = variant(site.materials["greenhouse"], rng, 0.13) * film + site.soil * (1 - film)
    inside = green(site, "vegetable", rng)
    return [
        Phase(day, rng.uniform(3, 8), variant(site.soil, rng), soil_share=1.0, rough=0.08),
        replace(
            inside,
            start=day + rng.uniform(10, 45),
            ramp=rng.uniform(4, 15),
            ground=ground,
            soil_share=0.1,
            low=0.05,
            high=rng.uniform(0.15, 0.4),
            peak=float(rng.uniform(60, 330)),
            width=90.0,
            grow=60.0,
            dormant=None,
            rough=0.12,
        ),
    ]


def orchard(day: float, site: Site, rng: np.random.Generator) -> list[Phase]:
    """Fruit trees or tea: rows close over two to three years, with grass between them."""
    return [trees(day, site, rng, (600, 1100), rng.uniform(0.55, 0.8))]


def nursery(day: float, site: Site, rng: np.random.Generator) -> list[Phase]:
    """Dense saplings, uneven inside the patch."""
    return [replace(trees(day, site, rng, (200, 500), rng.uniform(0.5, 0.8)), rough=0.16)]


def forest(day: float, site: Site, rng: np.random.Generator) -> list[Phase]:
    """Poplar or eucalyptus: weeds in the first year, closed crowns in the third."""
    return [trees(day, site, rng, (500, 1000), rng.uniform(0.75, 0.92))]


def turf(day: float, site: Site, rng: np.random.Generator) -> list[Phase]:
    """Sown or rolled out on levelled soil; even, mown, brown in the north's winter."""
    low = rng.uniform(0.35, 0.6) if site.region.evergreen else rng.uniform(0.05, 0.2)
    lawn = green(site, "turf", rng)
    return [
        replace(
            lawn,
            start=day,
            ramp=rng.uniform(3, 8),
            low=low,
            high=rng.uniform(0.75, 0.92),
            width=lawn.width * 1.15,
            grow=rng.uniform(35, 80),
            rough=0.03,
        )
    ]


def abandoned(day: float, site: Site, rng: np.random.Generator) -> list[Phase]:
    """Nobody sows: weeds, one flat hump a year, dry stalks in winter."""
    weeds = green(site, "weeds", rng)
    low = rng.uniform(0.2, 0.35) if site.region.evergreen else rng.uniform(0.02, 0.10)
    return [
        replace(
            weeds,
            start=day,
            ramp=rng.uniform(10, 25),
            low=low,
            high=rng.uniform(0.4, 0.75),
            grow=rng.uniform(100, 300),
            sprout=0.15,
            rough=0.12,
        )
    ]


STORIES: Mapping[str, Story] = {
    "built": built,
    "road": road,
    "earthwork": earthwork,
    "pit": pit,
    "solar": solar,
    "pond": pond,
    "lake": lake,
    "greenhouse": greenhouse,
    "orchard": orchard,
    "nursery": nursery,
    "forest": forest,
    "turf": turf,
    "abandoned": abandoned,
}
"""Cover to the function that tells how land becomes it."""
