"""Written margins on typical spectra: named as DOMAIN 2.5 describes them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland.detect import covers, margins
from farmland.detect.margins import Behaviour
from farmland.detect.outlines import Shape

FIELD = Shape(pixels=40, length=80, width=50, fill=0.85)
STRIP = Shape(pixels=30, length=240, width=12.5, fill=0.9)
LARGE = Shape(pixels=400, length=220, width=90, fill=0.45)

TURBID = (0.075, 0.100, 0.095, 0.070, 0.030, 0.020)
CLEAN = (0.045, 0.050, 0.030, 0.020, 0.010, 0.008)
WHITE_ROOF = (0.380, 0.400, 0.410, 0.430, 0.400, 0.360)
CONCRETE = (0.190, 0.210, 0.230, 0.260, 0.290, 0.270)
LOESS = (0.090, 0.130, 0.190, 0.260, 0.340, 0.290)
FILM = (0.160, 0.190, 0.190, 0.300, 0.270, 0.210)
PANELS = (0.075, 0.080, 0.085, 0.105, 0.130, 0.115)


def seen(spectrum: tuple[float, ...], looks: int = 12, noise: float = 0.03) -> Behaviour:
    random = np.random.default_rng(5)
    return margins.behaviour(np.array(spectrum) * random.normal(1, noise, (looks, 6)))


@pytest.mark.parametrize(
    ("spectrum", "shape", "cover"),
    [
        (TURBID, FIELD, "pond"),
        (CLEAN, FIELD, "pond"),
        (CLEAN, LARGE, "lake"),
        (WHITE_ROOF, FIELD, "built"),
        (CONCRETE, FIELD, "built"),
        (LOESS, FIELD, "earthwork"),
        (LOESS, STRIP, "road"),
        (CONCRETE, STRIP, "road"),
        (FILM, FIELD, "greenhouse"),
        (PANELS, FIELD, "solar"),
    ],
)
def test_typical_spectra_are_named(spectrum: tuple[float, ...], shape: Shape, cover: str) -> None:
    assert covers.decide(margins.beliefs(seen(spectrum), shape)) == cover


def test_published_spectra_of_water_and_town_are_told_apart(shared: Path) -> None:
    """Landsat bands 2-7 of the spyndex sample."""
    sample = json.loads((shared / "data" / "refs" / "spyndex" / "spectral.json").read_text())
    bands = np.array([list(sample[f"SR_B{n}"].values()) for n in range(2, 8)]).T
    kinds = np.array(list(sample["class"].values()))
    named = {
        kind: [
            covers.decide(margins.beliefs(margins.behaviour(one[None]), FIELD))
            for one in bands[kinds == kind]
        ]
        for kind in ("Water", "Urban")
    }
    assert named["Water"].count("pond") >= 0.9 * len(named["Water"])
    assert not {"pond", "lake"} & set(named["Urban"])


def test_a_white_roof_is_no_water_whatever_its_index() -> None:
    """MNDWI of white metal is above zero: water is dark besides."""
    roof = (0.42, 0.44, 0.42, 0.41, 0.33, 0.25)
    assert (roof[1] - roof[4]) / (roof[1] + roof[4]) > 0.1
    assert seen(roof).water == 0
    assert seen(CLEAN).water == 1


def test_the_works_do_not_speak() -> None:
    """A third of the looks shows bare earth before the water comes."""
    spectra = np.array([LOESS] * 4 + [CLEAN] * 8)
    assert covers.decide(margins.beliefs(margins.behaviour(spectra), FIELD)) == "pond"


@st.composite
def behaviours(draw: st.DrawFn) -> Behaviour:
    looks = draw(st.integers(1, 12))
    seed = draw(st.integers(0, 2**32 - 1))
    return margins.behaviour(np.random.default_rng(seed).uniform(0.001, 0.6, (looks, 6)))


SHAPES = st.builds(
    Shape,
    st.integers(4, 2000),
    st.floats(20, 1000),
    st.floats(5, 300),
    st.floats(0.05, 1),
)


@given(behaviours(), SHAPES)
def test_beliefs_add_up_to_one(behaviour: Behaviour, shape: Shape) -> None:
    believed = margins.beliefs(behaviour, shape)
    assert sum(believed.values()) == pytest.approx(1)
    assert all(0 <= share <= 1 for share in believed.values())
    assert covers.decide(believed) in {*believed, "unknown"}
