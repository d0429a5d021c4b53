"""A finished run, opened to be asked about: its folder, its manifest and the rules it was made under."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from totalplace import report
from totalplace.config import AgencyRules, Rules, load_project, load_rules
from totalplace.errors import InputError, UsageError, listed
from totalplace.pipeline.run_folder import MANIFEST, TIMINGS, canonical
from totalplace.report.disclosure.release import Permit

RUNS = "runs"
# Where secrets lie is nobody's business but their holder's.
NOT_TOLD = ("key_file", "row_key_folder", "linkage_key_file")


@dataclass(frozen=True)
class Finished:
    """A finished run.

    Args:
        folder: the run folder.
        manifest: as written at its end.
        rules: the rules it was made under.
    """

    folder: Path
    manifest: Mapping[str, Any]
    rules: Rules

    @property
    def run_id(self) -> str:
        """Return its name."""
        return str(self.manifest["run_id"])

    @property
    def config_hash(self) -> str:
        """Return the hash of its rules."""
        return str(self.manifest["config_hash"])

    def counts(self, stage: str) -> dict[str, Any]:
        """Return a stage's numbers; empty if the run ended before it."""
        found = self.manifest["stages"].get(stage)
        return dict(found["counts"]) if found else {}


def rules_told(rules: Rules) -> dict[str, Any]:
    """Return the rules as the manifest tells them: all but where keys lie."""
    told = rules.model_dump(mode="json")
    for name in NOT_TOLD:
        del told["privacy"][name]
    return told


def rules_hash(agency: AgencyRules) -> str:
    """Return 12 hex digits over the rules of an agency's file."""
    return hashlib.sha256(canonical(agency.model_dump(mode="json")).encode()).hexdigest()[:12]


def open_run(start: Path, folder: Path | None = None) -> Finished:
    """Open a finished run.

    Args:
        start: where the caller stands: a run folder, or anything that a project governs.
        folder: the run folder; None = `start` if it is one, else the last run of the project.

    Raises:
        UsageError: there is no run, or it did not come to its end.
        InputError: the manifest is of another version.
    """
    found = folder or _nearest(start)
    path = found / MANIFEST
    if not path.is_file():
        cure = "Name a run folder with --run, or make one: totalplace run."
        raise UsageError("TP131", f"folder {found.name or '.'}", "holds no finished run", cure)
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        rules, _ = load_rules({MANIFEST: manifest["rules"]})
    except (ValueError, KeyError, TypeError):
        cure = "Run it again with this version: totalplace run --out FOLDER --force."
        raise InputError("TP486", MANIFEST, "was written by another version or was changed", cure) from None
    return Finished(found, manifest, rules)


def _nearest(start: Path) -> Path:
    if (start / MANIFEST).is_file():
        return start
    home = load_project(start).folder or start
    runs = [path.parent for path in (home / RUNS).glob(f"*/{MANIFEST}")]
    last = max(runs, key=lambda run: ((run / TIMINGS).stat().st_mtime_ns, run.name), default=None)
    return last or home


def may_tell_records(start: Path, run: Finished) -> Permit:
    """Return leave to tell record-level output: of the project that governs `start`, or of the run where none does.

    Raises:
        PrivacyError: TP521, it is not allowed.
    """
    project = load_project(start)
    return report.permit(run.rules.report if project.folder is None else project.rules.report)


def need_files(run: Finished, *names: str) -> None:
    """Refuse a run that lacks what a question needs.

    Raises:
        UsageError: TP132, files that a stage would have written are not there.
    """
    lacking = [name for name in names if not (run.folder / name).is_file()]
    if lacking:
        cure = "Run the stages to their end, or ask where the whole run folder is."
        raise UsageError("TP132", f"run {run.run_id}", f"lacks {listed(lacking)}", cure)
