"""Simulated counties: what a satellite would publish of land whose true story is known.

Users plan and teach with it, tests and benchmarks measure with it. The detector never imports it.

A county is made in steps: ``layout`` draws the map, ``fields`` sows it after ``calendars``,
``conversions`` takes fields away as ``covers`` tells, ``ground`` says what every piece shows on a
day in the ``spectra`` of its materials, ``passes`` plans the flights. ``camera`` mixes the ground
into pixels under ``clouds``, classifies them (``scl``), and ``archive`` publishes them. ``world``
holds what all counties share, and what a shifted world changes.
"""

from farmland.simulate.archive import publish, write
from farmland.simulate.camera import Camera, Picture, pictures
from farmland.simulate.county import County, county
from farmland.simulate.passes import Flights
from farmland.simulate.world import World

__all__ = [
    "Camera",
    "County",
    "Flights",
    "Picture",
    "World",
    "county",
    "pictures",
    "publish",
    "sample_folder",
    "write",
]


def __getattr__(name: str) -> object:
    """``sample_folder`` on demand: ``sample`` is also run as a program."""
    if name == "sample_folder":
        from farmland.simulate.sample import sample_folder

        return sample_folder
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
