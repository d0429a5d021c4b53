"""What a stage of a run is, what it is given, and what it tells; work.py holds the stages themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from totalplace.config import Project
from totalplace.config.judgements import Judgement
from totalplace.config.scenario import Scenario
from totalplace.pipeline.gates import Keys
from totalplace.pipeline.received import FOR_ANALYSIS_FOLDER, FOR_LINKAGE, FOR_LINKAGE_FOLDER, Parcel
from totalplace.pipeline.run_folder import RunFolder
from totalplace.tables import Engine, Handle, Note

Say = Callable[[str, str], None]


@dataclass(frozen=True)
class Run:
    """What every stage of a run is given.

    Args:
        project: rules and agencies.
        data: folder of the extracts.
        folder: the run folder.
        engine: where the work runs.
        keys: the keys, after the gates.
        run_id: name of the run.
        say: prints one line: (stage, text).
        parcels: what agencies encoded on their own machines; () = their extracts are read here.
        judgements: reviewers' judgements in force.
        scenarios: redesigns to try on the history, in order of their keys.
        said: notes that were printed, so that each is printed once.
    """

    project: Project
    data: Path
    folder: RunFolder
    engine: Engine
    keys: Keys
    run_id: str
    say: Say
    parcels: tuple[Parcel, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    said: set[str] = field(default_factory=set)

    def load(self, name: str) -> Handle:
        """Open a stage's table by its path in the run folder."""
        return self.engine.load(str(self.folder.path / name))

    def counts(self, stage: str) -> dict[str, Any]:
        """Return a stage's numbers."""
        stamp = self.folder.stamp(stage)
        return stamp.counts if stamp else {}


@dataclass(frozen=True)
class Outcome:
    """What a stage tells: its numbers for the manifest, a line for the user, and notes."""

    counts: dict[str, Any]
    line: str
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Stage:
    """One stage.

    Args:
        name: as printed; `protect:<agency>` for each agency.
        after: stages whose outputs it reads.
        rules: sections of the rules it depends on.
        work: writes its files under the folder it is given.
        inputs: hashes of files from outside the run folder.
    """

    name: str
    after: tuple[str, ...]
    rules: tuple[str, ...]
    work: Callable[[Run, Path], Outcome]
    inputs: tuple[str, ...] = ()


def save_tables(run: Run, part: Path, tables: dict[str, Handle], about: Mapping[str, str] | None = None) -> None:
    """Write a stage's tables as Parquet, by their path in the run folder; `about` is what each says of itself."""
    for name, handle in tables.items():
        path = part / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        run.engine.save(handle, str(path), about)


def gather(run: Run, name: str) -> Handle:
    """Return one table of all agencies; a column that an agency lacks is null there."""
    parcel = FOR_LINKAGE_FOLDER if name in FOR_LINKAGE else FOR_ANALYSIS_FOLDER
    paths = [f"agency/{a.agency.code}/{parcel}/{name}.parquet" for a in run.project.agencies]
    tables = [run.engine.fetch(run.load(path)) for path in paths]
    return run.engine.hold(pa.concat_tables(tables, promote_options="permissive"))
