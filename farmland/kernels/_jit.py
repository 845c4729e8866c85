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


def compiled_to_divide(kernel: Kernel) -> Kernel:
    """Compile a kernel whose innermost loop runs over lanes: one series each, side by side.

    As :func:`compiled`, but a division by zero is infinite or NaN, as in numpy. The exception of
    the other policy is a branch, and a loop with a branch is not done on several lanes at once.
    """
    return numba.njit(kernel, nogil=True, cache=True, error_model="numpy")  # type: ignore[no-any-return]


def compiled_to_add(kernel: Kernel) -> Kernel:
    """Compile as :func:`compiled_to_divide`, and sums may be added up in any order.

    Only for numbers that are approached step by step up to a tolerance: the last digits of a sum
    differ with the processor, the answer does not beyond its tolerance.
    """
    return numba.njit(  # type: ignore[no-any-return]
        kernel, nogil=True, cache=True, error_model="numpy", fastmath={"reassoc", "contract"}
    )
