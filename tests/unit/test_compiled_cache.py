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
