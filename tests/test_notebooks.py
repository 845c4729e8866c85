"""Every notebook runs from top to bottom on the bundled sample, in silence and under a minute."""

from __future__ import annotations

import os
import time
from pathlib import Path

import jupytext
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))
LONGEST_S = 60


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path) -> None:
    notebook = jupytext.read(path)
    begun = time.monotonic()
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    ).execute(env={**os.environ, "MPLBACKEND": "module://matplotlib_inline.backend_inline"})
    assert time.monotonic() - begun < LONGEST_S
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    talk = [output["text"] for output in outputs if output.get("name") == "stderr"]
    assert [text for text in talk if "FarmlandWarning" not in text] == []
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 2


def test_there_is_a_notebook_and_it_uses_public_names_only() -> None:
    assert NOTEBOOKS
    for path in NOTEBOOKS:
        text = path.read_text("utf-8")
        assert "._" not in text
        assert "import _" not in text
        assert "sample_folder()" in text or "demonstration(" in text
