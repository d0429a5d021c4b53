"""What a whole process costs: processor time and peak memory as the operating system counts them.

Keep the calling process small: a child's peak memory is never counted as less than its parent's was when it started it.
One that is not small asks through another: `processes.py COMMAND ...` runs it and prints the cost as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

PEAK_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Cost:
    """User and system seconds of all threads, elapsed seconds, and the largest resident set in bytes."""

    cpu: float
    wall: float
    peak: int


def cost_of(command: Sequence[str], **environment: str) -> Cost:
    """Run a command to its end and return what it cost.

    Raises:
        RuntimeError: it failed.
    """
    begin = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_environment() | environment
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - begin, used.ru_maxrss * PEAK_UNIT)


def least(command: Sequence[str], times: int, **environment: str) -> Cost:
    """Return the least of several runs, by processor time; a run before them, not counted, warms the disk's cache."""
    cost_of(command, **environment)
    return min((cost_of(command, **environment) for _ in range(times)), key=lambda cost: cost.cpu)


def _environment() -> dict[str, str]:
    """Return the environment without what keeps Python from using compiled modules: nobody's installation has it."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


if __name__ == "__main__":
    print(json.dumps(asdict(cost_of(sys.argv[1:]))))
