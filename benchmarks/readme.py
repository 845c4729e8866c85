"""Write the measured figures into README and docs: ``python benchmarks/readme.py``.

Every figure stands in ``benchmarks/results/*.json``, written by the benchmark that measured it.
"""

from __future__ import annotations

import json
from pathlib import Path

import summaries
from rendering import Result, grouped, section

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- numbers:begin -->", "<!-- numbers:end -->"

FIRST = {"README.md": "en", "README.zh.md": "zh"}
"""First pages, which show a summary, and their language."""

PAGES = {
    "docs/measured.md": ("accuracy", "evidence", "offsets", "cropping"),
    "docs/contest.md": ("detectors",),
    "docs/speed.md": ("speed", "whole", "reading", "report", "sheets", "kernels", "races"),
    "docs/parcels.md": ("parcels", "land_overlay"),
    "docs/qgis.md": ("qgis",),
}
"""Pages, and the results that stand on each, in their order."""


def measured() -> dict[str, Result]:
    """Every result at hand, by name."""
    paths = sorted((ROOT / "benchmarks" / "results").glob("*.json"))
    return {path.stem: json.loads(path.read_text("utf-8")) for path in paths}


def figures(page: str, results: dict[str, Result]) -> str:
    """What stands between the markers of a page, as Markdown."""
    if page in FIRST:
        return "\n" + summaries.first_page(results, FIRST[page])
    own = [results[name] for name in PAGES[page] if name in results]
    if page == "docs/contest.md":
        return "\n" + "\n".join(f"{summaries.contest(each)}\n{grouped(each)}" for each in own)
    return "\n" + "\n".join(map(section, own))


def replace_section(text: str, new: str) -> str:
    """``text`` with what stands between the markers replaced by ``new``."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{new}{END}{tail}"


if __name__ == "__main__":
    at_hand = measured()
    for name in (*FIRST, *PAGES):
        page = ROOT / name
        new = replace_section(page.read_text("utf-8"), figures(name, at_hand))
        page.write_text(new, encoding="utf-8")
