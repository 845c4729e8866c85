"""Run a program as on a drive of a network: ``python drives.py PROGRAM ARGUMENTS...``.

Such drives may refuse to share memory between programs (``mmap`` with ``MAP_SHARED``), without
which SQLite has no WAL mode. The kernel refuses it here by a filter of system calls, which asks for
no rights and holds for all that the program starts.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

MMAP = {"x86_64": 9, "aarch64": 222}.get(platform.machine())
"""Number of the system call; None where it is not known here."""

READ_WRITE, SHARED = 3, 1
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
REFUSE, ALLOW = 0x00050000 | errno.ENODEV, 0x7FFF0000
NUMBER, PROTECTION, FLAGS = 0, 32, 40
"""Places of what is asked in the description of a call (``struct seccomp_data``)."""

FILTER = (
    (LOAD, 0, 0, NUMBER), (EQUAL, 0, 5, MMAP or 0),
    (LOAD, 0, 0, PROTECTION), (EQUAL, 0, 3, READ_WRITE),
    (LOAD, 0, 0, FLAGS), (EQUAL, 0, 1, SHARED),
    (RETURN, 0, 0, REFUSE), (RETURN, 0, 0, ALLOW),
)  # fmt: skip

NO_NEW_RIGHTS, SECCOMP, BY_FILTER = 38, 22, 2


def refuse_shared_memory() -> None:
    """Of this process and all that it starts."""
    steps = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in FILTER))
    program = struct.pack("HxxxxxxP", len(FILTER), ctypes.addressof(steps))
    kernel = ctypes.CDLL(None, use_errno=True)
    for call in ((NO_NEW_RIGHTS, 1, 0, 0, 0), (SECCOMP, BY_FILTER, program, 0, 0)):
        if kernel.prctl(*call):
            raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    refuse_shared_memory()
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606
