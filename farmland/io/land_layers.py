"""Layers of land that lie under the parcels, each named by its option on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from farmland.errors import FarmlandError
from farmland.io import parcels, places
from farmland.parcels import Parcels
from farmland.places import Places
from farmland.room import ENDLESS, Room

NOTATION = "|layername="
"""Between a file and its layer, as QGIS writes it."""

TELLING = ("YJJBNTTBBH", "YJJBNTTBMJ", "YJJBNTMJ", "TBMJ", "TBDLMJ")
"""Standard fields by which a layer is recognised; read, not kept."""

NEEDED = (
    *("DLBM", "DLMC", "ZZSXDM", "KCXS", "SJNF"),
    *("ZLDWDM", "ZLDWMC", "XZQDM", "XZQMC", "QSDWDM", "QSDWMC"),
)
"""Standard fields that are kept: what the ground was, of which year, and where it lies."""


def option(kind: str) -> str:
    """The option of a kind of layer.

    >>> option("grain_zone")
    '--grain-zone'
    """
    return f"--{kind.replace('_', '-')}"


def read(kind: str, given: str, room: Room = ENDLESS) -> Parcels:
    """Read one layer as parcels are read: mended, its CRS settled, nothing personal.

    Parameters
    ----------
    kind : str
        ``pbf``, ``survey``, ``approved``, ``redline`` or ``grain_zone``.
    given : str
        A file, or ``FILE|layername=NAME``.
    room : Room
        Memory that it may take.

    Returns
    -------
    Parcels
        With the columns of the fields in ``NEEDED`` only: layers are large and wait for long.

    Raises
    ------
    FarmlandError
        As :func:`farmland.io.parcels.read`, the option named.
    """
    path, _, layer = given.partition(NOTATION)
    with _named(option(kind)):
        found = parcels.read(path, layer=layer, only=(*NEEDED, *TELLING), room=room)
    fields = {name: column for name, column in found.fields.items() if name in NEEDED}
    columns = ["parcel_id", *dict.fromkeys(fields.values()), found.frame.geometry.name]
    return replace(found, frame=found.frame[columns], fields=fields, as_given={})


def read_places(given: str) -> Places:
    """Read the places of ``--places``: a layer with outlines and names, or a table of names.

    Raises
    ------
    FarmlandError
        As :func:`farmland.io.places.read`, the option named.
    """
    path, _, layer = given.partition(NOTATION)
    with _named(option("places")):
        return places.read(path, layer)


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Say with every error which option is meant."""
    try:
        yield
    except FarmlandError as fault:
        raise type(fault)(f"{name}: {fault.english}", f"{name}：{fault.chinese}") from fault
