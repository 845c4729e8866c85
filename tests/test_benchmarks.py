"""The pages say what was measured, and nothing else; and the readers that compete are right."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


readme, record, kernels = load("readme"), load("record"), load("kernels")
rendering, summaries = load("rendering"), load("summaries")
reading_job, land = load("reading_job"), load("reading_county")
path, reading_tables = load("reading_path"), load("reading_tables")
peer, oracle, limit, serving, ours = map(load, ("peer", "oracle", "limit", "serving", "ours"))


@pytest.mark.parametrize("name", [*readme.FIRST, *readme.PAGES])
def test_the_pages_hold_the_measured_figures(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert text.count(readme.BEGIN) == text.count(readme.END) == 1
    figures = readme.figures(name, readme.measured())
    assert readme.replace_section(text, figures) == text, "make readme"


def test_every_result_stands_on_one_page() -> None:
    shown = [name for names in readme.PAGES.values() for name in names]
    assert sorted(shown) == sorted(readme.measured())


def test_the_first_pages_are_short() -> None:
    for name in readme.FIRST:
        assert (ROOT / name).read_text("utf-8").count("\n") < 250


def raced(*goals: dict[str, object], limit: float = 0.0) -> dict[str, object]:
    """A race in which ours takes 2 s on the clock and 4 s of CPU, the peer 10 and 40."""
    taken = {"ours": (2.0, 4.0), "peer": (10.0, 40.0)} | ({"limit": (limit, 1.0)} if limit else {})
    contestants = {
        name: {"wall": wall, "cpu": cpu, "peak_bytes": 0, "turns": 3}
        for name, (wall, cpu) in taken.items()
    }
    return {"stage": "s", "size": "n", "moved": 0, "contestants": contestants, "goals": goals}


@pytest.mark.parametrize(
    ("by", "must", "limit", "reached"),
    [
        ("wall", 5, 0.0, "yes"),
        ("wall", 6, 0.0, "by CPU"),
        ("cpu", 10, 0.0, "yes"),
        ("cpu", 11, 1.5, "no"),
        ("wall", 11, 1.6, "at the limit"),
    ],
)
def test_a_goal_is_met_by_time_or_at_a_limit(
    by: str, must: float, limit: float, reached: str
) -> None:
    goal = {"peer": "peer", "must": must, "stretch": 20, "by": by}
    (row,) = kernels.goals(raced(goal, limit=limit))
    assert row[3:5] == ["5.00", "10"]
    assert row[-1] == reached


def test_a_race_without_a_goal_is_told_against_every_peer() -> None:
    (row,) = kernels.goals(raced())
    assert row[2:] == ["peer", "5.00", "10", "–", "–", "–"]


RACE = """
import numpy as np
from races import limits

def test_sums(race):
    a = np.ones(1000, np.float32)
    same = lambda name, x, y: np.testing.assert_array_equal(x, y)
    race("sum", "1k", ours=a.sum, peers={"slow": lambda: sum(a) PLUS}, equal=same, moved=4000,
         limit=limits.read(4000), rounds=2)
"""


@pytest.mark.parametrize(("plus", "ends"), [("", 0), ("+ 1", 1)])
def test_nobody_races_before_the_answers_are_equal(tmp_path: Path, plus: str, ends: int) -> None:
    shutil.copytree(ROOT / "benchmarks" / "races", tmp_path / "races")
    (tmp_path / "races" / "race_sum.py").write_text(RACE.replace("PLUS", plus), "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "races/race_sum.py", "--benchmark-json=j"]
    told = subprocess.run(
        [*command, "-o", "pythonpath=."], cwd=tmp_path, check=False, capture_output=True
    )
    assert told.returncode == ends, told.stdout.decode()
    if not plus:
        race = json.loads((tmp_path / "j").read_text("utf-8"))["benchmarks"][0]["extra_info"][
            "race"
        ]
        assert list(race["contestants"]) == ["ours", "slow", "limit"]
        assert all(one["turns"] == 2 and one["wall"] > 0 for one in race["contestants"].values())


def test_a_record_becomes_a_section(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "RESULTS", tmp_path / "results")
    table = record.Table("Fast covers", ["cover", "recall"], [["built|house", 0.93]], "Five seeds.")
    path = record.write("accuracy", "Accuracy", "python benchmarks/accuracy.py", [table])
    section = rendering.section(json.loads(path.read_text("utf-8")))
    assert "### Accuracy\n\n**Fast covers**\n\n| cover | recall |\n| --- | --- |\n" in section
    assert "| built\\|house | 0.93 |\n\nFive seeds.\n" in section
    assert "cores" in section
    assert "farmland 0.1.0" in section


def test_the_section_is_replaced_and_the_rest_is_kept() -> None:
    page = f"before\n{readme.BEGIN}\nold\n{readme.END}\nafter\n"
    once = readme.replace_section(page, "\nnew\n")
    assert once.startswith("before\n")
    assert once.endswith(f"{readme.END}\nafter\n")
    assert "old" not in once
    assert "new" in once
    assert readme.replace_section(once, "\nnew\n") == once


def test_a_long_table_is_folded_and_a_short_one_is_not() -> None:
    table = {"title": "Covers", "columns": ["cover"], "rows": [["pond"]] * 15, "note": "Few."}
    assert rendering.told(table, "Covers").startswith("**Covers**\n\n| cover |\n| --- |\n")
    long = rendering.told({**table, "rows": [["pond"]] * 16}, "Covers")
    assert long.startswith("<details><summary>Covers</summary>\n\n| cover |")
    assert long.endswith("Few.\n\n</details>\n")


def test_beside_ours_stands_the_best_peer() -> None:
    columns = ["detector", "fast ≥ 1,000 m²", "false alarms", "F1 at 10 %"]
    rows = [
        ["ours", "80 (70–90; 77)", "0.10 (0.01–0.20; 99)", "0.90"],
        ["eager", "100 (95–100; 77)", "99.00 (98.00–99.90; 99)", "0.18"],
        ["careful", "50 (40–60; 77)", "1.00 (0.50–2.00; 99)", "0.60"],
    ]
    found = {"title": f"{summaries.FOUND}here", "columns": columns, "rows": rows}
    alone = {"title": f"{summaries.FOUND}there", "columns": columns, "rows": rows[:1]}
    page = summaries.contest({"tables": [found, alone]})
    told = "| here | 80 (70–90) | 0.10 (0.01–0.20) | careful | 50 (40–60) | 1.00 (0.50–2.00) |"
    assert page.splitlines()[-1] == told


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> object:
    """Six looks, some cloudy, at a tenth of a square kilometre."""
    root = tmp_path_factory.mktemp("counties")
    place = land.Place("test", land.EASTINGS[0], 4, 1, 0.5)
    scenario = land.Scenario("test", "a corner", (place,), land.FIRST)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(land, "BLOCK", 32)
        land.prepare(scenario, root)
    items = root / "items.json"
    items.write_text(json.dumps(land.collection(scenario, root, str(root))), "utf-8")
    return reading_job.Job(str(items), str(root / "reading-test.gpkg"), str(scenario.period))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")
def test_the_peer_gives_the_table_of_the_longest_way(job: object) -> None:
    expected = oracle.read(job).whole()
    assert expected.ndvi.shape[0] == 6
    assert 0.1 < (expected.clear > 0).mean() < 0.9
    for chunk in (64, 4096):
        reading_job.demand_equal(expected, peer.read(peer.prepare(job, chunk)).whole())


def test_ours_gives_the_table_of_the_longest_way(job: object) -> None:
    reading_job.demand_equal(oracle.read(job).whole(), ours.read(ours.prepare(job)).whole())


def test_one_pixel_or_a_shade_of_green_is_a_difference(job: object) -> None:
    found = oracle.read(job).whole()
    reading_job.demand_equal(found, found)
    more = dataclasses.replace(found, clear=found.clear + (found.clear == found.clear.max()))
    greener = dataclasses.replace(found, ndvi=found.ndvi + 2 * reading_job.TOLERANCE)
    for other in (more, greener):
        with pytest.raises(AssertionError):
            reading_job.demand_equal(found, other)


def test_a_table_written_in_parts_comes_back_in_the_order_of_the_layer(tmp_path: Path) -> None:
    days = np.array(["2024-03-01", "2024-03-06"], "datetime64[D]")
    clear, ndvi = np.arange(6).reshape(2, 3), np.linspace(0, 1, 6).reshape(2, 3)
    orders = np.array([2]), np.array([0, 1])
    parts = [reading_job.Part(o, 7 + o, clear[:, o], ndvi[:, o]) for o in orders]
    reading_job.Reading(days, iter(parts)).write(tmp_path / "kept.npy")
    expected = reading_job.Clean(days, np.array([7, 8, 9]), clear, ndvi)
    reading_job.demand_equal(expected, reading_job.written(tmp_path / "kept.npy"))


def test_the_limit_decodes_what_is_needed(job: object) -> None:
    needed, everything = (limit.decoding(job, everything=whole)() for whole in (False, True))
    assert everything == 6 * 3
    assert 6 < needed < everything


def test_the_tables_say_what_was_met_and_what_was_missed() -> None:
    days = np.array(["2024-03-01"], "datetime64[D]")
    found = reading_job.Clean(days, np.array([9]), np.array([[6]]), np.array([[0.5]]))
    mine, theirs = (
        path.Cost(s + 1, s, s, m, 10, b) for s, m, b in ((1.0, 99.0, 7), (4.0, 300.0, 10))
    )
    measured = [
        reading_tables.Measured(scenario, source, name, (cost,) * 3, found)
        for scenario in land.SCENARIOS
        for source in ("disk", "http")
        for name, cost in (("ours", mine), ("peer", theirs))
        if scenario.compared or name == "ours"
    ]
    county, _, memory, goals = reading_tables.tables(measured, "ours", 2, 1.5)
    assert county.rows[2][2] == "2.5 times as fast (2.5 to 2.5)"
    assert county.rows[2][3] == "**4.0 times as fast** (4.0 to 4.0)"
    assert "67% of them clear" in county.note
    assert len(memory.rows) == 2 * len(land.SCENARIOS)
    met = {row[0].split(":")[0]: row[-1] for row in goals.rows}
    assert met == {
        "times as fast from pixels on": "met",
        "share of bytes": "missed",
        "peak MiB, any size": "met",
    }
    assert "1.5" in goals.note


def test_parcels_lie_whole_in_a_share_of_the_blocks() -> None:
    window = land.Window(0, 0, 4 * land.BLOCK, 4 * land.BLOCK)
    side = land.BLOCK * land.PIXEL_M
    x, y = np.meshgrid(np.arange(0.5, 8) * side / 2, -np.arange(0.5, 8) * side / 2)
    points = land.gpd.points_from_xy(x.ravel(), y.ravel(), crs=land.CRS)
    parcels = land.gpd.GeoDataFrame(geometry=points.buffer(10.0))
    kept = land.kept(dataclasses.replace(land.WEST, blocks=4), window, parcels)
    assert len(kept) == 4 * round(16 / 3)


def test_the_server_counts_what_it_is_asked(tmp_path: Path) -> None:
    if shutil.which("nginx", path="/usr/sbin:/usr/bin") is None:
        with pytest.raises(SystemExit, match="apt-get install nginx-light"):
            serving.serving(tmp_path, tmp_path / "nginx").__enter__()
        return
    (tmp_path / "shown").mkdir()
    (tmp_path / "shown" / "ten.tif").write_bytes(b"0123456789")
    with serving.serving(tmp_path / "shown", tmp_path / "nginx") as server:

        def ask() -> None:
            address = f"{server.address}/ten.tif"
            part = urllib.request.Request(address, headers={"Range": "bytes=2-4"})  # noqa: S310
            for wanted in (address, part):
                with urllib.request.urlopen(wanted) as answer:  # noqa: S310
                    answer.read()

        asked = server.during(ask)
        assert (asked.requests, asked.bytes) == (2, 13)
        assert server.during(ask, without="ten.tif").requests == 0
