"""Shared by the tests of the command line: the command as a user calls it, and one small pretend place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PEOPLE, SEED = 400, 5


def call(*words: object, cwd: Path, expect: int | None = 0) -> subprocess.CompletedProcess[str]:
    """Run `totalplace` as a process of its own; fail with its output if it ends otherwise than expected."""
    done = subprocess.run(
        [sys.executable, "-m", "totalplace.cli", *map(str, words)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "NO_COLOR": "1"},
        check=False,
    )
    if expect is not None and done.returncode != expect:
        pytest.fail(
            f"totalplace {' '.join(map(str, words))} ended with {done.returncode}, not {expect}:\n"
            f"{done.stdout}\n{done.stderr}"
        )
    return done


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a finished demo of a small pretend place: the run folder, with the project in `place/`."""
    folder = tmp_path_factory.mktemp("functional") / "demo"
    call("--seed", "1", "demo", "--people", PEOPLE, "--seed", SEED, "--out", folder, "--no-open", cwd=folder.parent)
    return folder
