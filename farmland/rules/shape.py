"""The shape a table of settings must have, and a sentence for everything that has another."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

from farmland.errors import UnusableInput
from farmland.rules.words import Words


@dataclass(frozen=True, slots=True)
class Plain:
    """One value of a type; a whole number is a number too."""

    kinds: tuple[type, ...]
    wanted: Words


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few words."""

    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of one shape; ``or_one``: one alone may stand for itself."""

    of: Shape
    or_one: bool = False


@dataclass(frozen=True, slots=True)
class Each:
    """A table whose keys are free and whose values have one shape."""

    of: Shape


@dataclass(frozen=True, slots=True)
class Record:
    """A table with known keys; ``needed``: those that must be there."""

    fields: Mapping[str, Shape]
    needed: tuple[str, ...] = ()
    text: bool = False
    """Whether a plain text may stand for it."""


Shape = Plain | OneOf | Listed | Each | Record

TEXT = Plain((str,), Words("text", "文字"))
WHOLE = Plain((int,), Words("a whole number", "整数"))
TRUTH = Plain((bool,), Words("true or false", "true 或 false"))
DAY = Plain((date,), Words("a date such as 2021-11-27, no quotes", "日期，如 2021-11-27，不加引号"))
ANY = Plain((object,), Words("a value", "一个值"))


def check(value: Any, shape: Shape, name: str, path: str = "", *, whole: bool) -> None:
    """Refuse a value of another shape.

    Parameters
    ----------
    value : object
        As TOML gives it.
    shape : Shape
    name : str
        What the rules are called in the sentence.
    path : str
        Where the value stands, such as ``covers.pond.label``.
    whole : bool
        Whether everything that is needed must be there; not in a file that extends another.

    Raises
    ------
    UnusableInput
        With one sentence that names the place, what was given and what is expected.
    """
    if isinstance(shape, Listed):
        many = value if isinstance(value, list) else [value] if shape.or_one else None
        if many is None:
            raise mistyped(name, path, value, _wanted(shape))
        for place, part in enumerate(many, start=1):
            below = f"{path}[{place}]" if isinstance(value, list) else path
            check(part, shape.of, name, below, whole=whole)
    elif isinstance(shape, Each | Record):
        _check_table(value, shape, name, path, whole=whole)
    elif not _fits(value, shape):
        raise mistyped(name, path, value, _wanted(shape))


def _check_table(value: Any, shape: Each | Record, name: str, path: str, *, whole: bool) -> None:
    if isinstance(shape, Record) and shape.text and isinstance(value, str):
        return
    if not isinstance(value, Mapping):
        raise mistyped(name, path, value, _wanted(shape))
    for key, part in value.items():
        below = f"{path}.{key}" if path else str(key)
        if isinstance(shape, Each):
            check(part, shape.of, name, below, whole=whole)
        elif key in shape.fields:
            check(part, shape.fields[key], name, below, whole=whole)
        else:
            raise unknown(name, below, key, shape.fields)
    for key in shape.needed if whole and isinstance(shape, Record) else ():
        if key not in value:
            raise missing(name, f"{path}.{key}" if path else key)


def _fits(value: Any, shape: Plain | OneOf) -> bool:
    if isinstance(shape, OneOf):
        return isinstance(value, str) and value in shape.choices
    if shape is ANY:
        return True
    return type(value) in shape.kinds and not isinstance(value, datetime)


def _wanted(shape: Shape) -> Words:
    """What is expected of a shape."""
    if isinstance(shape, Plain):
        return shape.wanted
    if isinstance(shape, OneOf):
        return Words(f"one of {', '.join(shape.choices)}", f"{'、'.join(shape.choices)} 之一")
    if isinstance(shape, Listed):
        return Words("a list in brackets", "方括号内的列表")
    if isinstance(shape, Record):
        keys = ", ".join(shape.fields)
        return Words(f"a table with {keys}", f"含 {keys} 的表")
    return Words("a table", "一个表")


def mistyped(name: str, path: str, value: Any, wanted: Words) -> UnusableInput:
    """An entry that is not what it should be."""
    given = value.isoformat() if isinstance(value, date) else repr(value)
    return UnusableInput(
        f"The rules {name} set {path} to {given}: give {wanted.en}.",
        f"规则 {name} 将 {path} 设为 {given}：请给出{wanted.zh}。",
    )


def unknown(name: str, path: str, key: str, known: Collection[str]) -> UnusableInput:
    """An entry that nobody reads, with the nearest that somebody does."""
    near = _nearest(key, known)
    return UnusableInput(
        f"The rules {name} have an unknown entry {path}{near.en}: correct the name.",
        f"规则 {name} 含有未知条目 {path}{near.zh}：请更正名称。",
    )


def dangling(name: str, path: str, given: str, known: Collection[str]) -> UnusableInput:
    """An entry that names another which is not there."""
    near = _nearest(given, known)
    return UnusableInput(
        f"The rules {name} name {given!r} in {path}, which they do not have{near.en}: correct the "
        "name or add what it stands for.",
        f"规则 {name} 的 {path} 引用了不存在的 {given!r}{near.zh}：请更正名称或补充该条目。",
    )


def _nearest(given: str, known: Collection[str]) -> Words:
    near = get_close_matches(given, known, 1)
    if not near:
        return Words("", "")
    return Words(f", {near[0]} is the nearest", f"，最接近的是 {near[0]}")


def missing(name: str, path: str) -> UnusableInput:
    """An entry that is needed and not there."""
    return UnusableInput(
        f"The rules {name} lack {path}: add it as in the bundled cn.toml, or extend bundled rules.",
        f"规则 {name} 缺少 {path}：请参照内置的 cn.toml 补充，或用 extends 沿用内置规则。",
    )
