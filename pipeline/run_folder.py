"""The run folder: whole stages only, so that a killed run goes on where it was and ends with the same bytes.

A stage writes under `.part/<stage>/`, laid out as in the run folder. When it is whole, its files are moved to their
places and a stamp is written last, by rename. A stage whose stamp names the same key and whose files are still as
they were is not run again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from totalplace.errors import UsageError

PARTS, STAMPS, LOCK, MANIFEST, TIMINGS = ".part", ".stages", ".lock", "manifest.json", "timings.json"
INPUTS = "inputs"  # beside the run's name: hash of the inputs and rules of the last run here


@dataclass(frozen=True)
class Stamp:
    """What a whole stage left behind.

    Args:
        key: hash of everything the stage depends on.
        outputs: path inside the run folder to sha256.
        counts: the stage's numbers, for the manifest.
        notes: lines for the user.
    """

    key: str
    outputs: dict[str, str]
    counts: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def shown(path: Path) -> Path:
    """Return a path as it is said: from where the user stands, if it lies there."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def digest(path: Path) -> str:
    """Return the sha256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def canonical(value: Any) -> str:
    """Return JSON that is the same for equal values."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1) + "\n"


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text under a temporary name, then rename."""
    make_folder(path.parent)
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8", newline="\n")
    os.replace(part, path)


def make_folder(path: Path) -> None:
    """Make a folder and those above it where they lack.

    Raises:
        UsageError: TP124, it cannot be made there, or a file stands in its place.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror
        if isinstance(error, FileExistsError | NotADirectoryError):
            reason = "a file stands there"
        elif isinstance(error, FileNotFoundError):  # all above it was made first, so it is the place
            reason = "the system lets nobody make one there"
        cure = "Name a folder in a place where you may write."
        raise UsageError("TP124", f"folder {path.name}", f"cannot be made ({reason})", cure) from None


def refuse_results(out: Path, names: Sequence[str], force: bool) -> None:
    """Refuse a folder that holds one of these files, unless it may be written over."""
    if out.exists() and not out.is_dir():
        raise UsageError("TP124", out.name, "is a file, not a folder", "Choose another --out.")
    there = [name for name in names if (out / name).exists()]
    if there and not force:
        raise UsageError(
            "TP124", f"folder {out.name}", f"holds {there[0]} already", "Choose another --out, or add --force."
        )


class RunFolder:
    """One run's folder: `agency/`, `linkage/`, `analysis/`, `report/`, its stamps and its manifest."""

    def __init__(self, path: Path, beside: tuple[str, ...] = ()) -> None:
        """Name the folder; `beside` are entries in it that are none of the run's business."""
        self.path = path
        self._beside = (LOCK, *beside)
        self._held: int | None = None

    def claim(self, run_id: str, *, resume: bool, force: bool, inputs: str = "") -> None:
        """Make the folder ours, or refuse.

        Args:
            run_id: name of the run, which somebody may have chosen.
            resume: go on with an unfinished run.
            force: start afresh.
            inputs: hash of the inputs and rules, so that a refusal can tell whose run is there.

        Raises:
            UsageError: it holds another run, an unfinished run, or something that is no run at all; or another
                process is at work in it.
        """
        owner = self.path / STAMPS / "run_id"
        if not owner.is_file() and self._busy():
            raise UsageError("TP127", self._name, "is not empty and holds no run", "Choose an empty folder for --out.")
        self._lock()
        found = owner.read_bytes() if owner.is_file() else None
        if force:
            self._clear()
        elif found is not None and found != run_id.encode():
            raise UsageError(
                "TP125", self._name, "holds a run of other inputs or rules", "Choose another --out, or add --force."
            )
        elif found is not None and self._stopped() and not resume:
            raise self._unfinished(inputs)
        write_text(owner, run_id)
        write_text(owner.with_name(INPUTS), inputs)
        shutil.rmtree(self.path / PARTS, ignore_errors=True)

    @contextmanager
    def claimed(self, run_id: str, *, resume: bool, force: bool, inputs: str = "") -> Iterator[None]:
        """Hold the folder as `claim` does, until the end of a block."""
        try:
            self.claim(run_id, resume=resume, force=force, inputs=inputs)
            yield
        finally:
            self.release()

    def release(self) -> None:
        """Let other processes work in the folder."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def _lock(self) -> None:
        """Keep other processes out until `release`; the system lets go of the lock of a killed process by itself."""
        self.release()
        make_folder(self.path)
        self._held = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            cure = "Wait for it to end, or choose another --out."
            raise UsageError("TP129", self._name, "is being written by another run", cure) from None

    @property
    def _name(self) -> str:
        return f"folder {self.path.name}"

    def _stopped(self) -> str:
        """Return the stage that was stopped at work; "" if none was, as in a run that ended after an early stage."""
        parts = self.path / PARTS
        return min((entry.name for entry in parts.iterdir()), default="") if parts.is_dir() else ""

    def _unfinished(self, inputs: str) -> UsageError:
        """Return the refusal of a folder in which a stage was stopped: whose run it is, and how far it had come."""
        owner = self.path / STAMPS / INPUTS
        others = inputs and owner.is_file() and owner.read_bytes() != inputs.encode()
        of = " for other inputs or rules" if others else ""
        again = f"a finished run; its stage {self._stopped()} was done again{of} and stopped half way"
        what = (
            again if (self.path / MANIFEST).is_file() else f"an unfinished run{of}, stopped in stage {self._stopped()}"
        )
        cure = "Add --resume to go on: stages are kept whose inputs are as now; or --force to start afresh."
        return UsageError("TP126", self._name, f"holds {what}", cure)

    def drop_part(self, stage: str) -> None:
        """Forget what a stage had written: it was refused, so there is nothing to go on with."""
        shutil.rmtree(self.path / PARTS / _file_name(stage), ignore_errors=True)

    def _busy(self) -> bool:
        if not self.path.is_dir():
            return self.path.exists()
        return any(entry.name not in self._beside for entry in self.path.iterdir())

    def _clear(self) -> None:
        for name in ("agency", "linkage", "analysis", "report", STAMPS, PARTS):
            shutil.rmtree(self.path / name, ignore_errors=True)
        for name in (MANIFEST, TIMINGS):
            (self.path / name).unlink(missing_ok=True)

    def part(self, stage: str) -> Path:
        """Return an empty folder for a stage to write in."""
        folder = self.path / PARTS / _file_name(stage)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def stamp(self, stage: str) -> Stamp | None:
        """Return the stage's stamp, or None if the stage is not whole."""
        path = self.path / STAMPS / f"{_file_name(stage)}.json"
        try:
            return Stamp(**json.loads(path.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            # A stamp that cannot be read stamps nothing: the stage is run again.
            return None

    def is_whole(self, stage: str, key: str) -> bool:
        """Say whether the stage was run for this key and its files are still as it left them."""
        stamp = self.stamp(stage)
        if stamp is None or stamp.key != key:
            return False
        return all(
            (self.path / name).is_file() and digest(self.path / name) == found for name, found in stamp.outputs.items()
        )

    def keep(self, stage: str, key: str, counts: dict[str, Any], notes: list[str]) -> Stamp:
        """Move a whole stage's files to their places, then stamp it."""
        part = self.path / PARTS / _file_name(stage)
        self._drop_former(stage)
        outputs = {}
        for file in sorted(path for path in part.rglob("*") if path.is_file()):
            name = file.relative_to(part).as_posix()
            outputs[name] = digest(file)
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(file, self.path / name)
        shutil.rmtree(part)
        stamp = Stamp(key, outputs, counts, notes)
        write_text(self.path / STAMPS / f"{_file_name(stage)}.json", canonical(stamp.__dict__))
        return stamp

    def _drop_former(self, stage: str) -> None:
        """Remove files that an earlier run of this stage left, so that none stays beside the new ones."""
        former = self.stamp(stage)
        (self.path / STAMPS / f"{_file_name(stage)}.json").unlink(missing_ok=True)
        for name in former.outputs if former else ():
            (self.path / name).unlink(missing_ok=True)


def _file_name(stage: str) -> str:
    return stage.replace(":", "-")
