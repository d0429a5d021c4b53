"""What each stage does: opens the tables it needs, calls one room, saves what comes back."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from totalplace import intake, linkage
from totalplace import journeys as room_of_journeys
from totalplace.config import AgencyRules
from totalplace.config.judgements import judgements_hash
from totalplace.journeys import Journeys
from totalplace.pipeline.received import (
    FOR_ANALYSIS,
    FOR_ANALYSIS_FOLDER,
    FOR_LINKAGE,
    FOR_LINKAGE_FOLDER,
    about_bytes,
    about_parcel,
)
from totalplace.pipeline.releasing import write_report
from totalplace.pipeline.reviewed import lay_reviews
from totalplace.pipeline.run_folder import canonical, digest, write_text
from totalplace.pipeline.spending.count import spend_files
from totalplace.pipeline.stages import Outcome, Run, Stage, gather, save_tables
from totalplace.pipeline.trying import try_redesigns
from totalplace.pipeline.uncertain import carry, draw
from totalplace.report import spoken
from totalplace.tables import Handle

ANALYSIS = ("contacts", "people", "journeys", "steps")


def stages_of(run: Run, files: dict[str, tuple[str, ...]]) -> list[Stage]:
    """Return the stages in order.

    Args:
        run: the run.
        files: agency code to the hashes of its extracts, or of the files it handed over.
    """
    agencies = [
        Stage(
            f"protect:{a.agency.code}",
            (),
            ("privacy",) if run.parcels else ("intake", "privacy", "project"),
            partial(_receive, a.agency.code) if run.parcels else partial(_protect, a),
            (a.model_dump_json(), *files[a.agency.code]),
        )
        for a in run.project.agencies
    ]
    protected = tuple(stage.name for stage in agencies)
    judged = tuple(filter(None, [judgements_hash(run.judgements)]))
    stamp = run.project.config_hash  # findings and pages carry it, whichever rule it was that changed
    return [
        *agencies,
        Stage("link", protected, ("linkage", "privacy", "project"), _link),
        Stage("households", (*protected, "link"), ("linkage",), _households),
        Stage("partitions", (*protected, "link", "households"), ("linkage", "findings", "project"), draw),
        Stage("journeys", (*protected, "link", "households"), ("findings",), _journeys),
        Stage("flag", (*protected, "link", "partitions", "journeys"), ("findings",), _flag, (*judged, stamp)),
        Stage(
            "scenarios",
            (*protected, "link", "households", "partitions", "journeys"),
            ("findings",),
            _scenarios,
            tuple(scenario.model_dump_json() for scenario in run.scenarios),
        ),
        Stage(
            "report",
            (*protected, "link", "households", "partitions", "journeys", "flag", "scenarios"),
            ("report", "privacy", "findings", "counting", "project"),
            write_report,
            (*(digest(path) for path in spend_files(run.project)), stamp),
        ),
    ]


def _protect(agency: AgencyRules, run: Run, part: Path) -> Outcome:
    code, rules = agency.agency.code, run.project.rules
    taken = intake.take_in(agency, run.data, rules, run.keys.row(code), run.engine, joint_key=run.keys.joint)
    if rules.privacy.mode == "clear":
        protected = intake.clear_records(
            taken.clients, run.engine, relations=taken.relations, reference_date=taken.reference_date
        )
    else:
        schema = intake.load_schema(rules, None)
        protected = intake.protect(
            taken.clients, taken.relations, schema, run.keys.project, rules.privacy.mode, run.engine
        )
    about = about_parcel(agency, rules)
    made = {"schema_hash": protected.schema_hash, "key_check": protected.key_check}
    encodings = (protected.tokens, protected.residences, protected.relations)
    _save_parcel(run, part / f"agency/{code}/{FOR_LINKAGE_FOLDER}", FOR_LINKAGE, encodings, {**about, **made})
    analysis = (taken.contacts, taken.people)
    _save_parcel(run, part / f"agency/{code}/{FOR_ANALYSIS_FOLDER}", FOR_ANALYSIS, analysis, about)
    save_tables(run, part, {f"agency/{code}/refused": taken.refused})
    rows_in, refused = (sum(getattr(file, name) for file in taken.files) for name in ("rows_in", "rows_refused"))
    counts = {
        "files": [vars(file) for file in taken.files],
        "rows_in": rows_in,
        "rows_kept": rows_in - refused,
        "rows_refused": refused,
        "clients": taken.clients.rows,
        "contacts": taken.contacts.rows,
        **made,
    }
    kept = f"{taken.clients.rows:,} clients, {taken.contacts.rows:,} contacts, {refused:,} rows refused"
    line = f"{code}: {rows_in:,} rows -> {kept}"
    return Outcome(counts, line, (*taken.notes, *protected.notes))


def _save_parcel(
    run: Run, folder: Path, names: Iterable[str], handles: Sequence[Handle], about: dict[str, str]
) -> None:
    """Write what one role is given, each file saying what it is."""
    save_tables(run, folder, dict(zip(names, handles, strict=True)), about_bytes(about))


def _receive(code: str, run: Run, part: Path) -> Outcome:
    """Take over what an agency encoded on its own machine; it was looked at before the run began."""
    files, counts = [], {}
    for parcel in (parcel for parcel in run.parcels if parcel.agency == code):
        target = part / f"agency/{code}/{parcel.side}"
        target.mkdir(parents=True)
        for name, sha256 in parcel.files.items():
            shutil.copyfile(parcel.folder / f"{name}.parquet", target / f"{name}.parquet")
            counts[name] = run.engine.load(str(target / f"{name}.parquet")).rows
            files.append({"file": f"{parcel.side}/{name}.parquet", "sha256": sha256})
    line = f"{code}: received {', '.join(f'{rows:,} {name}' for name, rows in counts.items())}"
    return Outcome({"files": files, **counts}, line)


# Pairs by match weight, in bins of two bits; LINKS states weights in units of 2^-24 bit.
_WEIGHTS = """
SELECT CAST(2 * FLOOR(weight / 33554432.0) AS BIGINT) AS bits, COUNT(*) AS pairs, SUM(probability) AS expected
FROM links GROUP BY 1 ORDER BY 1
"""


def _link(run: Run, part: Path) -> Outcome:
    records = gather(run, "records")
    rules = run.project.rules
    made = linkage.link_records(
        records,
        rules.linkage,
        run.keys.linkage,
        run.engine,
        seed=rules.project.seed,
        progress=lambda text: run.say("link", text),
    )
    tables = {name: getattr(made, name) for name in ("persons", "links", "plan", "constraints")}
    save_tables(run, part, {f"linkage/{name}": table for name, table in tables.items()})
    save_tables(run, part, {"linkage/weights": run.engine.sql(_WEIGHTS, links=made.links)})
    write_text(part / "linkage/model.toml", linkage.write_model(made.model))
    write_text(part / "linkage/quality.json", canonical({**made.quality, "by_threshold": made.by_threshold}))
    persons = _persons(run, made.persons)
    counts = {"records": records.rows, "persons": persons, "links": made.links.rows, "quality": made.quality}
    line = f"{records.rows:,} client records -> {spoken(persons, rules.privacy)} persons{_quality_line(made.quality)}"
    return Outcome(counts, line, made.notes)


def _persons(run: Run, persons: Handle) -> int:
    return int(
        run.engine.fetch(run.engine.sql("SELECT COUNT(DISTINCT person_id) AS n FROM p", p=persons))["n"][0].as_py()
    )


def _quality_line(quality: dict[str, object]) -> str:
    parts = []
    for name in ("precision", "recall"):
        found = quality.get(f"estimated_{name}")
        if isinstance(found, dict):
            parts.append(f"{name} about {found['estimate']:.2f} ({found['low']:.2f}-{found['high']:.2f})")
    return "   " + ", ".join(parts) if parts else ""


def _households(run: Run, part: Path) -> Outcome:
    made = linkage.form_households(
        gather(run, "records"),
        gather(run, "residences"),
        gather(run, "relations"),
        run.load("linkage/persons.parquet"),
        run.project.rules.linkage,
        run.keys.linkage,
        run.engine,
    )
    save_tables(run, part, {"linkage/households": made.households, "linkage/families": made.families})
    sql = "SELECT COUNT(DISTINCT household_id) AS h FROM t"
    households = run.engine.fetch(run.engine.sql(sql, t=made.households))["h"][0].as_py()
    families = run.engine.fetch(run.engine.sql("SELECT COUNT(DISTINCT family_id) AS f FROM t", t=made.families))["f"][
        0
    ].as_py()
    rules = run.project.rules.privacy
    line = f"{spoken(households, rules)} households, {spoken(families, rules)} families"
    return Outcome({"households": households, "families": families, "guards": made.guards}, line, made.notes)


def _journeys(run: Run, part: Path) -> Outcome:
    made = room_of_journeys.build_journeys(
        gather(run, "contacts"),
        gather(run, "people"),
        run.load("linkage/persons.parquet"),
        run.load("linkage/households.parquet"),
        run.load("linkage/families.parquet"),
        run.project.rules.findings,
        run.engine,
    )
    save_tables(run, part, {f"analysis/{name}": getattr(made, name) for name in ANALYSIS})
    sql = "SELECT COUNT(DISTINCT journey_id) AS n FROM t"
    found = run.engine.fetch(run.engine.sql(sql, t=made.journeys))["n"][0].as_py()
    line = f"{spoken(found, run.project.rules.privacy)} journeys"
    return Outcome({**made.counts, "journeys": found}, line, made.notes)


def journeys_of(run: Run) -> Journeys:
    """Open what the journeys stage left."""
    tables = {name: run.load(f"analysis/{name}.parquet") for name in ANALYSIS}
    return Journeys(**tables, counts=run.counts("journeys"), notes=())


def _scenarios(run: Run, part: Path) -> Outcome:
    return try_redesigns(run, journeys_of(run), part)


def _flag(run: Run, part: Path) -> Outcome:
    rules, whole = run.project.rules.findings, journeys_of(run)
    found = room_of_journeys.find_all(whole, rules, run.project.config_hash, run.engine)
    measured = found.measured
    timelines = room_of_journeys.family_timelines(
        whole.contacts,
        measured.families,
        measured.duplicates.acts,
        measured.table("contact_costs"),
        rules.families,
        run.engine,
    )
    doubt = carry(run, whole, found)
    judged = lay_reviews(run, doubt.findings)
    tables = {
        "findings": judged.findings,
        "uncertainty": doubt.table,
        "partition_headlines": doubt.draws,
        "bridged_families": doubt.bridged.table,
        "cells": found.cells,
        "families": measured.families.table,
        "assessments": measured.duplicates.acts,
        "timelines": timelines,
    }
    tables |= {name: table for one in measured.further for name, table in one.tables.items()}
    save_tables(run, part, {f"analysis/{name}": handle for name, handle in tables.items()})
    summary = found.summary | {"uncertainty": doubt.summary, "reviewed": judged.summary}
    write_text(part / "analysis/summary.json", canonical(summary))
    line = _flag_line(run, summary)
    return Outcome(
        {"findings": doubt.findings.rows, "summary": summary}, line, (*found.notes, *doubt.notes, *judged.notes)
    )


def _with_range(value: str, ends: str) -> str:
    """Return a number with its interval, or alone if uncertain links leave it as it is."""
    return value if ends == f"{value} to {value}" else f"{value} ({ends})"


_ENDS = (("low", min), ("high", max))  # an interval holds the number as linked, here as on the page


def _flag_line(run: Run, summary: dict[str, object]) -> str:
    privacy = run.project.rules.privacy
    high = summary["high_demand"]
    assert isinstance(high, dict)
    doubt, reviewed = summary["uncertainty"], summary["reviewed"]
    assert isinstance(doubt, dict) and isinstance(reviewed, dict)
    told = {
        name: " to ".join(spoken(pick(part[end], part["value"]), privacy) for end, pick in _ENDS)
        for name, part in doubt["headlines"].items()
    }
    k = min(high, key=int, default="")
    found = _with_range(spoken(int(high[k]), privacy), told[f"high_demand_{k}"]) if k else ""
    families = f"{found} families with {k}+ interventions in the window; " if k else ""
    avoidable, eligible = int(str(summary["avoidable"])), int(str(summary["assessments"]))
    again = _with_range(spoken(avoidable, privacy), told["avoidable"])
    aside = (
        f"; {spoken(reviewed['set_aside'], privacy)} findings set aside by reviewers" if reviewed["set_aside"] else ""
    )
    return f"{families}{again} of {spoken(eligible, privacy)} assessments avoidable{aside}"
