"""Runs in the environment of the peers: reads what is asked, one line each, and answers.

A line is a detector, a file with ``days`` (t,), ``values`` (p, t, b), ``clear`` (p, t) and
``start``, and where to write the day (p,) of the first break from ``start`` on, 0 without one.
This file must not import anything of the project.
"""

from __future__ import annotations

import sys
import warnings
from datetime import datetime, timedelta

import numpy as np
import xarray as xr

EPOCH = datetime(1970, 1, 1)  # nrt subtracts a naive one from it
ORDINAL = EPOCH.toordinal()
BLUE, GREEN, RED, NIR, SWIR16, SWIR22 = range(6)
CLEAR, CLOUD = 0, 4
"""Of the quality band that pyxccd reads."""
YEAR = 366
LAMBDA = 20
"""What pyxccd advises for reflectance x 1e4."""


def monitor(name: str, days: np.ndarray, values: np.ndarray, clear: np.ndarray, start: int):
    """nrt: a harmonic model of the history's NDVI, then look after look against it."""
    from nrt.monitor.ccdc import CCDC
    from nrt.monitor.cusum import CuSum
    from nrt.monitor.ewma import EWMA
    from nrt.monitor.iqr import IQR
    from nrt.monitor.mosum import MoSum

    kind = {"CCDC": CCDC, "CuSum": CuSum, "EWMA": EWMA, "IQR": IQR, "MoSum": MoSum}[name]
    light = np.where(clear[:, :, None], values, np.nan) / 1e4
    ndvi = (light[:, :, NIR] - light[:, :, RED]) / np.maximum(
        light[:, :, NIR] + light[:, :, RED], 0.02
    )
    past = days < start

    def cube(measure: np.ndarray) -> xr.DataArray:
        when = days[past].astype("datetime64[D]").astype("datetime64[ns]")
        across = np.arange(len(measure), dtype=float)
        return xr.DataArray(
            measure[:, past].T[:, None, :],
            dims=("time", "y", "x"),
            coords={"time": when, "y": [0.0], "x": across},
        )

    chart = kind()
    more = {"green": cube(light[:, :, GREEN]), "swir": cube(light[:, :, SWIR16])}
    chart.fit(cube(ndvi), **(more if name == "CCDC" else {}))
    for look in np.flatnonzero(~past):
        chart.monitor(ndvi[:, look][None, :], EPOCH + timedelta(days=int(days[look])))
    if chart.detection_date is None:
        return np.zeros(len(ndvi), np.int32)
    return np.where(chart.mask == 3, chart.detection_date, 0)[0].astype(np.int32)


def breaks(name: str, days: np.ndarray, values: np.ndarray, clear: np.ndarray, start: int):
    """pyxccd: harmonic models that end where six looks in a row no longer fit."""
    from pyxccd import cold_detect_flex, sccd_detect

    ordinal = (days + ORDINAL).astype(np.int64)
    out = np.zeros(len(values), np.int32)
    if days[-1] - days[0] < YEAR:
        return out  # S-CCD refuses less than a year
    for pixel, bands in enumerate(np.clip(values, 0, 10000).astype(np.int64)):
        quality = np.where(clear[pixel], CLEAR, CLOUD).astype(np.int64)
        if name == "S-CCD":
            models = sccd_detect(ordinal, *np.ascontiguousarray(bands.T), quality).rec_cg
        else:
            index = {"tmask_b1_index": GREEN + 1, "tmask_b2_index": SWIR16 + 1}
            models = cold_detect_flex(ordinal, bands, quality, LAMBDA, **index)
        when = np.asarray(models["t_break"] if len(models) else [], np.int64) - ORDINAL
        later = when[when >= start]
        out[pixel] = later.min() if later.size else 0
    return out


def main() -> None:
    """Answer until nobody asks any more."""
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        name, given, answer = line.rstrip("\n").split("\t")
        with np.load(given) as file:
            asked = [file[key] for key in ("days", "values", "clear")]
            start = int(file["start"])
        detect = breaks if name in ("S-CCD", "COLD") else monitor
        np.save(answer, detect(name, *asked, start))
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
