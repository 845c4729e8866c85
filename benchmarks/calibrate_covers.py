"""Teach what covers look like: fit the numbers of rules/covers.toml, and check them.

Converted patches of simulated counties are cut out with the pixels around them, seen from shortly
after their onset on, at several ages, with outlines a little too large or too small, and with
bands that are off by some percent. They are checked with whole counties and with whole regions
left out; published spectra set into real series are checked and never taught.

    python benchmarks/calibrate_covers.py FOLDER [--make] [--write] [--implants]

FOLDER keeps the patches that were cut out of counties; ``--make`` simulates them first.
"""

from __future__ import annotations

import argparse
import math
import os
import pickle
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from contest import implants, worlds
from contest.cases import Case
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, f1_score
from sklearn.neural_network import MLPClassifier

from farmland import rules
from farmland.detect import covers, signals
from farmland.grid import PIXEL_M
from farmland.rules.covers import Taught
from farmland.simulate.covers import FAST, SLOW
from farmland.simulate.spectra import MATERIALS

COVERS = {"fast": FAST, "slow": (*SLOW, "abandoned")}
FROM_DAYS = {"fast": 45, "slow": 150}
"""Youngest age that is taught: slow covers have no face before."""

REGIONS = ("north_china", "northeast", "huai", "middle_yangtze", "cloudy_south")
SEEDS = (401, 402, 403)
"""Of default worlds; those of shifted ones are higher by 100."""
SIZE_M, CONVERTED = 2800, 0.5

OFF = 0.15
"""Largest error of a band that is taught: other atmospheres, other soils, another sensor."""
COPIES = 3
QUESTIONS, NETWORKS, STRENGTH, REACH = 24, 2, 10.0, 4.0
FOLDS = 6

STAGED = 2
"""Staged stories for each clip."""
LAKE_M2 = 10_000
"""Area from which water is a lake and no pond (DOMAIN 2.5)."""
_HARD = ("roof_grey", "roof_white", "roof_blue", "roof_tile", "concrete", "gravel", "asphalt")
_WATER = ("water_turbid", "water_green", "water_clear")
MADE_OF = {
    "built": _HARD,
    "road": ("asphalt", "concrete", "gravel"),
    "greenhouse": ("greenhouse", "film"),
    "solar": ("solar_panel",),
    "pond": _WATER,
    "lake": _WATER,
}
SHARES = {
    "built": (0.5, 1.0),
    "road": (0.6, 1.0),
    "greenhouse": (0.5, 1.0),
    "solar": (0.4, 1.0),
    "pond": (0.8, 1.0),
    "lake": (0.9, 1.0),
}
GREEN = {
    "built": 0.35,
    "road": 0.1,
    "greenhouse": 0.4,
    "solar": 0.3,
    "pond": 0.1,
    "lake": 0.05,
}
"""Share of the ground that the cover takes, and the largest that plants do (DOMAIN 2.5)."""
TARGET = Path(rules.__file__).parent / "covers.toml"

Clip = dict[str, Any]
"""One truth: world, cover, onset (day), area (m2), days (t,), rows, columns, core, full (p,),
values (p, t, b), clear (p, t), soil (t, b), of all pixels of its parcel."""

Row = tuple[dict[str, float], Clip, int, bool]
"""Numbers, where they come from, the age in days, and whether nothing was changed."""


def clips(case: Case) -> Iterator[Clip]:
    """Cut out every truth of a case."""
    stack = case.stack
    clear = signals.read(stack, case.periods, rules.load("cn").detection).clear
    soil = covers.bare_soil(stack.values, clear)
    for truth in case.truths:
        own = np.flatnonzero(stack.parcel == truth.parcel)
        yield {
            "world": case.group,
            "cover": truth.cover,
            "onset": int(truth.onset.astype("datetime64[D]").astype(np.int64)),
            "area": truth.area_m2,
            "days": stack.days,
            "rows": stack.rows[own],
            "columns": stack.columns[own],
            "core": np.isin(own, truth.pixels),
            "values": stack.values[own],
            "clear": clear[own],
            "soil": soil,
        }


def make(folder: Path) -> None:
    """Simulate counties, default and shifted, and keep their truths."""
    for region in REGIONS:
        for seed in SEEDS:
            for shifted in (False, True):
                county = worlds.County(region, seed + 100 * shifted, SIZE_M, shifted)
                kept = folder / f"clips-{region}-{county.seed}{'-shifted' * shifted}.pickle"
                if not kept.exists():
                    name = kept.stem.removeprefix("clips-")
                    found = [clip for case in worlds.make(county) for clip in clips(case)]
                    kept.write_bytes(pickle.dumps([{**one, "world": name} for one in found]))


def rows(given: Sequence[Clip], pace: str) -> Iterator[Row]:
    """Every patch as it is, and copies of it: younger, larger or smaller, with bands that err."""
    for number, clip in enumerate(given):
        if clip["cover"] not in COVERS[pace] or clip["area"] < 400:
            continue
        rng = np.random.default_rng((zlib.crc32(clip["world"].encode()), number))
        age = int(clip["days"][-1] - clip["onset"])
        plain = measure(clip, clip["core"], age, rng, 0.0)
        if plain is not None:
            yield plain, clip, age, True
        ages = [age, age, *rng.integers(FROM_DAYS[pace], 330, COPIES)]
        for younger in (one for one in ages if one <= age):
            copy = measure(clip, outlined(clip, rng), int(younger), rng, OFF)
            if copy is not None:
                yield copy, clip, int(younger), False


def outlined(clip: Clip, rng: np.random.Generator) -> NDArray[np.bool_]:
    """The patch (p,) with some pixels more or less along its edge, as a detector would have it."""
    top, left = clip["rows"].min() - 1, clip["columns"].min() - 1
    at = clip["rows"] - top, clip["columns"] - left
    sheet = np.zeros((at[0].max() + 2, at[1].max() + 2), np.bool_)
    sheet[at] = clip["core"]
    larger, smaller = sheet.copy(), sheet.copy()
    for by in (1, -1):
        for axis in (0, 1):
            larger |= np.roll(sheet, by, axis)
            smaller &= np.roll(sheet, by, axis)
    kind, some = rng.integers(3), rng.random(clip["core"].size) < 0.35
    if kind == 0:
        return np.asarray(clip["core"] | (larger[at] & some))
    less = np.asarray(clip["core"] & (smaller[at] | ~some))
    return less if kind == 1 and less.sum() >= 4 else np.asarray(clip["core"])


def measure(
    clip: Clip, inside: NDArray[np.bool_], age: int, rng: np.random.Generator, off: float
) -> dict[str, float] | None:
    """Numbers of a patch at some age; ``None`` where too little of it was seen."""
    pixels, days, onset = np.flatnonzero(inside), clip["days"], clip["onset"]
    after = np.flatnonzero((days >= onset + rng.integers(2, 15)) & (days <= onset + age))
    before = np.flatnonzero(days < onset - 5)
    if pixels.size < 4:
        return None
    cell = clip["values"], clip["clear"], days, clip["soil"], pixels
    since, past = covers.Looks.of(*cell, after), covers.Looks.of(*cell, before)
    if since.days.size < 3 or past.days.size < 8 or np.ptp(since.days) < 20:
        return None
    since = replace(since, spectra=since.spectra * (1 + rng.uniform(-off, off, 6)))
    shape = covers.outline(clip["rows"][pixels], clip["columns"][pixels], PIXEL_M)
    return covers.measured(covers.behaviour(since, past), shape)


def staged(given: Sequence[Clip]) -> Iterator[Row]:
    """Pasts, skies and outlines of clips under ground that stories of their own put there.

    A simulator has one way to build each cover; here shares run from a trace to the whole, works
    may be over at once, and every band of every material is off by up to a fifth.
    """
    for number, clip in enumerate(given):
        rng = np.random.default_rng((zlib.crc32(clip["world"].encode()), number, 1))
        if not clip["area"] >= 400 or clip["core"].sum() < 4:
            continue
        age = min(int(clip["days"][-1] - clip["onset"]), int(rng.integers(45, 330)))
        for _ in range(STAGED):
            other = (clip["area"] > LAKE_M2 and "lake") or "pond"
            kinds = ("built", "greenhouse", "solar", other)
            cover = "road" if clip["cover"] == "road" else str(rng.choice(kinds))
            made = {**clip, "cover": cover, "values": acted(clip, cover, rng)}
            seen = measure(made, outlined(clip, rng), age, rng, 0.0)
            if seen is not None:
                yield seen, made, age, False


def acted(clip: Clip, cover: str, rng: np.random.Generator) -> NDArray[np.int16]:
    """Counts (p, t, b) with the ground of a cover from the onset on, in place of the patch's."""
    since = np.flatnonzero(clip["days"] >= clip["onset"])
    inside = np.flatnonzero(clip["core"])
    soil = np.nanmedian(clip["soil"], axis=0)
    wet = np.nan_to_num(np.log(clip["soil"][since] / soil))
    early = clip["days"][since] < clip["onset"] + rng.choice((0.0, 1.0)) * rng.uniform(0, 60)
    works = soil * rng.uniform(0.9, 1.6) * rng.uniform(0.9, 1.1, 6) * np.exp(wet)
    ground = soil * rng.uniform(0.8, 1.4) * np.exp(rng.uniform(0, 1) * wet)
    share = rng.uniform(*SHARES[cover]) + rng.normal(0, rng.uniform(0, 0.12), (inside.size, 1, 1))
    share = np.clip(share, 0, 1)
    leaves = rng.uniform(0, GREEN[cover]) * rng.uniform(0, 1, (1, since.size, 1)) ** 2
    mixed = rng.uniform(0, 1, (inside.size, 1, 1)) ** rng.uniform(0.2, 5)
    made = mixed * _material(cover, rng) + (1 - mixed) * _material(cover, rng)
    own = share * made + (1 - share) * ground
    own = np.where(early[:, None], works, own * (1 - leaves) + MATERIALS["weeds"] * leaves)
    light = np.exp(rng.normal(0, rng.uniform(0.03, 0.15), (since.size, 1)))
    haze = np.abs(rng.normal(0, 0.006, (since.size, 1))) * np.array([1, 0.8, 0.6, 0, 0, 0])
    pixel = np.exp(rng.normal(0, rng.uniform(0.02, 0.12), (inside.size, 1, 1)))
    lit = own * pixel * light * rng.normal(1, 0.02, own.shape) + haze
    out = clip["values"].copy()
    out[np.ix_(inside, since)] = np.clip(np.rint(lit * 1e4), 1, 20000)
    return np.asarray(out)


def _material(cover: str, rng: np.random.Generator) -> NDArray[np.float64]:
    """One individual (b,) of what a cover is made of."""
    names = MADE_OF[cover]
    parts = rng.dirichlet(np.full(len(names), 0.5))
    spectra = np.array([MATERIALS[name] for name in names])
    one = parts @ (spectra * (1 + rng.uniform(-0.2, 0.2, spectra.shape)))
    return np.asarray(one * np.exp(rng.normal(0, 0.1)))


def fit(taught: Sequence[Row]) -> Taught:
    """Two perceptrons whose log odds are averaged, which makes them one of twice the size."""
    names = tuple(taught[0][0])
    values = np.array([[row[0][name] for name in names] for row in taught])
    means, scales = np.nanmean(values, axis=0), np.nanstd(values, axis=0) + 1e-6
    steps = np.clip(np.nan_to_num((values - means) / scales, nan=0.0), -REACH, REACH)
    kinds = np.array([row[1]["cover"] for row in taught])
    size = {kind: (kinds == kind).sum() for kind in np.unique(kinds)}
    weight = np.array([size[kind] ** -0.5 for kind in kinds])
    parts = []
    for seed in range(NETWORKS):
        rng = np.random.default_rng(seed)
        drawn = rng.choice(kinds.size, kinds.size, p=weight / weight.sum())
        network = MLPClassifier(
            (QUESTIONS,), "tanh", solver="lbfgs", alpha=STRENGTH, max_iter=150, random_state=seed
        )
        parts.append(network.fit(steps[drawn], kinds[drawn]))
    digits = np.round
    return Taught(
        names=names,
        means=tuple(digits(means, 4).tolist()),
        scales=tuple(digits(scales, 4).tolist()),
        reach=REACH,
        questions=tuple(
            tuple(row) for part in parts for row in digits(part.coefs_[0].T, 3).tolist()
        ),
        thresholds=tuple(v for part in parts for v in digits(part.intercepts_[0], 3).tolist()),
        covers=tuple(str(kind) for kind in parts[0].classes_),
        answers=tuple(
            tuple(row)
            for row in digits(
                np.hstack([part.coefs_[1].T for part in parts]) / NETWORKS, 3
            ).tolist()
        ),
        starts=tuple(digits(np.mean([part.intercepts_[1] for part in parts], axis=0), 3).tolist()),
    )


def named(known: Taught, told: Sequence[Row]) -> list[str]:
    """What each patch is called."""
    return [covers.decide(covers.shares(known, row[0])) for row in told]


def held_out(told: Sequence[Row], groups: Sequence[int]) -> list[str]:
    """What each patch is called by what the other groups taught; "" for altered copies."""
    out = [""] * len(told)
    for group in sorted(set(groups)):
        known = fit([row for row, one in zip(told, groups, strict=True) if one != group])
        rest = [n for n, one in enumerate(groups) if one == group and told[n][3]]
        for n, name in zip(rest, named(known, [told[n] for n in rest]), strict=True):
            out[n] = name
    return out


def report(title: str, told: Sequence[Row], names: Sequence[str], pace: str) -> None:
    """Print how many are right: of those of the size and age that DESIGN 7 asks for."""
    least = 60 if pace == "fast" else 200
    for part, small, large, shifted in (
        ("default, 1000 m2 on", 1000, math.inf, False),
        ("shifted, 1000 m2 on", 1000, math.inf, True),
        ("all, 400-1000 m2", 400, 1000, None),
    ):
        chosen = [
            (row[1]["cover"], name)
            for row, name in zip(told, names, strict=True)
            if name
            and row[2] >= least
            and small <= row[1]["area"] < large
            and shifted in (None, row[1]["world"].endswith("shifted"))
        ]
        if chosen:
            print(f"{title}, {part}: {counts(chosen)}")
            if small == 1000:
                print(matrix(chosen))


def counts(chosen: Sequence[tuple[str, str]]) -> str:
    """Share of conversion classes and of covers that are right, and macro-F1 of covers."""
    true, called = zip(*chosen, strict=True)
    sides = [
        one != "unknown" and (one in covers.NON_GRAIN) == (kind in covers.NON_GRAIN)
        for kind, one in chosen
    ]
    kinds = sorted(set(true))
    f1 = f1_score(true, called, labels=kinds, average="macro", zero_division=0)
    same = np.mean([kind == one for kind, one in chosen])
    return f"n {len(chosen)}, class {np.mean(sides):.3f}, cover {same:.3f}, macro-F1 {f1:.3f}"


def matrix(chosen: Sequence[tuple[str, str]]) -> str:
    """Truth down, called across."""
    true, called = zip(*chosen, strict=True)
    kinds = sorted({*true, *called})
    table = confusion_matrix(true, called, labels=kinds)
    head = " " * 12 + " ".join(f"{kind[:6]:>6}" for kind in kinds)
    lines = [
        f"{kind:12}" + " ".join(f"{count:6d}" for count in line)
        for kind, line in zip(kinds, table, strict=True)
        if line.sum()
    ]
    return "\n".join([head, *lines])


def written(known: Mapping[str, Taught], source: str) -> str:
    """The rules file."""
    out = [
        "# What known covers taught: numbers of a patch, questions about them, and how each answer",
        "# speaks for each cover. farmland/rules/covers.py says how they are put together.",
        f'# Source of all: "{source}"',
    ]
    for pace, one in known.items():
        out += [f"\n[{pace}.reach]", f"value = {one.reach}"]
        out += ['unit = "standard deviations"']
        out += ['source = "beyond what was taught a straight line is a guess"']
        for name, mean, scale in zip(one.names, one.means, one.scales, strict=True):
            out += [f"[[{pace}.numbers]]", f'name = "{name}"', f"mean = {mean}", f"scale = {scale}"]
        for weights, threshold in zip(one.questions, one.thresholds, strict=True):
            out += [f"[[{pace}.questions]]", f"threshold = {threshold}", f"weights = {[*weights]}"]
        for name, answers, start in zip(one.covers, one.answers, one.starts, strict=True):
            out += [f"[[{pace}.covers]]", f'name = "{name}"', f"start = {start}"]
            out += [f"answers = {[*answers]}"]
    return "\n".join(out) + "\n"


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("folder", type=Path)
    words.add_argument("--make", action="store_true")
    words.add_argument("--write", action="store_true")
    words.add_argument("--implants", action="store_true")
    words.add_argument("--check", action="store_true", help="leave out counties and regions")
    options = words.parse_args()
    if options.make:
        options.folder.mkdir(parents=True, exist_ok=True)
        make(options.folder)
    kept = sorted(options.folder.glob("clips-*.pickle"))
    given = [clip for path in kept for clip in pickle.loads(path.read_bytes())]  # noqa: S301
    known = {}
    for pace in COVERS if options.check or options.write else ():
        told = list(rows(given, pace))
        told += staged(given) if pace == "fast" else ()
        if options.check:
            places = sorted({row[1]["world"] for row in told})
            spread = [places.index(row[1]["world"]) % FOLDS for row in told]
            report(f"{pace}, counties left out", told, held_out(told, spread), pace)
            own = [REGIONS.index(row[1]["world"].split("-")[0]) for row in told]
            report(f"{pace}, regions left out", told, held_out(told, own), pace)
        known[pace] = fit(told)
    if options.write:
        source = f"benchmarks/calibrate_covers.py on {len(kept)} simulated counties"
        TARGET.write_text(written(known, source), "utf-8")
    if options.implants:
        check_implants()


def check_implants() -> None:
    """Published spectra and real yards in real series, by the numbers in the rules file."""
    data = os.environ.get("FARMLAND_SHARED", Path(__file__).parents[2] / "shared")
    groups: dict[str, list[tuple[str, str]]] = {}
    rng = np.random.default_rng(0)
    for case in implants.cases(Path(data) / "data"):
        for clip in clips(case):
            seen = measure(clip, clip["core"], int(case.stack.days[-1] - clip["onset"]), rng, 0.0)
            if seen is not None:
                name = covers.decide(covers.shares(covers.taught("fast"), seen))
                groups.setdefault(case.group, []).append((clip["cover"], name))
    for group, chosen in groups.items():
        print(f"{group}: {counts(chosen)}\n{matrix(chosen)}")


if __name__ == "__main__":
    main()
