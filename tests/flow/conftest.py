"""One simulated county on disk, and one cluster, for all tests of whole runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flow.running import Place, running_cluster
from pyproj import Transformer

from farmland import simulate
from farmland.simulate import Flights
from farmland.tiling.tiles import CELL

ZONE = "EPSG:32650"


@pytest.fixture(scope="session")
def county(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """1.5 x 1.5 km over two years, around a corner of four cells that are blocks of 1, 2 and 4."""
    side = CELL * 10
    corner = Transformer.from_crs(ZONE, 4326, always_xy=True).transform(362 * side, 3121 * side)
    made = simulate.county(
        5,
        size_m=1500,
        start="2022-07-01",
        months=24,
        parcels_converted=0.15,
        position=corner,
        flights=Flights(overlap=False),
    )
    folder = tmp_path_factory.mktemp("county")
    simulate.write(made, folder, clear_below=0.4)
    return Place(folder)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Dask scheduler with two workers."""
    with running_cluster(tmp_path_factory.mktemp("cluster"), workers=2) as (address, _):
        yield address
