"""A Dask cluster that works, is not there, has nobody, or leaves during the work."""

import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from flow.running import environment, running_cluster, wait_for, words

from farmland import schedule
from farmland.errors import Unreachable


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(schedule, "PATIENCE_S", 2)


def test_answers_come_in_order_from_other_processes(cluster):
    told = []
    answers = schedule.run(
        lambda number: (number * number, os.getpid()),
        range(20),
        workers=1,
        scheduler=cluster,
        done=lambda *now: told.append(now),
    )
    assert [number for number, _ in answers] == [n * n for n in range(20)]
    assert os.getpid() not in {process for _, process in answers}
    assert told[-1] == (20, 20)
    assert told == sorted(told)


@pytest.mark.parametrize("where", ["threads", "cluster"])
def test_a_fault_of_ours_stays_a_fault_of_ours(where, request):
    address = request.getfixturevalue("cluster") if where == "cluster" else ""
    with pytest.raises(ZeroDivisionError):
        schedule.run(lambda number: 1 / number, range(3), workers=2, scheduler=address)


def test_nobody_at_the_address(impatient):
    with pytest.raises(Unreachable, match="does not serve") as fault:
        schedule.run(abs, range(3), workers=1, scheduler="tcp://127.0.0.1:9")
    assert fault.value.exit_code == 5
    assert "调度器不可用" in fault.value.chinese


def test_a_scheduler_without_workers(impatient, tmp_path):
    with (
        running_cluster(tmp_path, workers=0) as (address, _),
        pytest.raises(Unreachable, match="no worker has joined"),
    ):
        schedule.run(abs, range(3), workers=1, scheduler=address)


@pytest.mark.parametrize(("leaving", "said"), [(0, "does not serve"), (1, "workers have left")])
def test_a_cluster_that_leaves_during_the_work(leaving, said, impatient, tmp_path):
    begun = tmp_path / "begun"
    with running_cluster(tmp_path, workers=1) as (address, processes), ThreadPoolExecutor() as pool:
        pool.submit(lambda: wait_for(begun.exists) and processes[leaving].kill())
        began = time.monotonic()
        with pytest.raises(Unreachable, match=said):
            schedule.run(
                lambda _: (begun.touch(), time.sleep(60)), range(3), workers=1, scheduler=address
            )
        assert time.monotonic() - began < 40


@pytest.mark.slow
def test_a_cluster_that_leaves_a_run_of_the_command_line(county, tmp_path):
    """One sentence after the talk, nothing of the cluster's own logs, and no result."""
    out = tmp_path / "x.gpkg"
    given = ("detect", county.parcels, "--catalog", county.catalog, "--after", county.after)
    with (
        running_cluster(tmp_path, workers=1) as (address, processes),
        subprocess.Popen(
            words(*given, "--scheduler", address, "--out", out),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
        ) as run,
    ):
        talk = b""
        while b"Following parcels 0/" not in talk:
            talk += run.stderr.readline()
        processes[0].kill()
        said, rest = run.communicate(timeout=90)
    assert run.returncode == 5
    lines = rest.decode().strip().splitlines()
    assert len(lines) == 1, lines
    assert f"The Dask scheduler at {address} does not serve" in lines[0]
    assert said == b""
    assert not out.exists()
