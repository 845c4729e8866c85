"""Commands, columns, thresholds and exit codes as one page: ``python -m farmland.cli.reference``.

The page is written from what the program runs on, so it cannot say anything else.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Sequence
from importlib import resources

import click

from farmland import errors
from farmland.cli import farmland
from farmland.cli.spoken import Session
from farmland.layers import LAYERS, Column
from farmland.rules import THRESHOLDS

WIDTH = 88
"""Characters of a line of help."""


def page() -> str:
    """The reference as Markdown."""
    parts = [
        "# Reference\n\nWritten by `make readme` from the code.\n",
        "## Commands\n",
        *(f"### `{path}`\n\n```text\n{text}\n```\n" for path, text in helps(farmland, None)),
        "## Exit codes\n",
        table(["code", "name", "meaning"], exit_codes()),
        "## Columns\n",
        *(_layer(name) for name in LAYERS),
        "## Thresholds\n",
        *(_thresholds(kind) for kind in THRESHOLDS),
    ]
    return "\n".join(parts)


def helps(command: click.Command, parent: click.Context | None) -> Iterator[tuple[str, str]]:
    """Path and help text of a command and of all commands below it."""
    context = click.Context(
        command,
        parent,
        command.name,
        obj=Session("en"),
        terminal_width=WIDTH,
        max_content_width=WIDTH,
    )
    with context:
        yield context.command_path, command.get_help(context).rstrip()
        for below in command.commands.values() if isinstance(command, click.Group) else ():
            yield from helps(below, context)


def exit_codes() -> list[tuple[int, str, str]]:
    """Rows of code, name and meaning, ascending."""
    kinds: Sequence[type[errors.FarmlandError]] = errors.FarmlandError.__subclasses__()
    rows = [(kind.exit_code, kind.__name__, _first_line(kind)) for kind in kinds]
    rows += [
        (0, "", "Done; also when there is nothing new."),
        (1, "", "Unexpected failure; of `doctor`: the installation is not whole."),
        (130, "", "Interrupted; the old result is untouched, run the same command again."),
    ]
    return sorted(rows)


def thresholds(kind: str) -> list[Sequence[object]]:
    """Rows of name, value, unit and source, in the order of the file."""
    text = resources.files("farmland.rules").joinpath(f"{kind}.toml").read_text("utf-8")
    return [
        (f"`{name}`", entry["value"], entry["unit"], entry["source"])
        for name, entry in tomllib.loads(text).items()
    ]


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join("| " + " | ".join(_cell(value) for value in row) + " |\n" for row in lines)


def _thresholds(kind: str) -> str:
    head = f"### `[{kind}]`\n\nA rules file may override any of them under this heading.\n\n"
    return head + table(["name", "value", "unit", "source"], thresholds(kind))


def _layer(name: str) -> str:
    layer = LAYERS[name]
    about = f"### `{name}` · {layer.title.zh}\n\n{layer.about.en}\n\n{layer.about.zh}\n\n"
    heads = ["column", "kind", "中文", "meaning", "说明"]
    rows = [
        (f"`{column.name}`", column.kind, column.title.zh, *_about(column))
        for column in layer.columns
    ]
    return about + table(heads, rows)


def _about(column: Column) -> tuple[str, str]:
    """What a column says, with the words of its codes, in English and Chinese."""
    said = []
    for language in ("en", "zh"):
        codes = [f"`{code}` {words.text(language)}" for code, words in column.meanings.items()]
        said.append(" · ".join([column.about.text(language), *codes]))
    return said[0], said[1]


def _first_line(kind: type[errors.FarmlandError]) -> str:
    return (kind.__doc__ or "").strip().splitlines()[0]


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    sys.stdout.write(page())
