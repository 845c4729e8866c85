"""Commands and options of click that speak two languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from operator import itemgetter
from typing import Any

import click

from farmland.cli.console import Console
from farmland.cli.layout import Formatter
from farmland.errors import WrongUsage
from farmland.rules import Words

USAGE = Words("Usage: ", "用法：")
PIECES = {
    "[OPTIONS]": Words("[OPTIONS]", "[选项]"),
    "COMMAND [ARGS]...": Words("COMMAND [ARGS]...", "命令 [参数]..."),
}
"""Pieces of a line of usage that are no names."""
ARGUMENTS, OPTIONS = Words("Arguments", "参数"), Words("Options", "选项")
GENERAL = Words("General", "通用")
"""Heading of what every command has, and of options that name none."""
COMMANDS, EXAMPLE = Words("Commands", "命令"), Words("Example", "示例")
HELP = Words("Show this text and leave.", "显示本帮助并退出。")
VERSION = Words("Show the version and leave.", "显示版本并退出。")
REQUIRED = Words("[required]", "[必填]")

FIRST_CLAUSE = re.compile(r".+?(?=[:;.] |[:;.]$|[：；。（])|.+")
"""What a summary says before it goes into detail."""

Function = Callable[..., Any]


@dataclass(slots=True)
class Session:
    """What one command line has: its language, and how it ended."""

    language: str
    """From the command line or the locale, until a plan says another."""
    ignored: tuple[str, ...] = ()
    """Environment variables of other programs that were dropped."""
    asked: bool = False
    """Whether ``--lang`` was given, which beats the plan."""
    code: int = 0
    """Exit code."""
    speaker: Console | None = None
    """How the command speaks, once it runs."""


def session() -> Session:
    """The session of the command that runs now; :func:`farmland.cli.main` opens it."""
    context = click.get_current_context(silent=True)
    found = context.find_root().obj if context else None
    return found if isinstance(found, Session) else Session("en")


def language() -> str:
    """Language of the command that runs now."""
    return session().language


def option(
    *names: str, en: str, zh: str, section: Words = OPTIONS, needed: bool = False, **settings: Any
) -> Callable[[Function], Function]:
    """Declare an option with its help in both languages, and under which heading it stands.

    ``needed``: the command asks for it in a sentence of its own, since a plan may give it too.
    """
    words = Words(en, zh)
    return click.option(
        *names, cls=_Option, words=words, section=section, needed=needed, **settings
    )


def argument(name: str, *, en: str, zh: str, **settings: Any) -> Callable[[Function], Function]:
    """Declare an argument with its help in both languages."""
    return click.argument(name, cls=_Argument, words=Words(en, zh), **settings)


def version(name: str) -> Callable[[Function], Function]:
    """Declare the option that tells the version of a package."""
    return click.version_option(
        None, "--version", package_name=name, message="%(prog)s %(version)s",
        cls=_Option, words=VERSION, section=GENERAL,
    )  # fmt: skip


def command(*, en: str, zh: str, example: str, name: str) -> Callable[[Function], click.Command]:
    """Declare a command with its summary in both languages and an example."""
    return click.command(name, cls=_Command, words=Words(en, zh), example=example)


def group(*, en: str, zh: str, example: str, name: str) -> Callable[[Function], click.Group]:
    """Declare a group of commands with its summary in both languages and an example."""
    return click.group(name, cls=_Group, words=Words(en, zh), example=example)


class _Option(click.Option):
    def __init__(
        self, *names: Any, words: Words, section: Words, needed: bool = False, **settings: Any
    ) -> None:
        super().__init__(*names, **settings)
        self.words, self.section, self.needed = words, section, needed

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        self.help = self.words.text(language())
        record = super().get_help_record(ctx)
        if record is None:
            return None
        ask = f" {REQUIRED.text(language())}" if self.needed or self.required else ""
        return record[0], f"{self.help}{ask}"


class _Argument(click.Argument):
    def __init__(self, *names: Any, words: Words, **settings: Any) -> None:
        super().__init__(*names, **settings)
        self.words = words

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:
        return self.make_metavar(ctx).strip("[]."), self.words.text(language())


class _Spoken(click.Command):
    """What commands and groups have in common: their words and how their help is laid out."""

    words: Words
    example: str

    def get_short_help_str(self, limit: int = 45) -> str:
        del limit
        found = FIRST_CLAUSE.match(self.words.text(language()))
        return found.group() if found else ""

    def get_help(self, ctx: click.Context) -> str:
        formatter = Formatter(width=ctx.terminal_width, max_width=ctx.max_content_width)
        self.format_help(ctx, formatter)
        return formatter.getvalue().rstrip("\n")

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        found = super().get_help_option(ctx)
        if found is not None:
            found.help = HELP.text(language())
        return found

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = " ".join(self.collect_usage_pieces(ctx))
        for piece, words in PIECES.items():
            pieces = pieces.replace(piece, words.text(language()))
        formatter.write_usage(ctx.command_path, pieces, USAGE.text(language()))

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(self.words.text(language()))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {ARGUMENTS.text(language()): []}
        for each in self.get_params(ctx):
            words = ARGUMENTS if isinstance(each, _Argument) else getattr(each, "section", GENERAL)
            if record := each.get_help_record(ctx):
                sections.setdefault(words.text(language()), []).append(record)
        for heading, records in filter(itemgetter(1), sections.items()):
            with formatter.section(heading):
                formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section(EXAMPLE.text(language())):
            for line in self.example.splitlines():
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


class _Command(_Spoken):
    def __init__(self, *names: Any, words: Words, example: str, **settings: Any) -> None:
        super().__init__(*names, **settings)
        self.words, self.example = words, example


class _Group(_Spoken, click.Group):
    def __init__(self, *names: Any, words: Words, example: str, **settings: Any) -> None:
        super().__init__(*names, **settings)
        self.words, self.example = words, example

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.commands:
            near = get_close_matches(args[0], self.commands, 1, 0.0)[0]
            raise WrongUsage(
                f"{ctx.command_path} has no command {args[0]!r}: the nearest is {near!r}.",
                f"{ctx.command_path} 没有命令 {args[0]!r}：最接近的是 {near!r}。",
            )
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(COMMANDS.text(language())):
            formatter.write_dl(
                [(name, each.get_short_help_str()) for name, each in self.commands.items()]
            )
        super().format_options(ctx, formatter)
