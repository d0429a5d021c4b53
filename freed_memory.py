"""What becomes of memory that was freed: kept by the process instead of given back, and shared by its threads."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Mapping

# Parameters of mallopt, as glibc's malloc.h numbers them.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
KEPT_BYTES = 1 << 30


def keep_freed_memory() -> None:
    """Let NumPy and Arrow reuse what was freed: one allocator for both, if Arrow has not been loaded yet.

    A log's columns come and go, and fresh pages are slow.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    _tell({M_MMAP_THRESHOLD: KEPT_BYTES, M_TRIM_THRESHOLD: KEPT_BYTES})


def share_freed_memory() -> None:
    """Let every thread take what any has freed; to be called before there are threads.

    Otherwise each keeps its own. A linkage of a million records takes a fifth more so, and is no faster. Arrow's own
    allocator sets 16 MB aside as soon as Arrow is loaded, used or not; so here too Arrow is to use the C library's.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    _tell({M_ARENA_MAX: 1})


def _tell(settings: Mapping[int, int]) -> None:
    """Tell the C library; only Linux's (glibc) can be told so."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        for name, value in settings.items():
            mallopt(name, value)
