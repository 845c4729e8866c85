"""A result to take findings over into."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from result.example import example_result

from farmland.io import geopackage


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result."""
    path = tmp_path_factory.mktemp("result") / "X.gpkg"
    geopackage.write(example_result(rows=4, columns=6), path)
    return path


@pytest.fixture
def made(written: Path, tmp_path: Path) -> Path:
    """A result of one's own."""
    return Path(shutil.copy(written, tmp_path / "X.gpkg"))
