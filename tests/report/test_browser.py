"""The page in a real browser: from a file, without a network, in both languages, on paper."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from matplotlib import image
from result.example import example_result

from farmland import palette, report

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--enable-logging=stderr",
)


def browse(page: Path, *flags: str) -> str:
    """Open a page; returns what the browser complained about."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no browser: install the Debian package chromium")
    run = subprocess.run(
        [program, *FLAGS, f"--user-data-dir={page.parent / 'profile'}", *flags, page.as_uri()],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return "\n".join(line for line in run.stderr.splitlines() if "CONSOLE" in line)


@pytest.fixture(scope="module", params=["zh", "en"])
def shown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    page = report.write(example_result(), folder / "X", request.param)[0]
    complaints = browse(page, "--window-size=1280,2600", f"--screenshot={folder / 'page.png'}")
    assert complaints == ""
    return folder / "page.png"


def test_the_page_is_drawn_with_its_style(shown: Path) -> None:
    drawn = (image.imread(shown)[..., :3] * 255).round().astype(int)
    assert drawn.shape[:2] == (2600, 1280)
    band = drawn[2, 640]
    assert tuple(band) == (0x1F, 0x5C, 0x3F), "the style was refused"
    rows = np.flatnonzero((drawn < 120).all(axis=2).any(axis=1))
    assert len(rows) > 600, "there is hardly any text"
    red = np.array([int(palette.CLASSES["non_agri"][i : i + 2], 16) for i in (1, 3, 5)])
    assert (np.abs(drawn - red).max(axis=2) < 3).sum() > 100


def test_the_page_prints(tmp_path: Path) -> None:
    page = report.write(example_result(rows=3, columns=9), tmp_path / "X", "zh")[0]
    browse(page, f"--print-to-pdf={tmp_path / 'page.pdf'}", "--no-pdf-header-footer")
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF-")
