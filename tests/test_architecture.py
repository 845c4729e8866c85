"""The import arrows of the house, its sizes, and that each rule catches what it is there for."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "farmland"

LONGEST_MODULE, LONGEST_FUNCTION = 400, 60
"""Lines."""

VALUES = {"periods", "grid", "scene", "plan", "parcels", "result", "layers"}
VALUES |= {"shares", "places", "policy", "delivery", "plain", "progress", "portions", "room"}
VALUES |= {"areas", "palette", "language", "columns", "dates", "explanation", "model", "labels"}
"""Areas, palette, language and columns hold no state but facts: of the ellipsoid, of colours, of
languages, of terminals."""

OUTSIDE_STEPS = {"errors", "rules", "kernels", "io", "flow", "report", "simulate", "cli"}

MAY_IMPORT: Mapping[str, set[str]] = {
    "errors": set(),
    "rules": {"errors", "rules"},
    "values": {"errors", "rules", "values"},
    "kernels": {"kernels"},
    "io": {"errors", "rules", "values", "io"},
    "steps": {"errors", "rules", "values", "kernels", "steps"},
    "flow": {"errors", "rules", "values", "kernels", "steps", "io", "report", "flow"},
    "report": {"errors", "rules", "values", "report"},
    "simulate": {"errors", "rules", "values", "simulate"},
    "cli": {"errors", "rules", "values", "steps", "io", "flow", "report", "simulate", "cli"},
}
"""Which floor may import which; the house itself (``farmland``) may be imported by all."""

ONLY_IN: Mapping[str, set[str]] = {
    "click": {"cli"},
    "matplotlib": {"report"},
    "fpdf": {"report"},
    "PIL": {"report", "io"},
    "pi_heif": {"io"},
    "fontTools": {"report"},
    "docx": {"report", "io"},
    "openpyxl": {"report", "io"},
    "jinja2": {"io", "report"},
    "dask": {"schedule"},
    "distributed": {"schedule"},
    "pystac_client": {"io"},
    "pyogrio": {"io"},
    "requests": {"io"},
    "urllib3": {"io"},
    "imagecodecs": {"io"},
    "sqlite3": {"io"},
    "socket": {"io"},
    "urllib.request": {"io"},
    "http": {"io"},
    "sklearn": {"fitting", "validation"},
}
"""Packages that have one place each."""


ALLOWED = {("farmland.flow.example", "farmland.simulate.sample.sample_folder")}
"""The demonstration runs on the sample, whose place the simulator knows."""


def floor(module: str) -> str:
    """The floor on which a module lives."""
    part = module.removeprefix("farmland").strip(".").split(".")[0]
    if part in OUTSIDE_STEPS:
        return part
    if part in {"", "__main__"}:
        return "cli" if part else "house"
    return "values" if part in VALUES else "steps"


def imports(source: str, module: str, *, package: bool) -> Iterator[str]:
    """Full dotted names that a module imports anywhere in its text, functions included."""
    parents = module.split(".") if package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = parents[: len(parents) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def wrong_imports(module: str, source: str, *, package: bool = False) -> list[str]:
    """Every import of a module that goes against the arrows."""
    here = floor(module)
    wrong = []
    for name in imports(source, module, package=package):
        top = name.split(".")[0]
        if top == "farmland":
            there = floor(name)
            fine = here == "house" or there == "house" or there in MAY_IMPORT[here]
            fine = fine or name == "farmland.__version__" or (module, name) in ALLOWED
        elif here == "kernels":
            fine = top in {"numpy", "numba", "math", "__future__", "typing", "collections"}
        elif here in {"errors", "rules"}:
            fine = top in sys.stdlib_module_names
        else:
            places = ONLY_IN.get(top) or ONLY_IN.get(".".join(name.split(".")[:2]))
            fine = places is None or bool(places & {here, module.split(".")[-1]})
        if not fine:
            wrong.append(f"{module} ({here}) imports {name}")
    return wrong


def long_or_silent(module: str, source: str) -> list[str]:
    """A module or function beyond the sizes of the house, or a public one without a docstring."""
    tree = ast.parse(source)
    lines = len(source.splitlines())
    faults = [f"{module}: {lines} lines"] if lines > LONGEST_MODULE else []
    if source.strip() and not ast.get_docstring(tree):
        faults.append(f"{module}: no docstring")
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                faults.append(f"{module}.{node.name}: {length} lines")
    faults += [f"{module}.{node.name}: no docstring" for node in public(tree) if silent(node)]
    return faults


Named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def public(tree: ast.Module) -> Iterator[Named]:
    """Public functions and classes of a module, and public methods of its public classes."""
    for node in tree.body:
        if isinstance(node, Named) and not node.name.startswith("_"):
            yield node
            for inner in node.body if isinstance(node, ast.ClassDef) else ():
                if isinstance(inner, Named) and not inner.name.startswith("_"):
                    yield inner


def silent(node: Named) -> bool:
    """Whether a definition has no docstring."""
    return ast.get_docstring(node) is None


def modules() -> list[tuple[str, Path]]:
    named = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        named.append((".".join(part for part in parts if part != "__init__"), path))
    return named


@pytest.mark.parametrize(("module", "path"), modules(), ids=[name for name, _ in modules()])
def test_imports_follow_the_arrows(module: str, path: Path) -> None:
    source = path.read_text("utf-8")
    assert wrong_imports(module, source, package=path.name == "__init__.py") == []


@pytest.mark.parametrize(("module", "path"), modules(), ids=[name for name, _ in modules()])
def test_sizes_and_docstrings(module: str, path: Path) -> None:
    assert long_or_silent(module, path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("farmland.kernels.series", "from farmland import grid"),
        ("farmland.kernels.series", "import pandas"),
        ("farmland.kernels.series", "from ..rules import load"),
        ("farmland.rules.cn", "import numpy as np"),
        ("farmland.errors", "from farmland.rules import Words"),
        ("farmland.grid", "from farmland.detect import follow"),
        ("farmland.io.bands", "from farmland.imagery.radiometry import settle"),
        ("farmland.io.bands", "from farmland import looks"),
        ("farmland.imagery.clear", "def clean():\n    from farmland.io import bands"),
        ("farmland.detect.past", "from ..io.bands import read"),
        ("farmland.detect.past", "from farmland.simulate import calendars"),
        ("farmland.detect.past", "import click"),
        ("farmland.detect.past", "import dask.array"),
        ("farmland.detect.past", "from matplotlib import pyplot"),
        ("farmland.detect.past", "import urllib.request"),
        ("farmland.simulate.sky", "from farmland.detect import past"),
        ("farmland.report.page", "from farmland.flow import detect"),
        ("farmland.flow", "from farmland.cli import main"),
        ("farmland.flow", "from farmland.simulate import county"),
    ],
)
def test_a_planted_wrong_arrow_is_caught(module: str, source: str) -> None:
    assert len(wrong_imports(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("farmland.kernels.series", "import numpy as np\nfrom farmland.kernels.medians import f"),
        ("farmland.rules.cn", "import tomllib\nfrom farmland.errors import UnusableInput"),
        ("farmland.flow", "from farmland import radiometry\nfrom farmland.io import bands"),
        ("farmland.schedule", "from dask.threaded import get\nimport distributed"),
        ("farmland.cli.detect", "import click\nfrom farmland import __version__, flow"),
    ],
)
def test_a_right_arrow_passes(module: str, source: str) -> None:
    assert wrong_imports(module, source) == []


def test_a_detection_never_loads_the_simulator() -> None:
    story = "import sys, farmland.flow.block, farmland.flow.cube, farmland.report\n"
    story += "sys.exit(any(name.startswith('farmland.simulate') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", story]).returncode == 0


def test_a_relative_import_of_a_package_is_understood() -> None:
    assert list(imports("from . import bands", "farmland.io", package=True)) == [
        "farmland.io.bands"
    ]
    assert list(imports("from .. import grid", "farmland.io.bands", package=False)) == [
        "farmland.grid"
    ]


def test_what_is_too_long_or_silent_is_caught() -> None:
    body = "\n".join("    x = 1" for _ in range(LONGEST_FUNCTION))
    assert long_or_silent("m", f'"""M."""\ndef f():\n    """F."""\n{body}') == ["m.f: 62 lines"]
    assert long_or_silent("m", '"""M."""\ndef f():\n    return 1') == ["m.f: no docstring"]
    assert long_or_silent("m", '"""M."""\n' + "\n" * LONGEST_MODULE) == ["m: 401 lines"]
