"""What the process does with memory that it has freed: Linux's C library can be told, others take no orders.

A log's columns come and go, and fresh pages are slow: there freed memory is kept. A linkage holds little at a time of
all that passes through: there it is given back, so that the next stage finds it.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable

# Parameters of mallopt, as glibc's malloc.h numbers them.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT_BYTES = 1 << 30


def _library(name: str) -> Callable[..., int] | None:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None


def keep_freed_memory() -> None:
    """Let NumPy and Arrow reuse what was freed: one allocator for both, if Arrow has not been loaded yet."""
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    mallopt = _library("mallopt")
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, KEPT_BYTES)
        mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)


def give_back_freed_memory() -> None:
    """Give the system what was freed and is kept."""
    trim = _library("malloc_trim")
    if trim is not None:
        trim(0)
