"""A mirror that is killed, starved or lied to ends as one that was not, or says what is missing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from flow.running import environment, wait_for, words
from mirror.conftest import PERIOD, Ended, tree
from servers import stac_api

from farmland.cli import main
from farmland.flow import mirror as mirroring
from farmland.io import lock
from farmland.io.bands import tiff
from farmland.io.mirror.archive_items import checksum_of
from farmland.io.mirror.stored_tiles import parsed

Mirror = Callable[..., Ended]

SPRING = "2024-04/2024-06"
"""A few scenes."""


def items(folder: Path) -> list[dict[str, Any]]:
    """What a reader finds from the catalog on, each with its folder."""
    catalog = folder / "catalog.json"
    if not catalog.exists():
        return []
    found = []
    for child in json.loads(catalog.read_text())["links"]:
        if child["rel"] == "child":
            collection = folder / child["href"]
            for link in json.loads(collection.read_text())["links"]:
                if link["rel"] == "item":
                    path = (collection.parent / link["href"]).resolve()
                    found.append({**json.loads(path.read_text()), "folder": path.parent})
    return found


def assert_whole(folder: Path) -> None:
    """Every file that is listed is there and is what its item says."""
    for item in items(folder):
        for asset in item["assets"].values():
            path = item["folder"] / asset["href"]
            assert path.stat().st_size == asset["file:size"], path
            assert checksum_of(path) == asset["file:checksum"], path


def images(folder: Path) -> dict[str, bytes]:
    return {name: data for name, data in tree(folder).items() if name.endswith(".tif")}


def versions(folder: Path) -> set[tuple[str, int, int]]:
    """Every image there is, with what changes when it is written again."""
    return {
        (str(path), path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.glob("*/*/*.tif")
    }


@pytest.mark.slow
def test_killed_again_and_again(
    granules: Path, archive: Path, tmp_path: Path, mirror: Mirror
) -> None:
    """At moments told by requests; nothing that was whole is fetched again."""
    folder = tmp_path / "archive"
    seen: set[tuple[str, int, int]] = set()
    moments = np.random.default_rng(7).integers(20, 600, 4).tolist()
    with stac_api(granules, page_items=100) as api:
        given = ["--period", PERIOD, "--to", folder, "--catalog", api.url, "-qq"]
        for moment in moments:
            start = api.asked("/assets/")
            run = subprocess.Popen(
                words("mirror", granules / "parcels.gpkg", *given), env=environment()
            )
            wait_for(lambda start=start, moment=moment: api.asked("/assets/") > start + moment)
            run.send_signal(signal.SIGKILL)
            assert run.wait() == -signal.SIGKILL
            assert_whole(folder)
            seen |= versions(folder)
        ended = mirror(api.url, folder)
    assert ended.code == 0
    assert tree(folder) == tree(archive)
    assert_whole(folder)
    written = Counter(path for path, _, _ in seen | versions(folder))
    # A file is written with its overview and once more with its tiles; a third time only when it
    # was under way in one of the 8 threads as the process died.
    assert sum(max(0, times - 2) for times in written.values()) <= 8 * len(moments)


def test_a_second_run_asks_for_no_file(granules: Path, archive: Path, mirror: Mirror) -> None:
    before = {path: path.stat().st_mtime_ns for path in archive.rglob("*")}
    with stac_api(granules, page_items=100) as api:
        ended = mirror(api.url, archive)
        assert api.asked("/assets/") == 0
    assert ended.code == 0
    assert (ended.said["requests"], ended.said["fetched_bytes"]) == (0, 0)
    assert ended.said["skipped"] == ended.said["files"] == len(images(archive))
    after = {path: path.stat().st_mtime_ns for path in archive.rglob("*") if path.is_file()}
    assert after == {path: before[path] for path in after}, "files were written again"


def test_more_parcels_and_more_days(
    granules: Path, archive: Path, tmp_path: Path, mirror: Mirror
) -> None:
    """The archive grows to what one run would have made; what is there is not fetched again."""
    gpd.read_file(granules / "parcels.gpkg")[:6].to_file(tmp_path / "few.gpkg")
    folder = tmp_path / "archive"
    with stac_api(granules, page_items=100) as api:
        first = mirror(api.url, folder, "--period", SPRING, parcels=tmp_path / "few.gpkg")
        small = images(folder)
        second = mirror(api.url, folder, "--period", SPRING)
        third = mirror(api.url, folder)
    assert (first.code, second.code, third.code) == (0, 0, 0)
    assert 0 < second.said["fetched_bytes"] < second.said["bytes"]
    grown = images(folder)
    for name, data in small.items():
        old, new = (tiff.parse(lambda start, size, data=data: data[start : start + size])
                    for data in (data, grown[name]))  # fmt: skip
        assert ((old.levels[0].sizes > 0) <= (new.levels[0].sizes > 0)).all()
    assert grown == images(archive)
    assert tree(folder) == tree(archive)
    with stac_api(granules, page_items=100) as api:
        assert mirror(api.url, folder, "--period", SPRING, parcels=tmp_path / "few.gpkg").code == 0
    assert tree(folder) == tree(archive), "nothing is lost when less is asked for"


def test_damage_on_the_disk(granules: Path, archive: Path, tmp_path: Path, mirror: Mirror) -> None:
    """A file of another size is always found, a flipped bit with --verify; both are made good."""
    folder = tmp_path / "archive"
    shutil.copytree(archive, folder)
    short, flipped, lost = sorted(folder.rglob("*.tif"))[10:100:40]
    short.write_bytes(short.read_bytes()[:-9])
    data = bytearray(flipped.read_bytes())
    data[-500] ^= 1
    flipped.write_bytes(bytes(data))
    lost.unlink()
    with stac_api(granules, page_items=100) as api:
        one = mirror(api.url, folder)
        assert one.said["skipped"] == one.said["files"] - 2
        assert short.read_bytes() == (archive / short.relative_to(folder)).read_bytes()
        other = mirror(api.url, folder, "--verify")
        assert other.said["skipped"] == other.said["files"] - 1
    assert tree(folder) == tree(archive)


def test_a_damaged_file_keeps_what_other_runs_put_there(
    granules: Path, archive: Path, tmp_path: Path, mirror: Mirror
) -> None:
    folder = tmp_path / "archive"
    shutil.copytree(archive, folder)
    for path in folder.rglob("red.tif"):
        data = bytearray(path.read_bytes())
        data[-5] ^= 1
        path.write_bytes(bytes(data))
    gpd.read_file(granules / "parcels.gpkg")[:3].to_file(tmp_path / "few.gpkg")
    with stac_api(granules, page_items=100) as api:
        assert mirror(api.url, folder, "--verify", parcels=tmp_path / "few.gpkg").code == 0
    assert images(folder) == images(archive)


@pytest.mark.parametrize(
    "faults", [{"asset_busy": 9}, {"asset_broken": 3}, {"asset_cut": 9}, {"busy": 1}]
)
def test_faults_that_pass(
    faults: dict[str, int], granules: Path, archive: Path, tmp_path: Path, mirror: Mirror
) -> None:
    with stac_api(granules, page_items=100, **faults) as api:
        ended = mirror(api.url, tmp_path / "a", "--period", SPRING, "--workers", 1)
    assert ended.code == 0, ended.talk
    whole = images(archive)
    assert {name: whole[name] for name in images(tmp_path / "a")} == images(tmp_path / "a")


def assert_told(ended: Ended, folder: Path, files: int) -> None:
    """Code 3, the sentence, the report, and an archive that lacks nothing else."""
    assert ended.code == 3
    assert len(ended.said["unread"]) == files
    assert f"{files} files stayed unread" in ended.talk
    assert json.loads((folder / "mirror.json").read_text())["unread"] == ended.said["unread"]


def test_what_stays_unread_is_counted_and_named(
    granules: Path, archive: Path, tmp_path: Path, mirror: Mirror
) -> None:
    """Missing, failing and corrupt files; once the host is well, a rerun completes the archive."""
    folder = tmp_path / "archive"
    names = sorted(path.parent.name for path in granules.glob("*/red.tif"))
    late = [name for name in names if name.split("_")[2] >= "202404"]
    faults = {
        "asset_missing": (f"{late[0]}/scl.tif",),
        "asset_failing": (f"{late[1]}/nir.tif",),
        "asset_flipped": (f"{late[2]}/red.tif",),
    }
    with stac_api(granules, page_items=100, **faults) as api:
        ended = mirror(api.url, folder, "--period", SPRING)
    assert_told(ended, folder, 3)
    assert {(gap["item_id"], gap["band"], gap["reason"]) for gap in ended.said["unread"]} == {
        (late[0], "scl", "the file is not there"),
        (late[1], "nir", "the host has a fault"),
        (late[2], "red", "its bytes are corrupt or cut off"),
    }
    assert {item["id"] for item in items(folder)} >= set(late[:3])
    with stac_api(granules, page_items=100) as api:
        ended = mirror(api.url, folder, "--period", SPRING)
    assert ended.code == 0
    assert json.loads((folder / "mirror.json").read_text())["unread"] == []
    whole = images(archive)
    assert {name: whole[name] for name in images(folder)} == images(folder)


def test_a_dead_host_is_not_waited_for_long(granules: Path, tmp_path: Path, mirror: Mirror) -> None:
    with stac_api(granules, page_items=100, asset_failing=(".tif",)) as api:
        ended = mirror(api.url, tmp_path / "a", "--period", SPRING)
    assert_told(ended, tmp_path / "a", 7 * ended.said["scenes"])
    assert ended.said["files"] == 0


def test_one_at_a_time(granules: Path, tmp_path: Path, mirror: Mirror) -> None:
    (tmp_path / "a").mkdir()
    with lock.held(tmp_path / "a" / "mirror"):
        for language, said in (("en", "or give another --to."), ("zh", "或换一个 --to。")):
            ended = mirror(str(granules), tmp_path / "a", "--lang", language)
            assert ended.code == 75
            assert said in ended.talk
    assert list((tmp_path / "a").iterdir()) == []


@pytest.mark.parametrize(
    ("to", "code", "said"),
    [
        ("file", 2, "is a file: give a folder with --to"),
        ("file/below", 4, "cannot be used: check that it is there and may be written"),
        ("", 2, "It is not said where the archive goes: give --to DIR."),
        ("source", 2, "is the catalog that is read: give another --to."),
        ("other", 4, "holds a catalog that farmland mirror did not write: give another --to."),
    ],
)
def test_a_folder_that_cannot_be(
    to: str, code: int, said: str, granules: Path, tmp_path: Path, mirror: Mirror
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "source").symlink_to(granules)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "catalog.json").write_text('{"id": "theirs"}')
    ended = mirror(str(granules / "catalog.json"), tmp_path / to if to else "")  # type: ignore[arg-type]
    assert ended.code == code, ended.talk
    assert said in ended.talk


def test_a_full_disk(granules: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f"mount -t tmpfs -o size=4m none {disk}"
    probe = subprocess.run(["unshare", "-rm", "sh", "-c", mount], capture_output=True)
    if probe.returncode:
        pytest.skip("a small disk needs user namespaces: unshare (package util-linux) refused")
    run = words(
        *("mirror", granules / "parcels.gpkg", "--period", PERIOD, "--catalog", granules),
        *("--to", disk / "archive"),
    )
    script = f'{mount} && "$@"; code=$?; cp -a {disk}/archive {tmp_path}/kept; exit $code'
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, "sh", *run],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment(),
    )
    assert done.returncode == 5, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert "full" in last
    assert last.endswith("make room and run again.")
    kept = [path for path in (tmp_path / "kept").rglob("*.tif") if ".writing-" not in str(path)]
    assert kept
    for path in kept:
        found = parsed(path)
        ends = [int((level.offsets + level.sizes).max()) for level in found.levels]
        assert max(ends) == path.stat().st_size, "a half-written file under its own name"


def test_readers_see_whole_files_while_it_goes_on(
    granules: Path, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The catalog is written after every look here; whatever it lists is there."""
    monkeypatch.setattr(mirroring, "PUBLISH_SECONDS", 0.0)
    seen: list[int] = []
    folder = tmp_path / "archive"
    publish = mirroring.Archive.publish

    def watched(self: mirroring.Archive) -> None:
        publish(self)
        assert_whole(folder)
        seen.append(len(items(folder)))

    monkeypatch.setattr(mirroring.Archive, "publish", watched)
    given = ["--period", SPRING, "--catalog", granules, "--to", folder, "-qq"]
    assert main(["mirror", str(granules / "parcels.gpkg"), *map(str, given)]) == 0
    assert len(set(seen)) > 3
    assert seen == sorted(seen)


def test_leftovers_of_a_killed_run_are_swept(
    granules: Path, archive: Path, tmp_path: Path, mirror: Mirror
) -> None:
    folder = tmp_path / "archive"
    shutil.copytree(archive, folder)
    for place in (folder, next(folder.glob("*/S2*"))):
        (place / ".red.writing-abc").mkdir()
        (place / ".red.writing-abc" / "red.tif").write_bytes(os.urandom(99))
    with stac_api(granules, page_items=100) as api:
        assert mirror(api.url, folder).code == 0
    assert tree(folder) == tree(archive)
