"""Compiled loops are cached where an edit of any kernel's module makes a new folder."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from totalplace import compiled


def test_the_cache_folder_follows_the_text_of_the_kernels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    room = tmp_path / "linkage"
    room.mkdir()
    monkeypatch.setattr(compiled, "__file__", str(tmp_path / "compiled.py"))
    (room / "pairs.py").write_text("from totalplace.compiled import kernel\nX = 1\n")
    before = compiled._fingerprint()
    (room / "other.py").write_text("no kernel here")
    assert compiled._fingerprint() == before
    (room / "pairs.py").write_text("from totalplace.compiled import kernel\nX = 2\n")
    assert compiled._fingerprint() != before


def test_a_machine_where_nothing_is_writable_still_computes(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file stands where the cache folder would")
    quiet = "import warnings; warnings.simplefilter('ignore'); "
    code = quiet + "from totalplace.compiled import kernel; print(kernel(lambda x: x + 1)(2))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"XDG_CACHE_HOME": str(blocked / "x"), "PATH": ""},
    )
    assert done.stdout.strip() == "3"


def test_only_old_caches_are_swept_away(tmp_path: Path) -> None:
    folders = [tmp_path / f"kernels-{k}" for k in range(7)]
    now = time.time()
    for age, folder in enumerate(folders):
        folder.mkdir()
        os.utime(folder, (now - age * 3600, now - age * 3600 if age < 6 else now - 3 * compiled.IN_USE_S))
    compiled._tidy(tmp_path, folders[0])
    assert sorted(tmp_path.iterdir()) == folders[:6]


OWN = """
import numpy as np
from totalplace.compiled import kernel

@kernel
def counted(n):
    return np.arange(n)

@kernel
def twice(n):
    return np.concatenate((counted(n), counted(n)))
"""


def test_code_from_the_cache_allocates_and_is_built_upon(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(OWN)

    def told(code: str) -> str:
        env = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONPATH": str(tmp_path)}
        env.pop("NUMBA_CACHE_DIR", None)
        run = [sys.executable, "-c", f"import own; {code}"]
        return subprocess.run(run, capture_output=True, text=True, check=True, env=env).stdout.strip()

    asked = "print(sum(own.counted(1000)), sum(own.counted.stats.cache_hits.values()))"
    assert told(asked) == "499500 0"
    assert told(asked) == "499500 1"
    # A kernel compiled anew beside it asks for what the first could do without.
    assert (
        told(f"{asked}; print(sum(own.twice(1000)), sum(own.twice.stats.cache_hits.values()))") == "499500 1\n999000 0"
    )
