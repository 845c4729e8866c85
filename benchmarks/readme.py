"""Write the measured figures into README and docs: ``python benchmarks/readme.py``.

Every figure stands in ``benchmarks/results/*.json``, written by the benchmark that measured it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- numbers:begin -->", "<!-- numbers:end -->"

APART = {
    "detectors": "docs/contest.md",
    "races": "docs/speed.md",
    "parcels": "docs/parcels.md",
    "land_overlay": "docs/parcels.md",
}
"""Results that fill a page of their own, and the page."""


def render(results: Sequence[Mapping[str, Any]]) -> str:
    """The section between the markers, as Markdown."""
    if not results:
        return "\nNothing has been measured yet: run `make bench`.\n"
    return "\n" + "\n".join(_section(result) for result in results)


def replace_section(text: str, section: str) -> str:
    """``text`` with what stands between the markers replaced by ``section``."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{section}{END}{tail}"


def measured(page: str = "README.md") -> list[dict[str, Any]]:
    """Every result at hand that belongs on a page, by file name."""
    paths = sorted((ROOT / "benchmarks" / "results").glob("*.json"))
    own = [path for path in paths if APART.get(path.stem, "README.md") == page]
    return [json.loads(path.read_text("utf-8")) for path in own]


def _section(result: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    tables = "\n".join(_table(table) for table in result["tables"])
    return (
        f"### {result['title']}\n\n{tables}\n"
        f"<sub>`{result['command']}`, {result['date']}, {result['machine']}; {versions}.</sub>\n"
    )


def _table(table: Mapping[str, Any]) -> str:
    lines = [f"**{table['title']}**", ""] if table["title"] else []
    lines += [_row(table["columns"]), _row(["---"] * len(table["columns"]))]
    lines += [_row(row) for row in table["rows"]]
    lines += ["", table["note"]] if table["note"] else []
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[Any]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    for name in ("README.md", *sorted(set(APART.values()))):
        page = ROOT / name
        page.write_text(
            replace_section(page.read_text("utf-8"), render(measured(name))), encoding="utf-8"
        )
