"""nginx on a free port of this machine, and what it was asked for.

Both readers get the same server: keep-alive, ranges, no compression, one worker. Its access log
says how many requests there were and how many bytes went out, whatever library asked.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

STARTING_SECONDS, WRITING_SECONDS = 10.0, 0.2
"""Patience with the server as it starts, and with the last line of its log."""

SETTINGS = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
http {{
    log_format asked '$status $body_bytes_sent $request_uri $http_range';
    access_log {folder}/access.log asked;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    default_type application/octet-stream;
    types {{ application/geo+json json; image/tiff tif; }}
    sendfile on;
    tcp_nopush on;
    keepalive_timeout 60s;
    keepalive_requests 100000;
    server {{
        listen 127.0.0.1:{port};
        location / {{ root {root}; }}
        location /stac/ {{ alias {folder}/stac/; }}
    }}
}}
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader asked of the server."""

    requests: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    address: str
    stac: Path
    """Folder that it shows as ``/stac/``."""
    log: Path

    def during(self, work: Callable[[], object], *, without: str = "") -> Asked:
        """Count what is asked while ``work`` runs; addresses with ``without`` are left out."""
        begun = self.log.stat().st_size
        work()
        time.sleep(WRITING_SECONDS)
        with self.log.open() as lines:
            lines.seek(begun)
            sizes = [int(line.split()[1]) for line in lines if not without or without not in line]
        return Asked(len(sizes), sum(sizes))


@contextmanager
def serving(root: Path, folder: Path) -> Iterator[Server]:
    """Serve ``root`` as long as the context lasts; ``folder`` holds all that the server writes.

    Raises
    ------
    SystemExit
        When nginx is not installed or does not start.
    """
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        raise SystemExit("The benchmark over HTTP needs nginx: apt-get install nginx-light.")
    port = _free_port()
    (folder / "stac").mkdir(parents=True)
    user = "user root;" if os.geteuid() == 0 else ""
    settings = folder / "nginx.conf"
    settings.write_text(SETTINGS.format(user=user, folder=folder, port=port, root=root), "utf-8")
    command = [program, "-c", str(settings), "-e", str(folder / "error.log")]
    child = subprocess.Popen(command)
    server = Server(f"http://127.0.0.1:{port}", folder / "stac", folder / "access.log")
    try:
        _wait(server, child)
        yield server
    finally:
        child.terminate()
        child.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: Server, child: subprocess.Popen[bytes]) -> None:
    """Until it answers, whatever it answers."""
    until = time.monotonic() + STARTING_SECONDS
    while child.poll() is None and time.monotonic() < until:
        try:
            urllib.request.urlopen(f"{server.address}/stac/", timeout=1)  # noqa: S310
        except urllib.error.HTTPError:
            time.sleep(WRITING_SECONDS)
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nginx does not start: see {server.log.with_name('error.log')}.")
