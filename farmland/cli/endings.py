"""How a command ends: every way has one sentence and one exit code, a traceback only with -vv."""

from __future__ import annotations

import errno
import os
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from farmland import language
from farmland.cli import environment
from farmland.cli.console import Console
from farmland.cli.spoken import Session
from farmland.cli.spoken import session as current
from farmland.errors import FarmlandError, FarmlandWarning, Unreachable, UnusableInput, WrongUsage
from farmland.rules import Words

INTERRUPTED = 130

_PATHS = {
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT),
    *(errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG),
}
"""Troubles with a path that its owner can mend."""


def console(settings: dict[str, Any]) -> Console:
    """Take the options of talk out of ``settings`` and make the console they describe."""
    speaker = Console(
        current().language,
        settings.pop("verbose") - settings.pop("quiet"),
        settings.pop("as_json"),
        settings.pop("log_json"),
    )
    settings.pop("lang")
    current().speaker = speaker
    _hear_warnings(speaker)
    if current().ignored:
        speaker.say(environment.ignored(current().ignored))
    return speaker


@contextmanager
def caught(words: Sequence[str]) -> Iterator[Session]:
    """Turn every ending of the body into an exit code, and every failure into one sentence."""
    asked = bool(language.asked(words))
    session = Session(language.of(words, os.environ), environment.prepare(), asked)
    loud = "-vv" in words or sum(word in {"-v", "--verbose"} for word in words) > 1

    def end(code: int, said: Words) -> None:
        if session.speaker is not None:
            session.speaker.close()
        speaker = Console(session.language, log_json="--log-json" in words)
        speaker.line("end", said.text(session.language), "error", exit_code=code)
        session.code = code

    with warnings.catch_warnings():
        try:
            yield session
        except click.exceptions.Exit as exit_:
            session.code = exit_.exit_code
        except click.exceptions.NoArgsIsHelpError as shown:
            end(WrongUsage.exit_code, Words(*[shown.format_message()] * 2))
        except (KeyboardInterrupt, click.Abort):
            end(INTERRUPTED, _INTERRUPTED)
        except BrokenPipeError:
            _close_stdout()
        except Exception as fault:
            if loud:
                traceback.print_exc()
            end(*_meaning(fault))


def _meaning(fault: Exception) -> tuple[int, Words]:
    """Exit code and sentence of a failure."""
    if isinstance(fault, click.UsageError):
        fault = _usage(fault)
    if isinstance(fault, FarmlandError):
        return fault.exit_code, Words(fault.english, fault.chinese)
    if isinstance(fault, MemoryError):
        return 1, _NO_MEMORY
    if isinstance(fault, OSError) and fault.errno in {errno.ENOSPC, errno.EDQUOT}:
        name = fault.filename or "-"
        return Unreachable.exit_code, Words(
            f"The disk is full ({name}): make room and run again.",
            f"磁盘已满（{name}）：请清理空间后重试。",
        )
    if isinstance(fault, OSError) and fault.errno in _PATHS and fault.filename:
        said = f"{fault.filename} ({fault.strerror})"
        return UnusableInput.exit_code, Words(
            f"The path {said} cannot be used: check that it is there and may be written.",
            f"路径 {said} 无法使用：请检查其是否存在及权限。",
        )
    said = " ".join(f"{type(fault).__name__}: {fault}".split())
    return 1, Words(
        f"Something unexpected happened ({said}): run again with -vv and report what it says.",
        f"发生意外错误（{said}）：请加 -vv 重新运行并反馈输出内容。",
    )


def _usage(fault: click.UsageError) -> WrongUsage:
    """What click found wrong with the words, as our sentence."""
    path = fault.ctx.command_path if fault.ctx else "farmland"
    if isinstance(fault, click.NoSuchOption):
        near = f" ({', '.join(fault.possibilities)}?)" if fault.possibilities else ""
        return WrongUsage(
            f"{path} has no option {fault.option_name}{near}: see {path} --help.",
            f"{path} 没有选项 {fault.option_name}{near}：请参阅 {path} --help。",
        )
    if isinstance(fault, click.MissingParameter):
        name = fault.param.human_readable_name if fault.param else ""
        return WrongUsage(
            f"{path} needs {name}: see {path} --help.",
            f"{path} 缺少 {name}：请参阅 {path} --help。",
        )
    said = fault.format_message().rstrip(".")
    return WrongUsage(f"{said}: see {path} --help.", f"用法有误（{said}）：请参阅 {path} --help。")


def _hear_warnings(speaker: Console) -> None:
    """Say our own warnings as notes; those of other packages only with -vv."""

    def hear(message: Warning | str, *_: Any, **__: Any) -> None:
        if isinstance(message, FarmlandWarning):
            speaker.line("warning", message.text(speaker.language), "warning")
        elif speaker.verbosity >= 2:
            speaker.line("warning", str(message), "warning")

    warnings.simplefilter("default", FarmlandWarning)
    warnings.showwarning = hear


def _close_stdout() -> None:
    """The reader has gone (``| head``): leave quietly."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


_INTERRUPTED = Words(
    "Interrupted: the result was left as it was; run the same command again.",
    "已中断：原有结果未改动；请重新运行同一命令。",
)
_NO_MEMORY = Words(
    "The memory did not suffice: give a smaller --memory or fewer --workers.",
    "内存不足：请减小 --memory 或 --workers。",
)
