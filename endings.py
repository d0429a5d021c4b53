"""How a command ends: each kind of end is worded on stderr and has its exit code."""

from __future__ import annotations

import errno
import gc
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from totalplace import __version__
from totalplace.errors import EngineError, ReaderGoneError, TotalplaceError

DONE, USAGE, BUG, INTERRUPTED = 0, 2, 70, 130
STOPPED = (
    "stopped. No file is half-written. Give the same command again; where it runs a project's stages, whole ones are "
    "kept: add --resume."
)
# What the machine refuses, not we: a full disk, a folder that may not be written. Any other is a fault of ours.
REFUSED_BY_THE_MACHINE = {
    errno.EACCES,
    errno.EDQUOT,
    errno.EEXIST,
    errno.EIO,
    errno.EISDIR,
    errno.ELOOP,
    errno.EMFILE,
    errno.ENAMETOOLONG,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}


@contextmanager
def rare_searches_for_rubbish() -> Iterator[None]:
    """Let Python look through its objects seldom, and not once more at the end of the process.

    Loading modules makes half a million of them, none of them rubbish: that would take a third of a second.
    """
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.disable()
        gc.freeze()


def exit_code_of(command: Callable[[], object]) -> int:
    """Do the command, say how it ended unless well, and return the exit code."""
    started = time.perf_counter()
    _stand_in_for_closed_streams()
    stop = _Stop()
    for kind in (signal.SIGTERM, signal.SIGINT):
        signal.signal(kind, stop)
    try:
        code = command()
    except (click.exceptions.Abort, KeyboardInterrupt):
        return _stopped()
    except click.ClickException as error:
        error.show()
        return USAGE
    except TotalplaceError as error:
        return _stopped() if stop.asked else _refuse(error)
    except MemoryError:
        cure = "Close other programs, or use fewer --workers; then run again with --resume."
        return _refuse(EngineError("TP603", "this machine", "memory ran out", cure))
    except (ReaderGoneError, BrokenPipeError):
        return _unread()
    except Exception as error:  # noqa: BLE001 the last line of defence: no value may reach the terminal
        if stop.asked:  # the engine answers a stop in the middle of a query with an error of its own
            return _stopped()
        if isinstance(error, OSError) and error.errno in REFUSED_BY_THE_MACHINE:
            return _refuse(_machine_error(error))
        return _report_bug(error, time.perf_counter() - started)
    return code if isinstance(code, int) else DONE


def _stand_in_for_closed_streams() -> None:
    """Let what would go to a stream that the caller closed (`2>&-`) go nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 it lasts as long as the process


def _unread() -> int:
    """End well though the reader of our output went away, as `head` does; Python would complain at its exit."""
    for stream in (sys.stdout, sys.stderr):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return DONE


class _Stop:
    """End as Ctrl-C does when the system asks for it: whole stages kept, nothing left in the scratch folder.

    Args:
        asked: whether anybody has.
    """

    asked = False

    def __call__(self, *_: object) -> None:
        self.asked = True
        raise KeyboardInterrupt


def _stopped() -> int:
    click.echo(STOPPED, err=True)
    return INTERRUPTED


def _complain(text: str) -> None:
    click.secho(text, err=True, fg=None if os.environ.get("NO_COLOR") else "red")


def _refuse(error: TotalplaceError) -> int:
    _complain(f"error {error}")
    return error.exit_code


def _machine_error(error: OSError) -> EngineError:
    where = Path(error.filename).name if isinstance(error.filename, str) else "this machine"
    what = f"cannot be read or written ({error.strerror})"
    return EngineError(
        "TP604", where, what, "Check disk space and rights; then give the same command again, a run with --resume."
    )


def _report_bug(error: BaseException, seconds: float) -> int:
    """Write where it broke, without any value: no message, no variable, only files, lines and names."""
    import tempfile  # a command that ends well starts sooner without it

    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"totalplace {__version__}, python {sys.version.split()[0]}, after {seconds:.0f} s", type(error).__name__]
    lines += [f"  {Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    with tempfile.NamedTemporaryFile(
        "w", prefix="totalplace-fault-", suffix=".txt", delete=False, encoding="utf-8"
    ) as report:
        report.write("\n".join(lines) + "\n")
    _complain(
        f"error TP700: totalplace: a fault of ours ({type(error).__name__}).\n"
        f"  Please report it with {report.name}: it holds no record."
    )
    return BUG
