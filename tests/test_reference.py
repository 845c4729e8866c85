"""The reference is what the code says, the whole of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from farmland.cli import farmland, reference
from farmland.errors import AlreadyRunning, FarmlandError
from farmland.layers import LAYERS

ROOT = Path(__file__).resolve().parent.parent


def test_the_page_is_up_to_date() -> None:
    assert (ROOT / "docs" / "reference.md").read_text("utf-8") == reference.page(), "make readme"


@pytest.mark.parametrize("layer", LAYERS)
def test_every_column_is_on_the_page(layer: str) -> None:
    page = reference.page()
    for column in LAYERS[layer].columns:
        assert f"| `{column.name}` | {column.kind} | {column.title.zh} |" in page


def test_every_command_is_on_the_page_with_an_example() -> None:
    texts = dict(reference.helps(farmland, None))
    assert {"farmland", "farmland detect", "farmland parcels check"} <= set(texts)
    for path, text in texts.items():
        assert text.startswith(f"Usage: {path}")
        assert "Example:" in text


def test_the_exit_codes_are_those_of_the_contract() -> None:
    codes = [code for code, *_ in reference.exit_codes()]
    assert codes == [0, 1, 2, 3, 4, 5, 75, 130]
    assert AlreadyRunning.__name__ in reference.page()
    assert all(kind.exit_code in codes for kind in FarmlandError.__subclasses__())


def test_a_bar_in_a_cell_does_not_break_the_table() -> None:
    assert reference.table(["a"], [["x|y"]]) == "| a |\n| --- |\n| x\\|y |\n"
