"""Whole runs on a server with all faults at random: the same answer, or 3 and what stayed unread.

A run that is given 0 has the answer of a run without faults, cell for cell. One that is given 3
names blocks of scenes: those that the server never gave, and none that it did not spoil.
"""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flow.running import Place, assert_same, environment, wait_for, words
from mischief import FAULTS, FINAL, HARMLESS, Mischief, Request, hurry
from servers import Api, stac_api

from farmland import flow
from farmland.cli import main
from farmland.flow import account
from farmland.flow.radiance import Missed, Settled
from farmland.io import geopackage
from farmland.io.bands import fetch
from farmland.periods import Period
from farmland.plan import Plan
from farmland.result import Result

pytestmark = pytest.mark.filterwarnings("ignore::farmland.errors.FarmlandWarning")

FEW = {"after": "2024-04/2024-05", "before": "2024-01/2024-03", "history": "2024-01/2024-03"}
"""A record of a few scenes: one block that stays unread is more than a hundredth."""

ALL = tuple(sorted(FAULTS))

PASSING = tuple(sorted(set(FAULTS) - FINAL))
"""Faults after which the same request may be asked again."""

SEEDS = 4
"""Runs for each rate."""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@dataclass
class Ran:
    """A run, and what the server knows of it."""

    result: Result
    blocks: slice
    """Requests while blocks were read."""
    log: list[Request] = field(default_factory=list)

    @property
    def unread(self) -> set[tuple[str, str]]:
        """Scene and band of what stayed unread, overviews left out."""
        return {(one["item_id"], one["band"]) for one in self.listed if one["box"]}

    @property
    def listed(self) -> list[dict[str, Any]]:
        return list(self.result.run["unread"])

    def spoilt(self) -> set[tuple[str, str]]:
        """Scene and band of files of which anything was spoilt."""
        return {_file(one) for one in self.log if _harmful(one)}

    def never_given(self) -> set[tuple[str, str]]:
        """Scene and band of files of which a part was asked for by a block and never came."""
        turns: dict[tuple[str, int, int], list[bool]] = defaultdict(list)
        for one in self.log[self.blocks]:
            slight = one.fault == "flipped" and one.start == 0  # a bit that may mean nothing
            turns[one.path, one.start, one.stop].append(_harmful(one) and not slight)
        return {_file(Request(*asked, "")) for asked, bad in turns.items() if all(bad)}


def _harmful(one: Request) -> bool:
    return bool(one.fault) and one.fault not in HARMLESS


def _file(one: Request) -> tuple[str, str]:
    scene, band = Path(one.path).parts[-2:]
    return scene, band.removesuffix(".tif")


def run_on(place: Place, api: Api | None, **periods: str) -> Ran:
    """Run the main job in this process, on a server or on the folder."""
    marks = {}

    def tell(stage: str, done: int, total: int) -> None:
        if api is not None and api.mischief is not None and done == 0:
            marks[stage] = len(api.mischief.log)

    plan = Plan(
        parcels=place.parcels,
        out="x.gpkg",
        catalog=api.url if api is not None else place.catalog,
        **{name: Period.parse(text) for name, text in periods.items()},
    )
    result = flow.detect(plan, tell)
    log = list(api.mischief.log) if api is not None and api.mischief is not None else []
    return Ran(result, slice(marks.get("blocks", 0), marks.get("result", 0)), log)


@pytest.fixture(scope="module")
def whole(county: Place) -> Result:
    """A run in which nothing fails."""
    result = run_on(county, None, **FEW).result
    assert flow.exit_code(result) == 0
    assert result.run["unread"] == []
    return result


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[str]:
    """The address of a server that nobody may ask."""
    with stac_api(tmp_path) as api:
        yield api.url.replace("127.0.0.1", "localhost")
        assert api.log == []


def assert_honest(ran: Ran, whole: Result) -> None:
    """The same answer and 0, or 3 and each block that stayed unread by name."""
    run = ran.result.run
    assert run["unread_total"] == run["counts"]["reads_failed"] == len(ran.listed)
    if run["unread_total"] == 0:
        assert flow.exit_code(ran.result) == 0
        assert_same(ran.result, whole)
    else:
        assert flow.exit_code(ran.result) == 3
        assert {(one["item_id"], one["band"]) for one in ran.listed} <= ran.spoilt()
    assert ran.never_given() <= ran.unread
    failed = ran.result.scenes.set_index("item_id")["blocks_failed"]
    assert {item for item, _ in ran.unread} == set(failed.index[failed > 0])


@pytest.mark.parametrize(
    ("rate", "seed"),
    [(rate, seed) for rate in (0.01, 0.1, 0.4) for seed in range(SEEDS)],
)
def test_the_same_answer_or_3_with_every_block_named(
    rate: float, seed: int, whole: Result, county: Place, stranger: str
) -> None:
    mischief = Mischief(ALL, rate, seed, stranger=stranger)
    with stac_api(county.folder, mischief=mischief) as api:
        ran = run_on(county, api, **FEW)
    assert {one.fault for one in ran.log} - {""}
    assert_honest(ran, whole)


def test_faults_that_pass_change_no_conversion(county: Place, stranger: str) -> None:
    """Two years of scenes, so that there is something to find."""
    expected = run_on(county, None, after=county.after).result
    assert len(expected.conversions) >= 5
    with stac_api(county.folder, mischief=Mischief(PASSING, 0.02, stranger=stranger)) as api:
        ran = run_on(county, api, after=county.after)
    assert len(ran.spoilt()) > 20
    assert ran.result.run["unread"] == []
    assert_same(ran.result, expected)


# --- as people run it --------------------------------------------------------


def given(county: Place, api: Api, out: Path) -> list[str]:
    periods = [part for name, text in FEW.items() for part in (f"--{name}", text)]
    return ["detect", county.parcels, *periods, "--catalog", api.url, "--out", str(out)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_stays_unread_is_said_and_listed(
    language: str, county: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "x.gpkg"
    with stac_api(county.folder, mischief=Mischief(ALL, 0.4, seed=1)) as api:
        assert main([*given(county, api, out), "--lang", language]) == 3
    said = capsys.readouterr().err
    kept = geopackage.read(out).run
    assert kept == json.loads((tmp_path / "x/run.json").read_text("utf-8"))
    entries = kept["unread"]
    assert len(entries) == kept["unread_total"] > 0
    scenes = {entry["item_id"] for entry in entries}
    assert len(scenes) == kept["unread_scenes"]
    sentence = {
        "en": f"{len(entries)} blocks of {len(scenes)} scenes stayed unread: {tmp_path}/x/run.json",
        "zh": f"{len(scenes)} 景影像中有 {len(entries)} 块未能读取：清单见 {tmp_path}/x/run.json",
    }
    assert sentence[language] in said
    for entry in entries:
        assert set(entry) == {"item_id", "band", "crs", "box", "reason"}
        assert entry["reason"]
        assert "http" not in entry["reason"]
        if entry["box"]:
            left, bottom, right, top = entry["box"]
            assert entry["crs"] == "EPSG:32650"
            assert 0 < right - left < 110_000
            assert 0 < top - bottom < 110_000


def test_the_list_is_bounded() -> None:
    missed = tuple(Missed(f"{number:05}", "red", "x") for number in range(1500))
    told = account.unread((), Settled({}, {}, {}, missed))
    assert len(told["unread"]) == 1000
    assert told["unread_total"] == told["unread_scenes"] == 1500


def test_a_server_that_is_killed_and_comes_back_costs_nothing(
    county: Place, whole: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "OUTAGE_SECONDS", 60.0)
    mischief = Mischief()
    with stac_api(county.folder, mischief=mischief) as api, ThreadPoolExecutor(1) as pool:
        running = pool.submit(run_on, county, api, **FEW)
        wait_for(lambda: len(mischief.log) > 60)
        mischief.down = True
        time.sleep(3.0)
        mischief.down = False
        ran = running.result()
    assert {one.fault for one in ran.log} == {"", "down"}
    assert ran.result.run["unread"] == []
    assert_same(ran.result, whole)


def test_kill_9_leaves_the_earlier_result_and_a_rerun_finishes(
    county: Place, whole: Result, tmp_path: Path
) -> None:
    out = tmp_path / "x.gpkg"
    mischief = Mischief(("onward",), 0.5)
    with stac_api(county.folder, mischief=mischief, asset_slow=0.02) as api:
        assert main([*given(county, api, out), "-q"]) == 0
        earlier, asked = out.read_bytes(), len(mischief.log)
        for share in (0.1, 0.5, 0.9):
            mischief.log.clear()
            with subprocess.Popen(
                words(*given(county, api, out)),
                stderr=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=environment(),
            ) as process:
                wait_for(lambda: len(mischief.log) > share * asked)  # noqa: B023
                process.send_signal(signal.SIGKILL)
            assert process.returncode == -signal.SIGKILL
            assert out.read_bytes() == earlier
        assert main([*given(county, api, out), "-q"]) == 0
    assert_same(geopackage.read(out), whole)
