"""Every test of QGIS, in the QGIS of this machine and in those of other Debians.

``make qgis`` builds a Debian with QGIS in ``build/`` for each of ``SUITES`` (as root, with the
package debootstrap; some 2 GB and ten minutes each, once), runs there what the tests run in the
QGIS of this machine, and writes down which versions passed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree as ET

import record

ROOT = Path(__file__).resolve().parent.parent
IN_DEBIAN = ROOT / "benchmarks" / "in_debian.sh"
SUITES = ("trixie", "sid")
PACKAGES = ("python3-qgis", "qgis-providers", "fonts-noto-cjk", "fontconfig")

TESTS = (
    *("tests/result/test_qgis.py", "tests/result/test_qgis_pictures.py"),
    *("tests/result/test_qgis_places.py", "tests/result/test_qgis_rasters.py"),
    *("tests/inspection/test_visits.py", "tests/export/test_formats.py"),
)

ASK = """
import platform
from osgeo import gdal
from qgis.core import Qgis
from qgis.PyQt.QtCore import QT_VERSION_STR
print(Qgis.QGIS_VERSION.partition("-")[0], platform.freedesktop_os_release()["PRETTY_NAME"],
      platform.python_version(), gdal.__version__, QT_VERSION_STR, sep=";")
"""


def build(suite: str) -> Path:
    """A Debian with QGIS in a folder; one that is there is taken as it is."""
    folder = ROOT / "build" / f"debian-{suite}"
    if (folder / "usr/share/qgis").is_dir():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    print(f"{folder}: building, which takes some ten minutes", file=sys.stderr)
    quiet = {"stdout": subprocess.DEVNULL, "check": True}
    subprocess.run(["debootstrap", "--variant=minbase", suite, str(folder)], **quiet)
    (folder / str(ROOT).lstrip("/")).mkdir(parents=True, exist_ok=True)
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *PACKAGES]
    plain = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    subprocess.run(["chroot", str(folder), *install], env=plain, **quiet)
    subprocess.run(["chroot", str(folder), "apt-get", "clean"], **quiet)
    return folder


def tried(python: str) -> list[str]:
    """A row of the table: what a Python has, and how many tests passed in how many seconds."""
    with tempfile.TemporaryDirectory() as scratch:
        said = subprocess.run(
            [*python.split(), "-c", ASK], check=True, capture_output=True, text=True
        ).stdout.strip()
        report = Path(scratch) / "report.xml"
        settings = {"FARMLAND_QGIS": python, "FARMLAND_TEST_ALL": "1"}
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-k", "qgis", f"--junit-xml={report}", *TESTS],
            check=False, cwd=ROOT, env=os.environ | settings,
        )  # fmt: skip
        suite = next(ET.parse(report).getroot().iter("testsuite"))  # noqa: S314
    total = int(suite.get("tests", "0"))
    failed = int(suite.get("failures", "0")) + int(suite.get("errors", "0"))
    took = f"{float(suite.get('time', '0')):.0f}"
    return [*said.split(";"), f"{total - failed} of {total}", took]


def main() -> int:
    """Try all; 1 where a test failed."""
    pythons = ["/usr/bin/python3", *(f"{IN_DEBIAN} {build(suite)}" for suite in SUITES)]
    rows = [tried(python) for python in pythons]
    columns = ["QGIS", "on", "Python", "GDAL", "Qt", "tests passed", "seconds"]
    note = (
        "Styles, the saved project, forms, map tips, every layer drawn, both layouts printed and "
        "compared with kept pictures; moved, read-only, and on a drive that cannot share memory."
    )
    record.write("qgis", "Versions of QGIS", "make qgis", [record.Table("", columns, rows, note)])
    return int(any(row[-2].split()[0] != row[-2].split()[-1] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
