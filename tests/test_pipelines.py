"""The nightly pipeline, run for real: lock, dated folder, log, pointer and exit codes."""

from __future__ import annotations

import configparser
import fcntl
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from farmland.plan import Plan, read_plan

ROOT = Path(__file__).resolve().parent.parent
PIPELINES = ROOT / "pipelines"


FARMLAND = Path(sys.executable).with_name("farmland")


def nightly(
    plan: Path, archive: Path, program: Path = FARMLAND
) -> subprocess.CompletedProcess[str]:
    """Run it as cron does: from elsewhere, with a bare environment."""
    return subprocess.run(
        [PIPELINES / "nightly.sh", plan, archive],
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "FARMLAND": str(program)},
        capture_output=True,
        text=True,
    )


def log_of(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text("utf-8").splitlines()]


def test_the_plan_is_one_that_farmland_understands() -> None:
    plan = Plan(**read_plan(PIPELINES / "county.toml"))
    assert plan.offline
    assert Path(plan.catalog).resolve() == ROOT / "data" / "samples" / "catalog.json"
    assert Path(plan.parcels).is_file()


@pytest.mark.slow
def test_a_night_leaves_a_dated_folder_with_result_summary_and_log(tmp_path: Path) -> None:
    archive = tmp_path / "results"
    first = nightly(PIPELINES / "county.toml", archive)
    assert first.returncode == 0, first.stderr
    folder = (archive / "latest").resolve()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", folder.name)
    assert (folder / "county.gpkg").stat().st_size > 0
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    assert summary["written"][0] == "county.gpkg"
    assert all((folder / name).exists() for name in summary["written"])
    log = log_of(folder)
    assert len(log) > 3
    assert (log[-1]["event"], log[-1]["exit_code"]) == ("exit", 0)
    assert not (archive / ".running").exists()


@pytest.mark.parametrize("code", [0, 3, 5, 130])
def test_only_runs_that_leave_a_result_are_published(code: int, tmp_path: Path) -> None:
    program = tmp_path / "farmland"
    program.write_text(f"#!/bin/sh\necho '{{}}'\nexit {code}\n")
    program.chmod(0o755)
    archive = tmp_path / "results"
    for _ in range(2):
        assert nightly(PIPELINES / "county.toml", archive, program).returncode == code
    published = code in {0, 3}
    shelf = archive if published else archive / "failed"
    nights = sorted(path.name for path in shelf.glob("2*"))
    assert len(nights) == 2
    assert nights[1].startswith(nights[0])
    assert log_of(shelf / nights[1])[-1]["exit_code"] == code
    assert (archive / "latest").exists() == published
    if published:
        assert (archive / "latest").readlink() == Path(nights[1])


def test_a_plan_that_cannot_be_used_leaves_its_log_among_the_failed(tmp_path: Path) -> None:
    plan = tmp_path / "county.toml"
    plan.write_text('parcles = "parcels.gpkg"\n')
    run = nightly(plan, tmp_path / "results")
    assert run.returncode == 4
    (folder,) = (tmp_path / "results" / "failed").iterdir()
    log = log_of(folder)
    assert log[-1]["exit_code"] == 4
    assert any("parcels" in str(line.get("text")) for line in log)
    assert not (tmp_path / "results" / "latest").exists()


def test_a_second_run_under_the_lock_says_so_and_touches_nothing(tmp_path: Path) -> None:
    archive = tmp_path / "results"
    archive.mkdir()
    with (archive / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = nightly(PIPELINES / "county.toml", archive)
    assert run.returncode == 75
    assert "Another run holds" in run.stderr
    assert sorted(path.name for path in archive.iterdir()) == [".lock", "failed"]


def test_the_clocks_call_what_there_is() -> None:
    service = configparser.ConfigParser(strict=False, interpolation=None)
    service.read(PIPELINES / "farmland-nightly.service", "utf-8")
    timer = configparser.ConfigParser(interpolation=None)
    timer.read(PIPELINES / "farmland-nightly.timer", "utf-8")
    crontab = (PIPELINES / "crontab").read_text("utf-8")
    for call in (service["Service"]["ExecStart"], crontab):
        assert "pipelines/nightly.sh pipelines/county.toml" in call
    assert service["Service"]["SuccessExitStatus"] == "3"
    assert timer["Timer"]["OnCalendar"].endswith("Asia/Shanghai")
    assert re.search(r"(?m)^15 2 \* \* \* cd ", crontab)


def test_every_key_named_in_the_plan_is_an_option() -> None:
    text = (PIPELINES / "county.toml").read_text("utf-8")
    named = re.findall(r"(?m)^#?\s*([a-z]+) = ", text)
    assert len(named) > 8
    assert set(named) <= set(Plan.__dataclass_fields__)
    assert tomllib.loads(text)["rules"] == "cn"
