"""The red edge: read and copied where an index asks for it, and by nobody else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio

from farmland.cli import main

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "samples"

pytestmark = pytest.mark.filterwarnings("ignore::farmland.errors.FarmlandWarning")


@pytest.fixture(scope="module")
def edged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample with its files of SWIR in the place of the red edge, under keys of two providers.

    So NDRE is LSWI, to the last digit.
    """
    folder = tmp_path_factory.mktemp("edged") / "sample"
    shutil.copytree(SAMPLE, folder)
    for number, path in enumerate(sorted(folder.glob("*/*_L2A.json"))):
        item = json.loads(path.read_text("utf-8"))
        item["assets"][("rededge1", "B05_20m")[number % 2]] = item["assets"]["swir16"]
        path.write_text(json.dumps(item), "utf-8")
    return folder


def run(command: str, catalog: Path, *more: object, period: str = "2023-05") -> int:
    given = [command, SAMPLE / "parcels.gpkg", "--catalog", catalog / "catalog.json", "--offline"]
    return main([*map(str, [*given, "--period", period, *more]), "-qq"])


def test_an_index_of_the_red_edge_is_in_table_and_composites(edged: Path, tmp_path: Path) -> None:
    given = ["--index", "ndre", "--index", "LSWI", "--index", "CIRE", "--composite", "median"]
    assert run("ndvi", edged, "--out", tmp_path, *given) == 0
    table = pd.read_csv(tmp_path / "ndre_lswi_cire.csv")
    assert list(table.columns)[2:5] == ["ndre", "lswi", "cire"]
    assert table["ndre"].notna().sum() > 300
    assert table["ndre"].equals(table["lswi"])
    assert table["cire"].notna().any()
    pictures = [
        rasterio.open(tmp_path / f"composites/{index}_median_2023-05_utm50n.tif").read()
        for index in ("ndre", "lswi")
    ]
    np.testing.assert_array_equal(*pictures)
    assert np.isfinite(pictures[0]).sum() > 3000


def test_a_mirror_has_the_red_edge_where_an_index_wants_it(edged: Path, tmp_path: Path) -> None:
    """By default it is left out; asked for, it grows into the archive and stays."""
    archive = tmp_path / "archive"
    assert run("mirror", edged, "--to", archive) == 0
    assert not list(archive.rglob("rededge*"))
    assert run("ndvi", archive, "--out", tmp_path / "none", "--index", "NDRE") == 4
    assert run("mirror", edged, "--to", archive, "--index", "NDRE") == 0
    held = list(archive.rglob("rededge1.tif"))
    assert len(held) == len(list(archive.rglob("swir16.tif"))) > 3
    assert run("mirror", edged, "--to", archive) == 0
    for name, catalog in (("near", archive), ("far", edged)):
        assert run("ndvi", catalog, "--out", tmp_path / name, "--index", "NDRE") == 0
    near, far = ((tmp_path / name / "ndre.csv").read_bytes() for name in ("near", "far"))
    assert near == far
    for path in archive.rglob("*.json"):
        assets = json.loads(path.read_text("utf-8")).get("assets", {})
        assert all((path.parent / asset["href"]).is_file() for asset in assets.values())


def test_an_index_without_its_bands_is_said_before_anything_is_copied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("mirror", SAMPLE, "--to", tmp_path / "a", "--index", "PSRI") == 4
    said = capsys.readouterr().err
    assert "The index PSRI needs the band rededge2, which no scene of" in said
    assert len(said.splitlines()) == 1
    assert not list((tmp_path / "a").rglob("*.tif"))
