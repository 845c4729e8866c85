"""Methods of composites: which there are, and that each is what its name says."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from farmland.errors import WrongUsage
from farmland.imagery import compositing
from farmland.imagery.compositing import Method

DAYS = np.array([0, 3, 10, 11, 25], np.int16)


@pytest.fixture(scope="module")
def index() -> NDArray[np.float32]:
    """(5, 40), a third missing; the first pixel has no look, the second one."""
    random = np.random.default_rng(1)
    values = random.uniform(-1, 1, (5, 40)).astype(np.float32)
    values[random.random(values.shape) < 0.3] = np.nan
    values[:, 0] = np.nan
    values[:, 1] = [np.nan, np.nan, 0.25, np.nan, np.nan]
    return values


@pytest.mark.parametrize("text", ["mean", "q0", "q100", "q05", "q", "", "median2", "q5.5"])
def test_other_names_are_wrong_usage(text: str) -> None:
    with pytest.raises(WrongUsage, match="is no composite: give one of median, max") as fault:
        Method.parse(text)
    assert "不是已知的合成方法" in fault.value.chinese


def test_names_are_understood() -> None:
    assert [Method.parse(text).name for text in ("Median", " q5 ", "q99", "MAX")] == [
        "median",
        "q5",
        "q99",
        "max",
    ]
    assert [Method.parse(text).spectral for text in ("medoid", "geomedian", "q5")] == [1, 1, 0]
    assert [Method.parse(text).dated for text in ("medoid", "geomedian", "max")] == [1, 0, 1]


@pytest.mark.parametrize(("name", "share"), [("median", 0.5), ("q10", 0.1), ("q90", 0.9)])
@pytest.mark.filterwarnings("ignore:All-NaN")
def test_quantiles_are_those_of_numpy(name: str, share: float, index: NDArray[np.float32]) -> None:
    found = compositing.of_index(Method(name), index, DAYS)
    expected = np.nanquantile(index.astype(np.float64), share, axis=0)
    np.testing.assert_allclose(found.values[0], expected, atol=1e-6)
    assert found.days is None


def test_the_maximum_has_the_day_of_its_look(index: NDArray[np.float32]) -> None:
    found = compositing.of_index(Method("max"), index, DAYS)
    assert found.days is not None
    assert np.isnan(found.values[0, 0])
    assert found.days[:2].tolist() == [compositing.NO_DAY, 10]
    filled, none = np.where(np.isnan(index), -9, index), np.isnan(index).all(axis=0)
    largest, when = filled.max(axis=0), DAYS[filled.argmax(axis=0)]
    np.testing.assert_array_equal(found.values[0], np.where(none, np.nan, largest))
    np.testing.assert_array_equal(found.days, np.where(none, compositing.NO_DAY, when))


def test_spectra_are_nearest_to_all_looks() -> None:
    random = np.random.default_rng(2)
    values = random.uniform(0, 0.4, (3, 5, 30)).astype(np.float32)
    values[:, random.random((5, 30)) < 0.3] = np.nan
    values[:, :, 0] = np.nan
    medoid = compositing.of_bands(Method("medoid"), values, DAYS)
    middle = compositing.of_bands(Method("geomedian"), values, DAYS)
    assert medoid.days is not None
    assert middle.days is None
    assert medoid.days[0] == compositing.NO_DAY
    for found in (medoid, middle):
        assert np.isnan(found.values[:, 0]).all()

    def far(point: NDArray[np.float32], p: int) -> float:
        away = values[:, :, p].astype(np.float64) - point[:, None]
        return float(np.nansum(np.sqrt((away**2).sum(axis=0))))

    for p in range(1, 30):
        whole = np.flatnonzero(np.isfinite(values[0, :, p]))
        if not whole.size:
            continue
        sums = [far(values[:, t, p], p) for t in whole]
        best = far(medoid.values[:, p], p)
        assert best <= min(sums) + 1e-5
        at = int(np.flatnonzero(medoid.days[p] == DAYS)[0])
        np.testing.assert_array_equal(medoid.values[:, p], values[:, at, p])
        assert far(middle.values[:, p], p) <= best + 1e-5
        for shift in random.normal(0, 0.01, (5, 3)).astype(np.float32):
            assert far(middle.values[:, p], p) <= far(middle.values[:, p] + shift, p) + 1e-5
