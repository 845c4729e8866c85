"""Every way a record may be published, rightly or wrongly, and what becomes of its scenes.

One cell of the suite: a provider, whether the 1000 is in the counts, and what each of four
declarations says of it: the truth, its opposite, or nothing.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from shapely.geometry import box

from farmland.imagery import radiometry
from farmland.imagery.darkness import OFFSET_COUNTS, PixelEvidence
from farmland.imagery.radiometry import Offset
from farmland.rules.radiometry import Radiometry
from farmland.scene import BANDS, SCL, Asset, Scene

STYLES = {
    "Earth Search v1 l2a": "sentinel-2-l2a",
    "Earth Search v1 c1": "sentinel-2-c1-l2a",
    "Earth Search v0": "sentinel-s2-l2a-cogs",
    "Planetary Computer": "sentinel-2-l2a",
    "CDSE": "sentinel-2-l2a",
    "nothing stated": "",
}
"""Provider to the name of its collection; which of them share a name is so in truth."""

SAID = ("rightly", "wrongly", "absent")
LENGTHS = (1, 3, 12, 72)
FOOTPRINT = box(4, 50, 5, 51)


@dataclass(frozen=True, slots=True)
class Publication:
    """How a scene is published."""

    style: str
    within: bool
    """Whether the 1000 is in its counts."""
    flag: str = "absent"
    """Of the flag "offset applied" and the three below: ``rightly``, ``wrongly``, ``absent``."""
    offset: str = "absent"
    baseline: str = "absent"
    file: str = "absent"

    def says(self, name: str) -> bool | None:
        """Whether a declaration says that the 1000 is in the counts; ``None``: it is absent."""
        said = getattr(self, name)
        return None if said == "absent" else self.within == (said == "rightly")

    @property
    def file_offsets(self) -> tuple[float, ...]:
        """What the files say."""
        return () if self.file == "absent" else (-0.1 if self.says("file") else 0.0,)

    def scene(self, name: str, day: int) -> Scene:
        """A scene that is published so."""
        within = self.says("flag")
        offset = None if self.offset == "absent" else -0.1 if self.says("offset") else 0.0
        assets = {band: Asset(f"{name}/{band}.tif", 1e-4, offset) for band in BANDS}
        return Scene(
            item_id=name,
            collection=STYLES[self.style],
            platform="sentinel-2a",
            datetime=datetime(2019, 1, 1, 3, tzinfo=UTC) + timedelta(5 * day),
            tile="31UES",
            crs="EPSG:32631",
            baseline={None: "", True: "05.10", False: "02.14"}[self.says("baseline")],
            offset_applied=None if within is None else not within,
            cloud_cover=None,
            datatake="",
            generated="",
            footprint=FOOTPRINT,
            assets={**assets, SCL: Asset(f"{name}/scl.tif")},
        )


OTHERS = (
    Publication("Earth Search v1 l2a", False, offset="rightly", baseline="rightly"),
    Publication("Planetary Computer", True, baseline="rightly"),
    Publication("Earth Search v1 c1", True, offset="rightly", baseline="rightly", file="rightly"),
)
"""Between whose scenes, all rightly declared, those of a cell stand in a mixed record."""


def publications() -> Iterator[Publication]:
    """All 972 ways."""
    for style, within, *said in itertools.product(STYLES, (False, True), *[SAID] * 4):
        yield Publication(style, within, *said)


@dataclass(frozen=True, slots=True)
class Told:
    """One scene of a record and what was settled."""

    published: Publication
    offset: Offset
    date: int
    """Which date of the place."""

    @property
    def right(self) -> bool:
        """Whether the offset is that of the pixels."""
        return self.offset.counts == (OFFSET_COUNTS if self.published.within else 0)

    @property
    def result(self) -> str:
        """``right``, ``set aside``, ``declared``, or ``wrong``.

        ``declared``: wrong, because every declaration says so and no pixel of a scene published
        alike tells anything; nobody can know better. Any other wrong answer is ``wrong``.
        """
        if not self.offset.usable:
            return "set aside"
        if self.right:
            return "right"
        return "wrong" if self.offset.source in {"pixels", "record"} else "declared"


def settled(
    published: Publication,
    evidence: Mapping[bool, Sequence[PixelEvidence]],
    dates: Sequence[int],
    rules: Radiometry,
    *,
    mixed: bool,
) -> list[Told]:
    """Settle one record: ``dates`` of a place, all published so, or each second one otherwise."""
    ways = [
        OTHERS[n // 2 % len(OTHERS)] if mixed and n % 2 else published for n in range(len(dates))
    ]
    names = [f"{n:02}" for n in range(len(dates))]
    scenes = [way.scene(name, n) for n, (way, name) in enumerate(zip(ways, names, strict=True))]
    seen = {
        name: tagged(evidence[way.within][date], way.file_offsets)
        for name, way, date in zip(names, ways, dates, strict=True)
    }
    offsets = radiometry.settle(scenes, seen, rules)
    return [
        Told(way, offsets[name], date) for way, name, date in zip(ways, names, dates, strict=True)
    ]


def tagged(evidence: PixelEvidence, file_offsets: tuple[float, ...]) -> PixelEvidence:
    """Evidence of files that carry a tag."""
    return PixelEvidence(
        evidence.read,
        evidence.darkest,
        evidence.cells,
        evidence.clear_share,
        evidence.data_share,
        file_offsets,
    )


def records(dates: int) -> Iterator[tuple[int, list[int]]]:
    """Records of every length that a place has dates for: length and the dates, spread evenly."""
    for length in LENGTHS:
        if length <= dates or length == LENGTHS[-1] <= dates + 10:
            starts = {1: 6, 3: 3, 12: 2}.get(length, 1)
            for start in range(min(starts, dates)):
                spread = np.linspace(start, dates - 1, min(length, dates), endpoint=length > 1)
                yield length, [round(date) for date in spread]


def count(told: Sequence[Told]) -> Counter[str]:
    """How many scenes came out how."""
    return Counter(one.result for one in told)
