"""What every test stands on: the shared data, honest skips, a closed network, steady examples."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

os.environ.setdefault("MPLBACKEND", "Agg")

# --- the shared data ---------------------------------------------------------


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real series and recorded answers: $FARMLAND_SHARED, else ../shared."""
    folder = Path(os.environ.get("FARMLAND_SHARED") or ROOT.parent / "shared")
    if not (folder / "data" / "README.md").is_file():
        pytest.skip(f"no shared data: set FARMLAND_SHARED or put it at {folder}")
    return folder


# --- a skip is a failure where everything is meant to run --------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped test into a failed one under FARMLAND_TEST_ALL=1."""
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a module that skips itself into a failed one under FARMLAND_TEST_ALL=1."""
    report = yield
    _fail_if_skipped(report)
    return report


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and os.environ.get("FARMLAND_TEST_ALL") == "1":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped under FARMLAND_TEST_ALL=1: {reason}"


# --- nothing leaves the machine ----------------------------------------------


def refuse_the_network(event: str, arguments: tuple[Any, ...]) -> None:
    """Answer as a machine without a network does, except on loopback.

    An audit hook sees every socket of this process. GDAL has its own: it is given a proxy that
    nobody serves.
    """
    if event == "socket.getaddrinfo" and not _is_address(arguments[0]):
        raise socket.gaierror(socket.EAI_NONAME, f"tests do not look up {arguments[0]}")
    if event in {"socket.connect", "socket.sendto"}:
        link, address = arguments[:2]
        sends = event == "socket.sendto" or link.type & socket.SOCK_STREAM
        if sends and isinstance(address, tuple) and not _is_here(address[0]):
            raise OSError(errno.ENETUNREACH, f"tests do not reach {address[0]}")


def _is_here(host: str) -> bool:
    try:
        return host in {"", "localhost"} or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_address(host: str | bytes | None) -> bool:
    """Whether a host needs no question to a name server."""
    name = host.decode() if isinstance(host, bytes) else host or "localhost"
    try:
        return name in {"localhost", socket.gethostname()} or bool(ipaddress.ip_address(name))
    except ValueError:
        return False


sys.addaudithook(refuse_the_network)
os.environ["GDAL_HTTP_PROXY"] = "http://127.0.0.1:9"
os.environ["no_proxy"] = os.environ["NO_PROXY"] = "localhost,127.0.0.1,::1"

# --- the same examples every time --------------------------------------------

settings.register_profile("ci", derandomize=True, deadline=None, max_examples=60, database=None)
settings.register_profile("explore", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
