"""One small county for all tests of the simulator."""

from __future__ import annotations

import pytest

from farmland.simulate import County, Flights, Picture, county, pictures

TWO = Flights(orbits=2)


@pytest.fixture(scope="session")
def small() -> County:
    return county(7, region="huai", size_m=800, months=24, parcels_converted=0.3, flights=TWO)


@pytest.fixture(scope="session")
def taken(small: County) -> list[Picture]:
    return list(pictures(small, 0.05))
