"""Arithmetic on one thread: sums come out the same, bit for bit, however many cores there are."""

from __future__ import annotations

import os

_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def one_thread() -> None:
    """To be called before numpy is imported: its libraries read these once, at load."""
    for name in _VARIABLES:
        os.environ[name] = "1"  # passed on to numpy's libraries
