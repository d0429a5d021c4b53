"""Freed memory kept by the process instead of given back: a log's columns come and go, and fresh pages are slow."""

from __future__ import annotations

import ctypes
import os
import sys

# Parameters of mallopt, as glibc's malloc.h numbers them.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT_BYTES = 1 << 30


def keep_freed_memory() -> None:
    """Let NumPy and Arrow reuse what was freed: one allocator for both, if Arrow has not been loaded yet.

    Only Linux's C library can be told so (glibc).
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, KEPT_BYTES)
        mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
