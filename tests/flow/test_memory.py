"""The memory promised is kept, measured from outside on the whole tree of processes."""

import json
import subprocess
import threading
import time

import psutil
import pytest
from flow.running import environment, words

from farmland.errors import WrongUsage
from farmland.tiling import tiles

GIB = 1024**3


class Watch(threading.Thread):
    """Follow the resident memory of a process and all its children until it ends."""

    def __init__(self, process):
        super().__init__(daemon=True)
        self.process, self.peak = psutil.Process(process), 0

    def run(self):
        while True:
            try:
                tree = [self.process, *self.process.children(recursive=True)]
                held = sum(each.memory_info().rss for each in tree)
            except psutil.NoSuchProcess:
                return
            self.peak = max(self.peak, held)
            time.sleep(0.02)


@pytest.mark.slow
def test_a_gigabyte_is_kept(county, tmp_path):
    """A county over two years in 1 GB; the number of blocks is said before they are read."""
    given = ["detect", county.parcels, "--catalog", county.catalog, "--after", county.after]
    given += ["--memory", "1GB", "--out", str(tmp_path / "x.gpkg"), "--log-json"]
    with subprocess.Popen(
        words(*given), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as run:
        watch = Watch(run.pid)
        watch.start()
        _, talk = run.communicate()
        watch.join()
    assert run.returncode == 0, talk.decode()
    assert 100e6 < watch.peak < GIB
    stages = [event for line in talk.splitlines() if "stage" in (event := json.loads(line))]
    counts = [(each["done"], each["total"]) for each in stages if each["stage"] == "blocks"]
    assert counts[0][0] == 0
    assert counts[-1] == (counts[0][1],) * 2
    assert counts[0][1] > 0


@pytest.mark.slow
def test_a_gigabyte_is_kept_by_composites(county, tmp_path):
    """Every method over two years of looks, in one step of time, by more workers than cores."""
    given = ["ndvi", county.parcels, "--catalog", county.catalog, "--period", "2022-07/2024-06"]
    given += ["--every", "period", "--no-table", "--memory", "1GB", "--workers", "6"]
    for method in ("median", "max", "q10", "medoid", "geomedian"):
        given += ["--composite", method]
    with subprocess.Popen(
        words(*given, "--out", str(tmp_path)), stderr=subprocess.PIPE, env=environment()
    ) as run:
        watch = Watch(run.pid)
        watch.start()
        _, talk = run.communicate()
        watch.join()
    assert run.returncode == 0, talk.decode()
    assert 100e6 < watch.peak < GIB


@pytest.mark.parametrize("memory", [1, 2, 4, 16])
@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("looks", [50, 250, 700])
def test_blocks_follow_from_the_budget(memory, workers, looks):
    """As large as fits, never larger; what does not fit at all is said with the figures."""
    cells = [tiles.Cell("EPSG:32650", (row, column), ()) for row in range(8) for column in range(8)]
    fitting = [
        side for side in tiles.BLOCKS if tiles.needed_bytes(side, looks, workers) <= memory * GIB
    ]
    if not fitting:
        with pytest.raises(WrongUsage, match=f"{looks} dates and {workers} workers need") as fault:
            tiles.blocks(cells, looks, memory * GIB, workers)
        assert fault.value.exit_code == 2
        return
    blocks = tiles.blocks(cells, looks, memory * GIB, workers)
    assert len(blocks) == max(1, 8 // fitting[0]) ** 2
    assert sum(len(block.cells) for block in blocks) == 64
