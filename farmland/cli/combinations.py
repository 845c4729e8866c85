"""Options that say nothing together or alone: wrong usage, instead of silence."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import click
from click.core import ParameterSource

from farmland.errors import WrongUsage


def given() -> frozenset[str]:
    """Options on the command line, by their long names."""
    context = click.get_current_context()
    return frozenset(
        max(each.opts, key=len)
        for each in context.command.params
        if isinstance(each, click.Option)
        and each.name
        and context.get_parameter_source(each.name) is ParameterSource.COMMANDLINE
    )


def hold_apart(*groups: Collection[str]) -> None:
    """Hold that the options given are of one group.

    Raises
    ------
    WrongUsage
        When there are two, of which the command would do one and forget the other.
    """
    there = [next(name for name in group if name in given()) for group in groups
             if given() & set(group)]  # fmt: skip
    if len(there) > 1:
        raise WrongUsage(
            f"{there[0]} and {there[1]} do two different things: run the command twice, with one "
            "of them each.",
            f"{there[0]} 与 {there[1]} 是两件事，不能同时使用：请分两次运行。",
        )


def hold_used(needs: Mapping[str, Collection[str]]) -> None:
    """Hold that every option given has one of those beside it without which it says nothing.

    Raises
    ------
    WrongUsage
        When one has not.
    """
    for name, partners in needs.items():
        if name in given() and not given() & set(partners):
            english, chinese = " or ".join(partners), " 或 ".join(partners)
            raise WrongUsage(
                f"{name} says nothing without {english}: give that too, or leave {name} out.",
                f"{name} 须与 {chinese} 合用：请一并给出，或去掉 {name}。",
            )


def hold_idle(idle: Mapping[str, Collection[str]]) -> None:
    """Hold that no option given stands beside one that makes it say nothing.

    Raises
    ------
    WrongUsage
        When one does.
    """
    for name, others in idle.items():
        for other in sorted(given() & set(others)) if name in given() else ():
            raise WrongUsage(
                f"{name} says nothing beside {other}: leave one of them out.",
                f"{name} 与 {other} 合用不起作用：请去掉其中一个。",
            )
