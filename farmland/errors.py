"""Every way a run can end badly, as one sentence in English and Chinese and one exit code.

Raise the child that says *whose* turn it is: the user's (wrong usage, unusable input), the
network's, or another run's. A sentence names what was given, what was expected and what to do.
"""

from __future__ import annotations

import errno
from typing import ClassVar


class FarmlandError(Exception):
    """Base of all errors a user can meet.

    Parameters
    ----------
    english, chinese : str
        The same sentence in both languages: what was given, what was expected, what to do.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english)
        self.english = english
        self.chinese = chinese

    def __reduce__(self) -> tuple[type[FarmlandError], tuple[str, str]]:
        return type(self), (self.english, self.chinese)

    def text(self, language: str) -> str:
        """Return the sentence in ``language`` (``"zh"`` or anything else for English)."""
        return self.chinese if language == "zh" else self.english


class WrongUsage(FarmlandError):
    """An option, a period or a file name that cannot be meant."""

    exit_code = 2


class IncompleteRun(FarmlandError):
    """The run finished, but more was left unread or unseen than the rules allow."""

    exit_code = 3


class UnusableInput(FarmlandError):
    """Parcels, rules or a plan that cannot be used, or an output that cannot be written."""

    exit_code = 4


class Unreachable(FarmlandError):
    """A catalog, an asset host, a scheduler or the disk that does not serve any more."""

    exit_code = 5


class AlreadyRunning(FarmlandError):
    """Another run holds the lock."""

    exit_code = 75


def disk_fault(fault: OSError, path: object) -> FarmlandError:
    """Say what the disk answered when ``path`` was to be written.

    Returns
    -------
    FarmlandError
        ``Unreachable`` when there is no room, ``UnusableInput`` for any other refusal.
    """
    if fault.errno in {errno.ENOSPC, errno.EDQUOT}:
        return disk_full(path)
    return UnusableInput(
        f"The folder of {path} cannot be written ({fault.strerror}): give another.",
        f"无法写入 {path} 所在文件夹（{fault.strerror}）：请换一个。",
    )


def disk_full(path: object) -> Unreachable:
    """Say that there was no room to write ``path``."""
    return Unreachable(
        f"The disk of {path} is full: make room and run again.",
        f"{path} 所在磁盘已满：请清理空间后重试。",
    )


class FarmlandWarning(UserWarning):
    """Something was repaired, assumed or left out, and the result says so; in both languages."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english)
        self.chinese = chinese

    def text(self, language: str) -> str:
        """Return the sentence in ``language`` (``"zh"`` or anything else for English)."""
        return self.chinese if language == "zh" else str(self)
