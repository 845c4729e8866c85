"""How a command ends: every way has one sentence and one exit code, a traceback only with -vv."""

from __future__ import annotations

import errno
import os
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click

from farmland import language
from farmland.cli import environment
from farmland.cli.console import Console
from farmland.cli.spoken import session
from farmland.errors import FarmlandError, FarmlandWarning, Unreachable, WrongUsage
from farmland.rules import Words

INTERRUPTED = 130


@dataclass(slots=True)
class Ending:
    """What becomes of one command line."""

    language: str
    code: int = 0


def console(settings: dict[str, Any]) -> Console:
    """Take the options of talk out of ``settings`` and make the console they describe."""
    speaker = Console(
        session().language,
        settings.pop("verbose") - settings.pop("quiet"),
        settings.pop("as_json"),
        settings.pop("log_json"),
    )
    settings.pop("lang")
    _hear_warnings(speaker)
    if session().ignored:
        speaker.say(environment.ignored(session().ignored))
    return speaker


@contextmanager
def caught(words: Sequence[str]) -> Iterator[Ending]:
    """Turn every ending of the body into an exit code, and every failure into one sentence."""
    ending = Ending(language.of(words, os.environ))
    speaker = Console(ending.language, log_json="--log-json" in words)
    loud = "-vv" in words or sum(word in {"-v", "--verbose"} for word in words) > 1
    with warnings.catch_warnings():
        try:
            yield ending
        except click.exceptions.Exit as exit_:
            ending.code = exit_.exit_code
        except click.exceptions.NoArgsIsHelpError as shown:
            speaker.line("help", shown.format_message())
            ending.code = WrongUsage.exit_code
        except (KeyboardInterrupt, click.Abort):
            ending.code = _end(speaker, INTERRUPTED, _INTERRUPTED)
        except BrokenPipeError:
            _close_stdout()
        except Exception as fault:
            if loud:
                traceback.print_exc()
            ending.code = _fail(speaker, fault)


def _fail(speaker: Console, fault: Exception) -> int:
    """Say what went wrong; the exit code."""
    if isinstance(fault, click.UsageError):
        fault = _usage(fault)
    elif isinstance(fault, OSError) and fault.errno in {errno.ENOSPC, errno.EDQUOT}:
        fault = Unreachable(
            f"The disk is full ({fault.filename or 'no name'}): make room and run again.",
            f"磁盘已满（{fault.filename or '未知文件'}）：请清理空间后重试。",
        )
    if isinstance(fault, FarmlandError):
        return _end(speaker, fault.exit_code, Words(fault.english, fault.chinese))
    if isinstance(fault, MemoryError):
        return _end(speaker, 1, _NO_MEMORY)
    said = " ".join(f"{type(fault).__name__}: {fault}".split())
    return _end(
        speaker,
        1,
        Words(
            f"Something unexpected happened ({said}): run again with -vv and report what it says.",
            f"发生意外错误（{said}）：请加 -vv 重新运行并反馈输出内容。",
        ),
    )


def _end(speaker: Console, code: int, words: Words) -> int:
    speaker.line("end", words.text(speaker.language), "error", exit_code=code)
    return code


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

    def hear(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        if issubclass(category, FarmlandWarning) or speaker.verbosity >= 2:
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
