"""The bundled sample, of which pictures are drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from farmland import flow
from farmland.flow.example import plan
from farmland.periods import Period
from farmland.progress import silent


@pytest.fixture(scope="session")
def sample(tmp_path_factory) -> tuple[Path, str]:
    """Parcels and catalog of the sample."""
    asked = plan(tmp_path_factory.mktemp("sample"))
    return Path(asked.parcels), asked.catalog


@pytest.fixture(scope="session")
def sample_scenes(tmp_path_factory):
    """Scenes of the sample of a year."""
    asked = plan(tmp_path_factory.mktemp("sample"))
    return [each.scene for each in flow.items(asked, Period.parse("2023"), silent)]
