"""The README says what was measured, and nothing else."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


readme, record = load("readme"), load("record")


def test_the_readme_holds_the_measured_figures() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert text.count(readme.BEGIN) == text.count(readme.END) == 1
    assert readme.replace_section(text, readme.render(readme.measured())) == text, "make readme"


def test_a_record_becomes_a_section(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "RESULTS", tmp_path / "results")
    table = record.Table("Fast covers", ["cover", "recall"], [["built|house", 0.93]], "Five seeds.")
    path = record.write("accuracy", "Accuracy", "python benchmarks/accuracy.py", [table])
    section = readme.render([json.loads(path.read_text("utf-8"))])
    assert "### Accuracy\n\n**Fast covers**\n\n| cover | recall |\n| --- | --- |\n" in section
    assert "| built\\|house | 0.93 |\n\nFive seeds.\n" in section
    assert "cores" in section
    assert "farmland 0.1.0" in section


def test_the_section_is_replaced_and_the_rest_is_kept() -> None:
    page = f"before\n{readme.BEGIN}\nold\n{readme.END}\nafter\n"
    once = readme.replace_section(page, readme.render([]))
    assert once.startswith("before\n")
    assert once.endswith(f"{readme.END}\nafter\n")
    assert "old" not in once
    assert "make bench" in once
    assert readme.replace_section(once, readme.render([])) == once
