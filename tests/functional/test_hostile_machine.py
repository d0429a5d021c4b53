"""The machine as it is: readers that go away, streams that are closed, stops in the middle, nobody at the screen."""

from __future__ import annotations

import ast
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import totalplace
from totalplace import endings

from .conftest import call

COMMAND = [sys.executable, "-m", "totalplace.cli"]
ROOT = Path(totalplace.__file__).parent


def shell(text: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which `$T` is the command."""
    words = ["bash", "-c", "set -o pipefail; T='" + " ".join(COMMAND) + "'; " + text]
    return subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=600, check=False)


def test_a_reader_of_results_who_goes_away_is_no_error(tmp_path: Path) -> None:
    done = shell("$T completion bash | head -1", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_run_goes_on_though_nobody_reads_its_progress(demo: Path, tmp_path: Path) -> None:
    done = shell(
        f"$T -v -C {demo / 'place'} flag handoffs --out {demo} 2>&1 >told.txt | head -1; cat told.txt", tmp_path
    )
    assert done.returncode == 0 and "handoffs between agencies" in done.stdout


@pytest.mark.parametrize("closed", ["2>&-", ">&-", ">&- 2>&-"])
def test_closed_streams_are_no_fault_of_ours(closed: str, tmp_path: Path) -> None:
    assert shell(f"$T config show {closed}", tmp_path).returncode == 0


def test_a_full_disk_is_told_as_one(tmp_path: Path) -> None:
    done = shell("$T config show >/dev/full", tmp_path)
    assert done.returncode == 6 and "TP604" in done.stderr and "No space left" in done.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_in_the_middle_of_a_query_is_a_stop(how: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped_query() -> None:
        try:
            signal.raise_signal(how)
        except KeyboardInterrupt:
            raise RuntimeError("Query interrupted") from None

    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    try:
        assert endings.exit_code_of(stopped_query) == endings.INTERRUPTED
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])


def test_a_stopped_run_says_so_and_goes_on_from_its_whole_stages(demo: Path, tmp_path: Path) -> None:
    words = ["-v", "-C", demo / "place", "run", "--to", "households", "--out", tmp_path / "out"]
    with subprocess.Popen([*COMMAND, *words], cwd=tmp_path, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        for line in run.stderr:
            if "link " in line and "begin" in line:
                run.send_signal(signal.SIGINT)
                break
        said = run.stderr.read()
    assert run.returncode == 130 and "add --resume" in said
    assert not (tmp_path / "out" / "manifest.json").exists()
    again = call(*words, "--resume", cwd=tmp_path)
    assert "police: unchanged, skipped" in again.stderr and (tmp_path / "out" / "manifest.json").exists()


def test_nobody_at_the_screen_means_no_browser_and_no_question(demo: Path) -> None:
    done = call("-C", demo / "place", "explore", "--open", "--no-input", "--out", demo, cwd=demo, expect=2)
    assert "TP106" in done.stderr and "--no-input" in done.stderr


def test_no_command_asks_anything() -> None:
    asks = re.compile(r"^(input|getpass|prompt|confirm|pause|edit)$")
    found = []
    for path in (path for path in ROOT.rglob("*.py") if not {".venv", "build", "tests"} & set(path.parts)):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                owner = getattr(getattr(node.func, "value", None), "id", "")
                if asks.match(name) and owner in ("", "click", "getpass"):
                    found.append(f"{path.name}: {name}")
    assert found == []


def test_the_first_line_comes_before_anything_heavy_is_loaded(demo: Path, tmp_path: Path) -> None:
    words = [*COMMAND, "-C", demo / "place", "run", "--out", demo]
    began = time.perf_counter()
    with subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        first, at = run.stderr.readline(), time.perf_counter() - began
        run.stderr.read()
    whole = time.perf_counter() - began
    assert first.split() == ["run", "reading", "the", "project"]
    assert at < whole / 2  # the rest loads numpy, pyarrow and the engine


def test_no_home_and_a_plain_locale_change_nothing(tmp_path: Path) -> None:
    (tmp_path / "naïve.csv").write_text("ref,surname,born\nK1,Ann,1980-01-01\n")
    plain = {"PATH": os.environ["PATH"], "LC_ALL": "POSIX", "TERM": "dumb", "PYTHONUTF8": "0", "NO_COLOR": "1"}
    done = subprocess.run(
        [*COMMAND, "check", "naïve.csv"], cwd=tmp_path, env=plain, capture_output=True, timeout=600, check=False
    )
    assert done.returncode == 0 and b"1 rows, 3 columns" in done.stdout
