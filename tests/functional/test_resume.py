"""A run that is killed goes on at the last whole stage and ends with the bytes of an undisturbed one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from .conftest import call

UNSTABLE = {"timings.json"}


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in UNSTABLE and "place" not in path.relative_to(folder).parts[:1]
    }


def kill_within(project: Path, out: Path, stage: str) -> bool:
    """Start or resume the run and kill it with SIGKILL once the stage has begun to work; say whether it was caught."""
    part, stamp = (out / folder / stage.replace(":", "-") for folder in (".part", ".stages"))
    words = ["run", "--out", str(out), "--resume"]
    process = subprocess.Popen(
        [sys.executable, "-m", "totalplace.cli", "-C", str(project), *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None:
        if part.is_dir():
            time.sleep(0.02)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            return not stamp.with_suffix(".json").exists()
        time.sleep(0.001)
    return False


def test_a_run_killed_in_every_stage_ends_with_the_same_bytes(demo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    undisturbed = tmp_path / "undisturbed"
    call("-C", demo / "place", "run", "--out", undisturbed, cwd=tmp_path)
    stages = [
        path.stem for path in sorted((undisturbed / ".stages").glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    ]
    caught = [stage for stage in stages if kill_within(demo / "place", out, stage)]
    # The quickest stage may slip through on a fast machine; nearly all must have been caught at work.
    assert len(caught) >= len(stages) - 2
    assert {"link", "journeys", "flag", "report"} <= set(caught)
    call("-C", demo / "place", "run", "--out", out, "--resume", cwd=tmp_path)
    assert contents(out) == contents(undisturbed)


def test_a_run_that_the_system_asks_to_stop_says_how_to_go_on(demo: Path, tmp_path: Path) -> None:
    words = ["-C", str(demo / "place"), "run", "--out", str(tmp_path / "out")]
    process = subprocess.Popen(
        [sys.executable, "-m", "totalplace.cli", *words], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    while not (tmp_path / "out" / ".stages").is_dir():
        time.sleep(0.01)
    process.terminate()
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130 and "--resume" in said


def test_an_unfinished_run_is_not_touched_without_a_word(demo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    call("-C", demo / "place", "run", "--out", out, "--to", "protect", cwd=tmp_path)
    (out / ".part" / "link").mkdir(parents=True)
    done = call("-C", demo / "place", "run", "--out", out, cwd=tmp_path, expect=2)
    assert "TP126" in done.stderr and "--resume" in done.stderr


def test_a_run_that_ended_after_an_early_stage_goes_on_without_a_word(demo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    call("-C", demo / "place", "run", "--out", out, "--to", "protect", cwd=tmp_path)
    done = call("-C", demo / "place", "run", "--out", out, "--to", "households", cwd=tmp_path)
    assert "protect    housing: unchanged, skipped" in done.stderr and (out / "linkage" / "families.parquet").exists()


def test_a_second_run_skips_every_stage(demo: Path, tmp_path: Path) -> None:
    done = call("-C", demo / "place", "run", "--out", demo, cwd=tmp_path)
    lines = [
        line for line in done.stderr.splitlines() if line.startswith(("protect", "link", "journeys", "flag", "report"))
    ]
    assert lines and all("unchanged, skipped" in line for line in lines)
