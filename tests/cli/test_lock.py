"""One run at a time for one output, seen from real second processes."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from farmland.cli import main
from farmland.errors import AlreadyRunning
from farmland.io import lock

HOLD = (
    "import sys, time; from farmland.io import lock\n"
    "with lock.held(sys.argv[1]):\n    print('held', flush=True); time.sleep(60)"
)


def holder(target: Path) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(target)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_run_ends_with_75_until_the_first_is_killed(tmp_path, capsys):
    target = tmp_path / "x.gpkg"
    words = ["detect", "any.gpkg", "--out", str(target), "--lang", "zh"]
    with holder(target) as first:
        assert main(words) == 75
        assert "另一个任务正在写" in capsys.readouterr().err
        first.send_signal(signal.SIGKILL)
        first.wait()
        with lock.held(target), pytest.raises(AlreadyRunning), lock.held(target):
            pass
    assert list(tmp_path.iterdir()) == []


def test_flock_of_the_shell_sees_the_lock(tmp_path):
    with lock.held(tmp_path / "x.gpkg") as path:
        assert subprocess.run(["flock", "-n", path, "true"]).returncode == 1


def test_runs_that_come_one_after_the_other_never_share_the_lock(tmp_path):
    code = (
        "import sys, time, os; from farmland.io import lock; from farmland.errors import "
        "AlreadyRunning\n"
        "for _ in range(150):\n"
        "    try:\n"
        "        with lock.held(sys.argv[1]):\n"
        "            os.close(os.open(sys.argv[2], os.O_CREAT | os.O_EXCL))\n"
        "            os.unlink(sys.argv[2])\n"
        "    except AlreadyRunning: pass\n"
    )
    target, inside = tmp_path / "x.gpkg", tmp_path / "inside"
    runs = [
        subprocess.Popen([sys.executable, "-c", code, target, inside], stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    assert [(run.communicate(timeout=60)[1], run.returncode) for run in runs] == [(b"", 0)] * 3
