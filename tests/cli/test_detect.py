"""``detect``, ``scenes``, ``report`` and ``doctor`` as people and programs call them."""

import json
import os
import pty
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import geopandas as gpd
import pytest

from farmland.cli import main

AFTER = "2019-06-01/2019-11-30"


@pytest.fixture(scope="module")
def flanders(shared):
    return shared / "data" / "s2_flanders_2018_2019"


@pytest.fixture(scope="module")
def few(flanders, tmp_path_factory):
    """Two of the Flanders parcels, with a column that is not text from a friend."""
    folder = tmp_path_factory.mktemp("few")
    table = gpd.read_file(flanders / "parcels.gpkg").iloc[:2]
    table["note"] = ["\x1b[31m<b>red</b>", "=1+1"]
    table.to_file(folder / "few.gpkg")
    return folder


@pytest.fixture(scope="module")
def plan(few, flanders):
    path = few / "plan.toml"
    path.write_text(
        f"""parcels = "few.gpkg"
catalog = "{flanders / "catalog.json"}"
offline = true
before = "2018-08-01/2019-05-31"
after = "2019-06-01/2019-07-31"
lang = "zh"
""",
        "utf-8",
    )
    return path


@pytest.fixture(scope="module")
def done(plan, few):
    """A whole run in a real process, as cron would start it."""
    words = ["detect", "--plan", str(plan), "--after", AFTER, "--out", str(few / "x.gpkg")]
    return subprocess.run(
        [sys.executable, "-m", "farmland", *words, "--json", "--log-json"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
    )


def test_a_run_gives_numbers_on_stdout_and_talk_on_stderr(done, few):
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["exit_code"] == 0
    assert said["parcels"] == sum(said["status"].values()) == 2
    assert said["conversions"] == said["confirmed"] + said["candidates"]
    assert said["written"][0] == str(few / "x.gpkg")
    assert all(Path(path).exists() for path in said["written"])
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert {"parcels", "scenes", "blocks"} <= {event.get("stage") for event in events}
    assert sorted(few.glob(".*")) == []


def test_an_option_beats_the_plan_and_the_plan_beats_the_default(done, few):
    run = gpd.read_file(few / "x.gpkg", layer="run").set_index("key")["value"].map(json.loads)
    assert run["periods"]["after"] == AFTER
    assert run["periods"]["before"] == "2018-08-01/2019-05-31"
    assert run["plan"]["lang"] == "zh"
    assert run["plan"]["rules"] == "cn"


def test_the_text_for_people_says_that_it_is_a_clue(done, plan, few, capsys):
    words = ["detect", "--plan", str(plan), "--out", str(few / "y.gpkg"), "-q"]
    assert main(words) == 0
    said = capsys.readouterr()
    assert "保持耕种 2" in said.out
    assert "线索" in said.out
    assert str(few / "y" / "report.html") in said.out
    assert "/" not in said.err  # -q: no progress


@pytest.mark.parametrize(
    ("words", "said"), [([], "没有指明时段"), (["--lang", "en"], "It is not said which period")]
)
def test_the_language_of_a_plan_yields_to_the_option(words, said, plan, capsys):
    assert main(["scenes", "--plan", str(plan), *words]) == 2
    assert said in capsys.readouterr().err
    assert main([*words, "scenes", "--plan", str(plan)]) == 2
    assert said in capsys.readouterr().err


def test_a_terminal_shows_a_moving_bar(plan, few):
    """On a real terminal, with its own escape codes and nothing from a table of parcels."""
    screen, terminal = pty.openpty()
    words = ["scenes", "--plan", str(plan), "--period", "2018-08"]
    with subprocess.Popen(
        [sys.executable, "-m", "farmland", *words], stdout=subprocess.PIPE, stderr=terminal
    ) as run:
        os.close(terminal)
        out = run.stdout.read().decode()
        shown = b""
        while True:
            try:
                piece = os.read(screen, 4096)
            except OSError:
                break
            if not piece:
                break
            shown += piece
    os.close(screen)
    assert "S2_20180804_0_L2A" in out
    assert "█" in shown.decode()
    assert "查找影像" in shown.decode()


def test_scenes_as_json(plan, capsys):
    assert main(["scenes", "--plan", str(plan), "--period", "2018-08", "--json"]) == 0
    scenes = json.loads(capsys.readouterr().out)["scenes"]
    assert [scene["datetime"][:10] for scene in scenes] == sorted(
        scene["datetime"][:10] for scene in scenes
    )
    assert scenes[0]["item_id"] == "S2_20180804_0_L2A"
    assert set(scenes[0]["assets"]) >= {"red", "nir", "scl"}


def test_report_and_relink(done, few, tmp_path, capsys):
    page = few / "x" / "report.html"
    page.unlink()
    assert main(["report", str(few / "x.gpkg"), "--json"]) == 0
    assert str(page) in json.loads(capsys.readouterr().out)["written"]
    assert page.exists()
    (few / "x.gpkg").rename(few / "renamed.gpkg")
    try:
        assert main(["report", str(few / "renamed.gpkg"), "--relink"]) == 0
    finally:
        (few / "renamed.gpkg").rename(few / "x.gpkg")
    assert "renamed.gpkg" in capsys.readouterr().out


def test_explain_for_people_and_for_programs(done, few, capsys):
    words = ["explain", str(few / "x.gpkg"), "--parcel"]
    assert main([*words, "BE001", "--lang", "en"]) == 0
    text = capsys.readouterr().out
    assert "BE001" in text
    assert "2019-07-" in text
    assert main([*words, "BE001", "--json"]) == 0
    assert "BE001" in json.dumps(json.loads(capsys.readouterr().out))
    assert main([*words, "BE00", "--lang", "en"]) == 2
    assert "no parcel BE00" in capsys.readouterr().err


def test_the_demo_runs_in_an_empty_folder(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "farmland", "demo", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert run.returncode == 0, run.stderr
    written = [tmp_path / name for name in json.loads(run.stdout)["written"]]
    assert [path.name for path in written[:3]] == [
        "farmland-demo.gpkg",
        "report.html",
        "overview.png",
    ]
    assert all(path.exists() for path in written)
    assert len(gpd.read_file(written[0], layer="conversions")) > 0


# --- doctor ---------------------------------------------------------------------


@pytest.fixture
def catalog():
    """A catalog on loopback that answers, and counts who asked."""

    class Answer(BaseHTTPRequestHandler):
        asked: list[str] = []  # noqa: RUF012  # one server, one test

        def do_GET(self):
            self.asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", Answer.asked
        server.shutdown()


def test_doctor_asks_a_catalog_and_tells_of_one_that_is_away(catalog, capsys):
    address, asked = catalog
    assert main(["doctor", "--catalog", address, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["checks"][-1]["state"] == "fine"
    assert asked == ["/"]
    assert main(["doctor", "--catalog", "http://127.0.0.1:9", "--lang", "zh"]) == 5
    told = capsys.readouterr()
    assert "无法连接" in told.out
    assert "影像目录均无应答（共 1 个）" in told.err
    assert main(["doctor", "--catalog", address, "--offline", "--json"]) == 0
    checks = json.loads(capsys.readouterr().out)["checks"]
    assert asked == ["/"]
    assert {check["state"] for check in checks} == {"fine"}


def test_doctor_ends_well_while_one_of_the_catalogs_answers(catalog, capsys, monkeypatch):
    address, _ = catalog
    known = {"away": "http://127.0.0.1:9", "here": address}
    monkeypatch.setattr("farmland.io.catalog.CATALOGS", known)
    assert main(["doctor"]) == 0
    assert "unreachable" in capsys.readouterr().out


def test_doctor_tells_of_an_installation_that_is_not_whole(capsys, monkeypatch):
    monkeypatch.setattr("farmland.io.machine.PACKAGES", ("farmland", "no-such-package"))
    assert main(["doctor", "--offline", "--lang", "en"]) == 1
    told = capsys.readouterr()
    assert "pip install no-such-package" in told.out
    assert "The installation is not whole (no-such-package)" in told.err
