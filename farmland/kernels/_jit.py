"""The one compile policy: at first call, cached on disk, without the GIL, IEEE arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., object])


def compiled(kernel: Kernel) -> Kernel:
    """Compile ``kernel`` when it is first called.

    No ``parallel=True``: Dask's threads are the parallelism, and numba's own layer aborts the
    process when it is entered from several of them.
    """
    return numba.njit(kernel, nogil=True, cache=True)  # type: ignore[no-any-return]
