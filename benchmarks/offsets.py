"""Whether 1000 is still in the counts: every way to publish a record, and what it costs to know.

``python benchmarks/offsets.py`` settles 972 ways to publish on real places that stand in for whole
scenes, and simulated counties as their catalogs declare them; it takes two minutes.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from unittest.mock import patch

import numpy as np
from mixed_providers import LENGTHS, Publication, count, publications, records, settled
from real_places import PLACES, Image, shifted
from record import Table, write

from farmland import rules, simulate
from farmland.errors import FarmlandWarning
from farmland.flow import radiance
from farmland.imagery import darkness, radiometry
from farmland.imagery.darkness import OFFSET_COUNTS
from farmland.io import bands
from farmland.plan import Plan
from farmland.scene import SCL, Asset, Scene
from farmland.simulate.view import View

RULES = rules.load().radiometry
RESULTS = ("right", "set aside", "declared", "wrong")
COUNTIES = ("north_china", "middle_yangtze", "cloudy_south", "northeast")
OLD = Publication("Earth Search v1 l2a", False, offset="rightly", baseline="rightly")
NEW = Publication("Planetary Computer", True, baseline="rightly")


@dataclass(frozen=True)
class Record:
    """Scenes, their pictures, and the truth."""

    scenes: Sequence[Scene]
    images: Mapping[str, Image]
    within: Mapping[str, bool]


def suite() -> tuple[list[Counter[str]], dict[int, Counter[str]]]:
    """Results of all cells: one count for each place, and one for each length of record."""
    lengths: dict[int, Counter[str]] = {length: Counter() for length in LENGTHS}
    places = []
    for make in PLACES.values():
        images = make()
        held = {
            within: [darkness.observe(shifted(i) if within else i, RULES) for i in images]
            for within in (False, True)
        }
        here: Counter[str] = Counter(dates=len(images))
        for length, dates in records(len(images)):
            for mixed in (False, True)[: 1 + (length > 1)]:
                for way in publications():
                    counted = count(settled(way, held, dates, RULES, mixed=mixed))
                    lengths[length] += counted
                    here += counted
        places.append(here)
    return places, lengths


def real(name: str, way: Publication) -> Record:
    """All dates of a real place, published alike, except each third one, which is old."""
    images = PLACES[name]()
    ways = [way if n % 3 else OLD for n in range(len(images))]
    names = [f"{n:02}" for n in range(len(images))]
    made = [shifted(i) if w.within else i for w, i in zip(ways, images, strict=True)]
    scenes = [
        _with_files(w.scene(n, day), image)
        for day, (w, n, image) in enumerate(zip(ways, names, made, strict=True))
    ]
    truth = {n: w.within for n, w in zip(names, ways, strict=True)}
    return Record(scenes, dict(zip(names, made, strict=True)), truth)


def county(region: str, *, farmland_only: bool) -> Record:
    """A simulated county as its catalog declares it, 4 % of it wrongly and 4 % not at all."""
    flights = simulate.Flights(overlap=False, duplicates=0.0)
    made = simulate.county(11, region=region, size_m=1600, months=18, flights=flights)
    scenes, images, truth = [], {}, {}
    for day, picture in enumerate(simulate.pictures(made, 0.0)):
        published = picture.publication
        image: dict[str, np.ndarray] = {**picture.bands, SCL: picture.scl}
        if farmland_only:
            fields = View(made, published.granule).farmland
            coarse = fields.reshape(len(fields) // 2, 2, -1, 2).all(axis=(1, 3))
            image = {
                band: np.where(fields if values.shape == fields.shape else coarse, values, 0)
                for band, values in image.items()
            }
        scene = OLD.scene(published.item_id, day)
        assets = {b: replace(a, offset=published.offset) for b, a in scene.assets.items()}
        scenes.append(
            replace(
                scene,
                baseline=published.baseline,
                offset_applied=published.flag,
                assets={**assets, SCL: Asset("scl.tif")},
            )
        )
        images[scene.item_id] = image
        truth[scene.item_id] = published.added > 0
    return Record(scenes, images, truth)


def read(record: Record) -> tuple[radiance.Settled, int]:
    """What the flow settles, and how many overviews it reads for that."""
    reads = 0

    def overview(scene: Scene, band: str, **_: object) -> bands.Overview:
        nonlocal reads
        reads += 1
        values = np.asarray(record.images[scene.item_id][band])
        return bands.Overview(values, None, values.nbytes)

    with patch.object(bands, "overview", overview), warnings.catch_warnings():
        warnings.simplefilter("ignore", FarmlandWarning)
        plan = Plan(parcels="parcels.gpkg", catalog="catalog.json", workers=1)
        return radiance.settle(record.scenes, plan, RULES, lambda *_: None), reads


def line(name: str, record: Record) -> list[str | int | float]:
    """One row of the table of reading."""
    found, reads = read(record)
    seen = {name: darkness.observe(image, RULES) for name, image in record.images.items()}
    everything = radiometry.settle(record.scenes, seen, RULES)
    before = sum(len(image) for image in record.images.values())
    same = sum(
        (found.source[name], found.counts.get(name, 0)) == (offset.source, offset.counts)
        for name, offset in everything.items()
    )
    sources = Counter(found.source.values())
    total = len(record.scenes)
    wrong = Counter(
        found.source[name] in {"pixels", "record"}
        for name, counts in found.counts.items()
        if counts != (OFFSET_COUNTS if record.within[name] else 0)
    )
    declared = total - sources["pixels"] - sources["record"] - sources["none"]
    return [
        name,
        total,
        *(share(n, total) for n in (sources["pixels"], sources["record"], declared)),
        share(sources["none"], total),
        wrong[False],
        wrong[True],
        f"{before / total:.1f} → {reads / total:.1f}",
        share(same, total),
    ]


def share(part: int, total: int) -> str:
    return f"{100 * part / total:.1f} %"


def _with_files(scene: Scene, image: Image) -> Scene:
    return replace(scene, assets={b: a for b, a in scene.assets.items() if b in image})


def cells(name: str | int, counted: Counter[str]) -> list[str | int | float]:
    total = sum(counted[result] for result in RESULTS)
    first = [share(counted[result], total) for result in RESULTS[:3]]
    return [name, total, *first, counted["wrong"]]


def main() -> None:
    places, lengths = suite()
    heads = ["scenes settled", "right", "set aside", "declared value holds", "wrong"]
    looked = [
        "record",
        "scenes",
        "pixels",
        "record",
        "declaration",
        "set aside",
        "declared wrongly, nobody can know",
        "wrong",
        "overviews a scene",
        "same answer as with all",
    ]
    rows = [
        line(f"{name}, {said}", real(name, way))
        for name in list(PLACES)[:4]
        for said, way in (("without", OLD), ("two of three with", NEW))
    ]
    rows += [
        line(
            f"{region}, {'farmland only' if only else 'whole'}", county(region, farmland_only=only)
        )
        for region in COUNTIES
        for only in (False, True)
    ]
    write(
        "offsets",
        "The offset of baseline 04.00",
        "python benchmarks/offsets.py",
        [
            Table(
                "972 ways to publish, by place",
                ["place (dates)", *heads],
                [
                    cells(f"{name} ({counted['dates']})", counted)
                    for name, counted in zip(PLACES, places, strict=True)
                ],
                "Six providers × 1000 in the counts or not × flag, declared offset, baseline and "
                "file tag each stated rightly, wrongly or not at all; records of one way and mixed "
                "ones. *Declared value holds*: wrong, because every voice that speaks is wrong and "
                "no pixel of a scene published alike tells anything. Nobody can know better.",
            ),
            Table(
                "The same, by length of record",
                ["scenes in the record", *heads],
                [cells(length, counted) for length, counted in lengths.items()],
                "Windows of 640 m and pixels of 49 fields stand in for granules of 110 km, which "
                "hold water or deep shade far more often: they tell less than granules do.",
            ),
            Table(
                "Who decides, and what is read for it",
                looked,
                rows,
                "Simulated counties state 4 % of their scenes wrongly and 4 % not at all; "
                "*farmland only* leaves no water, wood or village in the picture.",
            ),
        ],
    )


if __name__ == "__main__":
    main()
