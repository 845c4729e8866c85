"""Names of the provinces of a country, the only places known without a layer of the user.

GB/T 2260, first two digits (DOMAIN 4); 66 is the Xinjiang Production and Construction Corps, which
has a code of its own in the data of its sector. All other codes change from year to year.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources

from farmland.rules import Words


@cache
def provinces(rules_id: str) -> Mapping[str, Words]:
    """Names by code of 6 digits; none where the rules of a country ship no table."""
    table = resources.files(__package__).joinpath(rules_id, "provinces.csv")
    if not table.is_file():
        return {}
    rows = csv.DictReader(table.read_text("utf-8").splitlines())
    return {row["code"]: Words(row["en"], row["zh"]) for row in rows}
