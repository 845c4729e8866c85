"""A real STAC API: stac-fastapi-pgstac on a PostgreSQL of its own, on loopback, for one session.

``with stac_server() as server: server.load(collections, items)``; ``server.url`` is what a user
would give to ``--catalog``. What is needed and absent is named by :class:`Missing`.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import requests

Json = dict[str, Any]

USER = "postgres"
"""Also the account of the machine that runs the database when we are root, whom initdb refuses."""


class Missing(Exception):
    """Something the server needs is not installed."""


@dataclass(frozen=True)
class StacServer:
    """A running server."""

    url: str
    folder: Path
    environment: dict[str, str]

    def load(self, collections: Sequence[Json], items: Sequence[Json]) -> None:
        """Add collections and items, or replace those of the same id, with pypgstac."""
        for kind, documents in (("collections", collections), ("items", items)):
            file = self.folder / f"{kind}.ndjson"
            file.write_text("".join(f"{json.dumps(each)}\n" for each in documents), "utf-8")
            _run(self.environment, *PYPGSTAC, "load", kind, str(file), "--method", "upsert")


SERVE = (sys.executable, "-m", "uvicorn", "stac_fastapi.pgstac.app:create_app", "--factory",
         "--host", "127.0.0.1", "--log-level", "warning")  # fmt: skip

PYPGSTAC = (sys.executable, "-m", "pypgstac.pypgstac")


@contextmanager
def stac_server() -> Iterator[StacServer]:
    """Run the API and its database in a temporary folder, and end both."""
    tools = _tools()
    with (
        tempfile.TemporaryDirectory(prefix="stac-") as name,
        _database(tools, folder := Path(name)) as environment,
    ):
        _run(environment, *PYPGSTAC, "migrate")
        port = _free_port()
        with (folder / "api.log").open("wb") as log:
            api = subprocess.Popen(
                [*SERVE, "--port", str(port)], env=environment, stdout=log, stderr=log
            )
        url = f"http://127.0.0.1:{port}"
        try:
            _await(url, api, folder / "api.log")
            yield StacServer(url, folder, environment)
        finally:
            api.terminate()
            api.wait(20)


def _tools() -> Path:
    """Folder of the programs of the newest PostgreSQL that has PostGIS."""
    for package in ("stac_fastapi.pgstac", "pypgstac", "uvicorn"):
        if find_spec(package.partition(".")[0]) is None or find_spec(package) is None:
            raise Missing(f"the Python package {package}")
    extensions = Path("/usr/share/postgresql").glob("*/extension/postgis.control")
    versions = sorted((int(path.parts[-3]) for path in extensions), reverse=True)
    for version in versions:
        tools = Path(f"/usr/lib/postgresql/{version}/bin")
        if (tools / "initdb").exists():
            return tools
    raise Missing("PostgreSQL with PostGIS (Debian: postgresql-postgis)")


@contextmanager
def _database(tools: Path, folder: Path) -> Iterator[dict[str, str]]:
    """A cluster in ``folder``; gives the environment in which clients find it."""
    data, port, as_user = folder / "cluster", _free_port(), _as_user()
    data.mkdir()
    if as_user:
        folder.chmod(0o711)
        shutil.chown(data, USER)
    _run(None, *as_user, str(tools / "initdb"), "-D", str(data), "-U", USER, "-A", "trust",
         "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync")  # fmt: skip
    settings = f"-h 127.0.0.1 -p {port} -k '' -F -c max_connections=60"
    start = (str(tools / "pg_ctl"), "-D", str(data), "-l", str(data / "log"))
    _run(None, *as_user, *start, "-w", "-o", settings, "start")
    try:
        environment = {
            **os.environ,
            "PGHOST": "127.0.0.1",
            "PGPORT": str(port),
            "PGUSER": USER,
            "PGDATABASE": USER,
            "PGPASSWORD": "none is asked",
        }
        _run(environment, str(tools / "psql"), "-qc", "create extension postgis")
        yield environment
    finally:
        _run(None, *as_user, *start, "-m", "immediate", "stop")


def _as_user() -> tuple[str, ...]:
    return (
        ("setpriv", "--reuid", USER, "--regid", USER, "--clear-groups") if not os.getuid() else ()
    )


def _run(environment: dict[str, str] | None, *command: str) -> None:
    done = subprocess.run(command, env=environment, capture_output=True, cwd="/", text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout[-1000:]}{done.stderr[-2000:]}")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _await(url: str, api: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        try:
            if requests.get(f"{url}/_mgmt/ping", timeout=5).ok:
                return
        except requests.ConnectionError:
            if api.poll() is not None:
                break
            time.sleep(0.1)
    raise RuntimeError(f"the STAC API did not start: {log.read_text()[-2000:]}")
