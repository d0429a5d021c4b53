"""How a hot loop is compiled: the one decorator `kernel`, and a cache that is never stale.

Numba decides where a function's machine code is cached when the function is decorated, and does not notice an edit
in another module that the function calls. So the folder is named after a hash of every module that holds a kernel,
and after the versions of Python, Numba and Numpy. It stands below the rooms because rooms may not import the engine
(docs/decisions/0001).
"""

from __future__ import annotations

import hashlib
import importlib
import os
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
import numpy
from llvmlite import binding as llvm
from numba import types
from numba.core.caching import FunctionCache
from numba.core.runtime import rtsys
from numba.extending import intrinsic

KEPT_CACHES = 4
IN_USE_S = 86_400  # a cache that was used this lately may be in use now: each start writes into its folder
BLAS = "scipy.linalg"


def _load_numba_without_blas() -> None:
    """Let Numba take its array functions up without SciPy's linear algebra, which takes 0.2 s to load.

    No kernel here multiplies matrices. A module that is None in `sys.modules` is one that cannot be imported; Numba
    then does without. Should a later Numba look elsewhere, this does nothing.
    """
    if BLAS in sys.modules:
        return
    sys.modules[BLAS] = None  # type: ignore[assignment]
    try:
        importlib.import_module("numba.np.arraymath")
    finally:
        del sys.modules[BLAS]


_load_numba_without_blas()


def _fingerprint() -> str:
    digest = hashlib.sha256(f"{sys.version} numba {numba.__version__} numpy {numpy.__version__}".encode())
    package = Path(__file__).parent
    rooms = ("engine", "intake", "journeys", "linkage", "report")
    for path in sorted(path for room in rooms for path in (package / room).rglob("*.py")):
        text = path.read_bytes()
        if b"totalplace.compiled" in text:
            digest.update(path.name.encode() + b"\0" + text)
    return digest.hexdigest()[:16]


def _user_cache() -> Path:
    if os.environ.get("NUMBA_CACHE_DIR"):
        return Path(os.environ["NUMBA_CACHE_DIR"])
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "totalplace"


def _cache_folder() -> str:
    """Return a writable folder for this version of the kernels, or "" when nothing can be written."""
    try:
        base = _user_cache()
        folder = base / f"kernels-{_fingerprint()}"
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        _tidy(base, folder)
    except (OSError, RuntimeError):
        warnings.warn(
            "no folder for compiled code can be written; each start will compile again. "
            "Set XDG_CACHE_HOME to a folder that you may write.",
            stacklevel=2,
        )
        return ""
    return str(folder)


def _tidy(base: Path, current: Path) -> None:
    """Keep the few newest caches, and those that another version may be using: each edit of a kernel leaves one."""
    folders = sorted(base.glob("kernels-*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in folders[KEPT_CACHES:]:
        if old != current and time.time() - old.stat().st_mtime > IN_USE_S:
            shutil.rmtree(old, ignore_errors=True)


CACHE_FOLDER = _cache_folder()
# Should a later Numba keep them elsewhere, it starts its allocator itself, and only the time is lost.
ALLOCATOR: dict[str, int] | None = getattr(getattr(numba.core.runtime, "_nrt_python", None), "c_helpers", None)


class _Cache(FunctionCache):
    """Takes up machine code without what only a compiler needs: a quarter of a second of processor time at each start.

    Numba loads every implementation that it can compile, and compiles what counts references, before it looks into the
    cache. What is compiled after all has both done then; machine code holds its own copy of what counts references, and
    asks for the allocator's addresses alone.
    """

    def load_overload(self, signature: Any, target: Any) -> Any:
        """Return the compiled function of a signature, None if there is none."""
        if ALLOCATOR is None:
            rtsys.initialize(target)
        else:
            _tell_addresses_of_allocator()
        return self._load_overload(signature, target)


@cache
def _tell_addresses_of_allocator() -> None:
    """Tell LLVM where Numba's allocator stands in memory."""
    for name, address in (ALLOCATOR or {}).items():
        llvm.add_symbol(name if name.startswith("_") else f"NRT_{name}", address)


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function without the interpreter lock, cached on disk; no fast-math, so every machine agrees.

    Nor with the wrapper for calls from C that Numba adds: nobody calls it, and it is a tenth of the work.
    """
    settings: Any = numba.config
    compiler: Any = numba.njit  # its types know the options of the manual only
    before = settings.CACHE_DIR
    settings.CACHE_DIR = CACHE_FOLDER
    try:
        compiled = compiler(nogil=True, no_cfunc_wrapper=True)(function)
        if CACHE_FOLDER:
            compiled._cache = _Cache(function)  # as Numba's own option `cache` does it
        return compiled
    finally:
        settings.CACHE_DIR = before


@intrinsic
def ones_in(context: Any, word: Any) -> Any:
    """Count the bits set in a whole number of 64 bits: the processor's own instruction."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), emit
