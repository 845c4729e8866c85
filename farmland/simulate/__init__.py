"""Simulated counties: what a satellite would publish of land whose true story is known.

Users plan and teach with it, tests and benchmarks measure with it. The detector never imports it.
"""

from farmland.simulate.county import County, county
from farmland.simulate.archive import write
from farmland.simulate.camera import Camera, Picture, pictures

__all__ = ["Camera", "County", "Picture", "county", "pictures", "write"]
