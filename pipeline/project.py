"""One run of a project: gates, stages, manifest."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa

from totalplace import __version__, intake, linkage, report
from totalplace.config import AgencyHead, AgencyRules, Project, load_project
from totalplace.config.judgements import judgements_hash, load_judgements
from totalplace.engine import LocalEngine
from totalplace.errors import ConfigError, InputError, TotalplaceError, UsageError, listed, near
from totalplace.pipeline.finished import rules_hash, rules_told
from totalplace.pipeline.gates import KINDS, open_gates, too_few_to_show
from totalplace.pipeline.plan import plan_lines
from totalplace.pipeline.received import Parcel, parcel_files, receive
from totalplace.pipeline.reviewed import review_figures
from totalplace.pipeline.run_folder import MANIFEST, TIMINGS, RunFolder, canonical, digest, write_text
from totalplace.pipeline.stages import Outcome, Run, Say, Stage
from totalplace.pipeline.trying import refuse_unnamed, scenarios_of
from totalplace.pipeline.work import stages_of

PACKAGES = ("duckdb", "jellyfish", "networkx", "numba", "numpy", "pandas", "pyarrow", "pyvis", "recordlinkage", "scipy")
CODE_FOLDERS = ("config", "engine", "intake", "journeys", "linkage", "pipeline", "report")
CODE_SUFFIXES = (".py", ".toml", ".json", ".html", ".css", ".js")
LINKAGE_STAGES = ("protect", "link", "households", "partitions")
# Stages whose notes count rows and pairs; the others' notes count people, who may be few.
SPOKEN_STAGES = ("protect", "link")
RUN_ID = r"[A-Za-z0-9][A-Za-z0-9._-]*"
Layers = Mapping[str, dict[str, Any]]


@dataclass(frozen=True)
class Made:
    """What a run left: its folder, its names, and its numbers for `--json`."""

    folder: Path
    run_id: str
    config_hash: str
    result: dict[str, Any]
    project: Project


def run_project(
    start: Path,
    options: Layers,
    say: Say,
    *,
    first: str | None = None,
    last: str | None = None,
    out: Path | None = None,
    run_id: str | None = None,
    data: Path | None = None,
    resume: bool = False,
    force: bool = False,
    workers: int = 0,
    agencies: Sequence[Path] = (),
    edition: str = "share",
    encodings: Sequence[Path] = (),
    contacts: Sequence[Path] = (),
    scenarios: Sequence[Path] = (),
    beside: tuple[str, ...] = (),
) -> Made:
    """Run a project's stages, skipping what has not changed.

    Args:
        start: the project's folder or file, or any folder inside it.
        options: rules given on the command line.
        say: prints one line: (stage, text).
        first: first stage to run; earlier ones must be whole.
        last: last stage to run.
        out: run folder; default `runs/<run_id>` in the project.
        run_id: name of the run; default from inputs and rules.
        data: folder of the extracts.
        resume: go on with an unfinished run.
        force: start afresh in a folder that holds a run.
        workers: threads; 0 = one per core.
        agencies: only these agencies' files (`agencies/<agency>.toml`).
        edition: share, or analyst, which is refused at once where the project does not allow it.
        encodings: parcels for linkage that agencies encoded on their own machines; no extract is read then.
        contacts: their parcels for analysis; needed for stages after the linkage.
        scenarios: files of redesigns to try besides those in the project's `scenarios/`.
        beside: entries of the run folder that are none of the run's business.

    Raises:
        TotalplaceError: any refusal.
    """
    if resume and force:
        raise UsageError("TP106", "option --resume", "does nothing with --force", "Leave one of them out.")
    if run_id is not None and not re.fullmatch(RUN_ID, run_id):
        cure = "Use letters, digits, dots, hyphens and underscores, beginning with a letter or digit."
        raise UsageError("TP109", "option --run-id", "is no name of a folder", cure)
    project = chosen_project(start, options, agencies)
    parcels: tuple[Parcel, ...] = ()
    if encodings or contacts:
        project, parcels = _handed_over(project, encodings, contacts, last)
    elif not project.agencies:
        cure = "Write agencies/<agency>.toml, or let totalplace init --from FILE guess it."
        raise ConfigError("TP310", "folder agencies/", "holds no agency", cure)
    redesigns = scenarios_of(project, scenarios)
    keys = open_gates(project, date.today(), _keys_needed(bool(parcels), last))
    if edition == "analyst":
        report.permit(project.rules.report)
    home = project.folder or Path()
    data = data or home / project.rules.project.data
    files = parcel_files(parcels) if parcels else {a.agency.code: find_extracts(a, data) for a in project.agencies}
    refuse_unnamed(project, redesigns, parcels, data, last)
    hashes = {code: tuple(digest(path) for path in paths) for code, paths in files.items()}
    judgements = load_judgements(project.folder)
    inputs = _run_id(project, hashes, judgements_hash(judgements))
    run_id = run_id or inputs
    folder = RunFolder(out or home / "runs" / run_id, beside)
    if project.rules.privacy.synthetic:
        say("synthetic", f"{project.rules.project.name}: invented people; every output says so")
    with folder.claimed(run_id, resume=resume, force=force, inputs=inputs), LocalEngine(workers) as engine:
        run = Run(project, data, folder, engine, keys, run_id, say, parcels, judgements, redesigns)
        _run_stages(run, stages_of(run, hashes), first, last)
        write_text(folder.path / MANIFEST, canonical(_manifest(run, files, hashes)))
    return Made(folder.path, run_id, project.config_hash, _told(run), project)


def chosen_project(start: Path, options: Layers, agencies: Sequence[Path]) -> Project:
    """Return the project that governs `start`, of its agencies those whose files are named; all if none is."""
    project = load_project(start, options)
    if project.folder is None:
        raise ConfigError(
            "TP309",
            "this folder",
            "no totalplace.toml governs it",
            "Start one with totalplace init, or name it with -C.",
        )
    if not agencies:
        return project
    wanted = {path.stem for path in agencies}
    chosen = tuple(a for a in project.agencies if a.agency.code in wanted)
    unknown = wanted - {a.agency.code for a in chosen}
    if unknown:
        known = [a.agency.code for a in project.agencies]
        raise UsageError(
            "TP103",
            f"agency {listed(sorted(unknown))}",
            "is not in this project",
            f"Known: {listed(known)}.{near(min(unknown), known)}",
        )
    return Project(project.folder, project.rules, chosen, project.origin)


def _handed_over(
    project: Project, encodings: Sequence[Path], contacts: Sequence[Path], last: str | None
) -> tuple[Project, tuple[Parcel, ...]]:
    """Return the project with the agencies that handed something over, and their parcels."""
    if not encodings:
        raise UsageError("TP110", "option --encodings", "is missing", "Name the agencies' parcels for linkage too.")
    if not contacts and last not in LINKAGE_STAGES:
        cure = "Name the agencies' parcels for analysis, or stop after linkage: totalplace link --encodings."
        raise UsageError("TP110", "option --contacts", "is missing", cure)
    parcels = receive(encodings, contacts, project.rules.privacy, date.today())
    known = {agency.agency.code: agency for agency in project.agencies}
    named = {p.agency: AgencyHead(code=p.agency, name=p.about["agency_name"]) for p in parcels}
    agencies = tuple(known.get(code) or AgencyRules(agency=head, extract=[]) for code, head in named.items())
    return Project(project.folder, project.rules, agencies, project.origin), parcels


def _keys_needed(handed_over: bool, last: str | None) -> tuple[str, ...]:
    """Return the kinds of key that the stages use: no role reads a key that is not its own."""
    if handed_over:
        return ("linkage",)
    return ("project", "row") if last == "protect" else KINDS


def find_extracts(agency: AgencyRules, data: Path) -> list[Path]:
    """Return an agency's extracts, sorted, each once.

    Raises:
        InputError: the folder or a file is not there.
    """
    if not data.is_dir():
        raise InputError("TP413", f"folder {data.name}", "is not there", "Name the folder of the extracts with --data.")
    return list(dict.fromkeys(path for extract in agency.extract for path in intake.find_files(data, extract.file)))


def _run_id(project: Project, hashes: Mapping[str, tuple[str, ...]], judged: str) -> str:
    body = [sorted(hashes.items()), project.config_hash, project.rules.project.seed, __version__]
    body += [judged] if judged else []
    return hashlib.sha256(json.dumps(body).encode()).hexdigest()[:12]


def _run_stages(run: Run, stages: Sequence[Stage], first: str | None, last: str | None) -> None:
    names = [stage.name.partition(":")[0] for stage in stages]
    for option, name in (("--from", first), ("--to", last)):
        if name is not None and name not in names:
            known = list(dict.fromkeys(names))
            raise UsageError("TP104", f"option {option}", "is no stage", f"Stages: {listed(known)}.{near(name, known)}")
    start = names.index(first) if first else 0
    stop = len(names) - names[::-1].index(last) if last else len(names)
    if start >= stop:
        raise UsageError("TP104", "option --to", "names a stage before that of --from", "Exchange them.")
    timings: dict[str, float] = {}
    former = _former_timings(run.folder.path)
    for number, stage in enumerate(stages[:stop]):
        began = time.perf_counter()
        left = sum(former.get(later.name, 0.0) for later in stages[number:stop])
        about = f", about {left:.0f} s left if as last time" if left >= 1 else ""
        run.say("begin", f"{stage.name} stage {number + 1} of {stop}{about}")
        _run_stage(run, stage, must_be_whole=number < start, begin=bool(first) and names[number] == first)
        if names[stop - 1] == "report" and names[number + 1 : number + 2] in (["link"], ["households"]):
            _warn_of_too_few(run, names[number])
        timings[stage.name] = round(time.perf_counter() - began, 3)
        write_text(run.folder.path / TIMINGS, json.dumps(timings, indent=1))


def _warn_of_too_few(run: Run, done: str) -> None:
    """Say as soon as it is known, and once, that no number can be shown."""
    protected = (run.counts(f"protect:{a.agency.code}") for a in run.project.agencies)
    records = sum(counts.get("clients", counts.get("records", 0)) for counts in protected)
    text = too_few_to_show(run.project, run.counts("link")["persons"] if done == "link" else records)
    if text and text not in run.said:
        run.said.add(text)
        run.say("warning", text)


def _former_timings(folder: Path) -> dict[str, float]:
    """Return the seconds that each stage took in the last run in this folder or beside it; empty if there is none."""
    paths = [folder / TIMINGS, *sorted(folder.parent.glob(f"*/{TIMINGS}"), key=_age)]
    for path in paths:
        with suppress(OSError, ValueError, TypeError):
            former = json.loads(path.read_text(encoding="utf-8"))
            return {str(name): float(seconds) for name, seconds in former.items()}
    return {}


def _age(path: Path) -> float:
    """Return a number that is least for the file written last."""
    with suppress(OSError):
        return -path.stat().st_mtime
    return 0.0


def _run_stage(run: Run, stage: Stage, *, must_be_whole: bool, begin: bool) -> None:
    key = _stage_key(run, stage)
    kind = stage.name.partition(":")[0]
    if run.folder.is_whole(stage.name, key) and not begin:
        run.say(kind, f"{stage.name.partition(':')[2] or 'whole'}: unchanged, skipped")
        return
    if must_be_whole:
        raise UsageError(
            "TP105", "option --from", f"stage {stage.name} before it is not whole", "Start from an earlier stage."
        )
    began = time.perf_counter()
    try:
        outcome = stage.work(run, run.folder.part(stage.name))
    except TotalplaceError:
        run.folder.drop_part(stage.name)
        raise
    notes = [note.text for note in outcome.notes]
    run.folder.keep(stage.name, key, outcome.counts, notes)
    run.say(kind, f"{outcome.line}   {_pace(outcome, time.perf_counter() - began)}")
    _say_notes(run, kind, notes)


def _pace(outcome: Outcome, seconds: float) -> str:
    """Return the seconds that a stage took and, where it says how many rows it read, its rate in two digits."""
    rows = next((outcome.counts[name] for name in ("rows_in", "records") if name in outcome.counts), 0)
    rate = rows / max(seconds, 0.1)
    return f"{seconds:.1f} s" + (f"   {float(f'{rate:.2g}'):,.0f} rows/s" if rate >= 1 else "")


def _say_notes(run: Run, kind: str, notes: Sequence[str]) -> None:
    """Print notes on an agency's own files and on pairs, each once; notes on people stay in the manifest (rule 11)."""
    if kind not in SPOKEN_STAGES:
        if notes:
            run.say(kind, f"{len(notes)} notes on what could not be used stand in {MANIFEST}")
        return
    for text in notes:
        if text not in run.said:
            run.said.add(text)
            run.say("note", text)


@cache
def _code() -> str:
    """Return a hash of our own code and templates: after a change of either, no stage is taken for whole."""
    total = hashlib.sha256()
    package = Path(__file__).parents[1]
    rooms = (path for room in CODE_FOLDERS for path in (package / room).rglob("*") if path.suffix in CODE_SUFFIXES)
    # The floor below the rooms too: shapes, ids and compiled code.
    for path in sorted([*package.glob("*.py"), *rooms]):
        total.update(path.name.encode() + path.read_bytes())
    return total.hexdigest()


def _stage_key(run: Run, stage: Stage) -> str:
    """Hash everything that the stage's outputs depend on: its rules, its inputs, and the outputs it reads."""
    rules = run.project.rules.model_dump(mode="json")
    stamps = [run.folder.stamp(name) for name in stage.after]
    body = [
        _code(),
        stage.name,
        stage.inputs,
        {name: rules[name] for name in stage.rules},
        [s.outputs if s else None for s in stamps],
        __version__,
    ]
    return hashlib.sha256(canonical(body).encode()).hexdigest()


def _manifest(run: Run, files: Mapping[str, list[Path]], hashes: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Return what the run was made of: hashes, counts, versions, settings; never a value, never a time."""
    project = run.project
    privacy = project.rules.privacy
    stages = [run.folder.stamp(stage.name) for stage in stages_of(run, dict(hashes))]
    names = [stage.name for stage in stages_of(run, dict(hashes))]
    return {
        "run_id": run.run_id,
        "project": project.rules.project.name,
        "synthetic": privacy.synthetic,
        "version": __version__,
        "seed": project.rules.project.seed,
        "config_hash": project.config_hash,
        "rules": rules_told(project.rules),
        "agency_rules": {a.agency.code: rules_hash(a) for a in project.agencies},
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "inputs": {
            code: [{"file": p.name, "sha256": h} for p, h in zip(files[code], hashes[code], strict=True)]
            for code in files
        },
        "judgements": {"in_force": len(run.judgements), "sha256": judgements_hash(run.judgements)},
        "stages": {
            n: {"counts": s.counts, "notes": s.notes, "outputs": s.outputs}
            for n, s in zip(names, stages, strict=True)
            if s
        },
        "disclosure": {"convention": privacy.convention, "min_cell": privacy.min_cell, "round_to": privacy.round_to},
        "compared_with_earlier_releases": False,
    }


def _told(run: Run) -> dict[str, Any]:
    """Return what `--json` may say: the share edition's figures only."""
    stamp = run.folder.stamp("report")
    told = {"folder": str(run.folder.path), "figures": stamp.counts["told"] if stamp else {}}
    if stamp is not None and run.scenarios:
        told |= {"redesign": stamp.counts["redesign"]}
    if stamp is None or not run.judgements:
        return told
    return told | {"reviewed": review_figures(run.counts("flag")["summary"]["reviewed"], run.project.rules.privacy)}


def plan_project(
    start: Path,
    options: Layers,
    say: Say,
    *,
    out: Path | None,
    data: Path | None,
    workers: int,
    encodings: Sequence[Path] = (),
) -> dict[str, Any]:
    """Run a project up to its tokens and return the plan of its linkage: pairs per rule, before any pair is made."""
    made = run_project(
        start, options, say, last="protect", out=out, data=data, resume=True, workers=workers, encodings=encodings
    )
    with LocalEngine(workers) as engine:
        folder = made.folder / "agency"
        tables = [engine.fetch(engine.load(str(path))) for path in sorted(folder.glob("*/for_linkage/records.parquet"))]
        records = engine.hold(pa.concat_tables(tables, promote_options="permissive"))
        rules = made.project.rules
        plan = linkage.plan_pairs(records, rules.linkage, engine, seed=rules.project.seed)
        return plan_lines(engine.fetch(plan))
