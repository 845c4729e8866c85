"""Writes a large result over and over until somebody kills it. Argument: the GeoPackage."""

import sys

from example import example_result

from farmland.io import geopackage

result = example_result(rows=60, columns=60)
while True:
    geopackage.write(result, sys.argv[1])
