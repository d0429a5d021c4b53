"""Without a project: any tables of one controller linked in clear."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from totalplace import intake, linkage
from totalplace.config import Rules, load_project
from totalplace.config.column_names import columns_there
from totalplace.config.intake import IntakeRules
from totalplace.config.load import find_project
from totalplace.engine import LocalEngine
from totalplace.errors import ConfigError, InputError, PrivacyError, UsageError
from totalplace.linkage import Model, StandaloneRecords
from totalplace.pipeline.plan import plan_lines
from totalplace.pipeline.run_folder import canonical, make_folder, refuse_results, write_text

if TYPE_CHECKING:
    import pandas as pd

    from totalplace.linkage import Clusters, Estimated, Found, Matching, SplinkSettings
    from totalplace.pipeline.project import Layers
    from totalplace.pipeline.stages import Say

ROW_GROUP = 131_072


@dataclass(frozen=True)
class Chosen:
    """The model of a linkage (None = found automatically), and how its records are told apart.

    Args:
        source_column: of one table that holds several sources; "" = each file is one.
        by_id: whether the left record of a pair is the one of the lower id, as in Splink.
    """

    model: Model | None
    id_column: str
    link_type: str
    source_column: str
    by_id: bool = False


@dataclass(frozen=True)
class LinkWish:
    """Which tables to link, and how.

    Args:
        files: CSV, Parquet or Excel; the file's stem is its `source_dataset`.
        id_column: names each record within its file; None = as a Splink model says.
        link_type: dedupe_only, link_only or link_and_dedupe; None = as a Splink model says, otherwise dedupe_only for
            one file, both for several.
        model: `auto`, a model file, or a model that Splink saved.
        start: folder whose project, if any, governs.
        options: rules given on the command line.
        workers: threads; 0 = one per core.
    """

    files: Sequence[Path]
    id_column: str | None
    link_type: str | None
    model: str
    start: Path
    options: Layers
    workers: int = 0

    def records(self, rules: IntakeRules, plan: Chosen) -> StandaloneRecords:
        """Read the files as records: with a model, only what it looks at."""
        wanted = None
        if plan.model is not None:
            own = {c for field in plan.model.fields for c in field.columns}
            wanted = {plan.id_column, *own, *((plan.source_column,) if plan.source_column else ())}
        tables = _tables(self.files, plan.id_column, rules, wanted)
        if plan.source_column:
            tables = linkage.split_by_source(tables, plan.source_column)
        if plan.link_type == "link_only" and len(tables) == 1:
            cure = "Name the other file too, or use dedupe_only."
            raise UsageError("TP112", "option --link-type", "link_only needs two tables or more", cure)
        return linkage.records_from_tables(tables, plan.id_column, by_id=plan.by_id)

    def chosen(self) -> Chosen:
        """Read the model, and settle what it says and what the caller said.

        Raises:
            UsageError: TP101, nobody says which column names a record.
        """
        text = model_text(self.model)
        if text is None or not text.lstrip().startswith("{"):
            if not self.id_column:
                cure = "Name the column that holds each record's id, such as --id record_id."
                raise UsageError("TP101", "option --id", "is missing", cure)
            model = None if text is None else linkage.read_model(text)
            return Chosen(model, self.id_column, _link_type(self.link_type, self.files), "")
        read = linkage.read_splink(text)
        link_type = self.link_type or read.link_type
        alone = len(self.files) == 1 and link_type != "dedupe_only"
        return Chosen(
            read.model, self.id_column or read.unique_id, link_type, read.source_dataset if alone else "", True
        )


def link_files(wish: LinkWish, out: Path, say: Say, *, force: bool = False) -> dict[str, Any]:
    """Link the records of any tables and write persons, pairs, model and quality under `out`.

    Args:
        wish: which tables, and how.
        out: folder to write.
        say: prints one line.
        force: write over an earlier result.

    Returns:
        Counts and file names.

    Raises:
        InputError: a file or the id column cannot be read.
        PrivacyError: a project governs here and does not allow clear text.
    """
    rules = clear_rules(wish.start, wish.options)
    refuse_results(out, ("persons.parquet", "pairs.parquet", "model.toml", "quality.json"), force)
    say("note", f"outside a project: running in clear on one controller's own table; {out.name}/ is personal data")
    chosen = wish.chosen()
    for path in wish.files:
        intake.refuse_no_file(path)  # before the compiler is loaded for it
    with LocalEngine(wish.workers) as engine:
        # Arrow reads without the interpreter, which meanwhile loads the compiler and the kernels.
        records, find_links = engine.at_once(lambda: wish.records(rules.intake, chosen), lambda: linkage.find_links)
        found = find_links(
            records.hand_over(),
            rules.linkage,
            engine,
            link_type=chosen.link_type,
            model=chosen.model,
            seed=rules.project.seed,
            progress=lambda text: say("link", text),
            find_single=True,
        )
        make_folder(out)
        made = _settled(found, records, rules, out, engine)
    write_text(out / "model.toml", linkage.write_model(made.model))
    write_text(out / "quality.json", canonical({**made.quality, "by_threshold": made.by_threshold}))
    for note in made.notes:
        say("warning", note.text)
    found = made.quality["clusters"]
    count = len(records.order)
    say("link", f"{out / 'persons.parquet'}   {count:,} records -> {found:,} persons")
    return {"records": count, "persons": found, "folder": str(out), "quality": made.quality}


def _settled(found: Found, records: StandaloneRecords, rules: Rules, out: Path, engine: LocalEngine) -> Matching:
    """Join the links to persons and write both; neither pairs nor estimates wait for the persons."""
    from totalplace.pipeline.alone.splink_names import (  # loads the compiler, as find_links did
        pairs_table,
        persons_table,
    )

    def persons() -> Clusters:
        clusters = linkage.join_links(found, rules.linkage)
        _write(persons_table(clusters, records), out / "persons.parquet")
        return clusters

    def pairs_and_estimates() -> Estimated:
        _write(pairs_table(found, records), out / "pairs.parquet")
        return linkage.estimate(found, rules.linkage)

    clusters, estimated = engine.at_once(persons, pairs_and_estimates)
    return linkage.matching(found, clusters, estimated)


def model_for_splink(path: Path, id_column: str, link_type: str, out: Path) -> dict[str, Any]:
    """Write a model of ours as the JSON of Splink's settings; returns the file's name."""
    write_text(
        out, linkage.write_splink(linkage.read_model(named_model(path)), link_type=link_type, unique_id=id_column)
    )
    return {"file": str(out), "lines": [f"{out}   for Splink 4 and 5, in DuckDB's SQL"]}


def plan_files(wish: LinkWish) -> dict[str, Any]:
    """Return the plan of the linkage of any tables: pairs per rule, before any pair is made."""
    rules = clear_rules(wish.start, wish.options)
    chosen = wish.chosen()
    with LocalEngine(wish.workers) as engine:
        plan = linkage.plan_matching(
            wish.records(rules.intake, chosen).table,
            rules.linkage,
            engine,
            link_type=chosen.link_type,
            model=chosen.model,
            seed=rules.project.seed,
        )
    return plan_lines(plan)


def clear_rules(start: Path, options: Layers) -> Rules:
    """Return the rules, once it is settled that clear text is allowed here."""
    project = load_project(start, options)
    privacy = project.rules.privacy
    allowed = privacy.synthetic or (privacy.controller and privacy.lawful_basis)
    if project.folder is not None and find_project(start.resolve()) and not allowed:
        raise PrivacyError(
            "TP502",
            "totalplace.toml, key 'privacy.mode'",
            "a project governs this folder and names no controller for clear text",
            "Work outside the project's folder, or name privacy.controller and privacy.lawful_basis.",
        )
    return project.rules


def _tables(
    files: Sequence[Path], id_column: str, rules: IntakeRules, wanted: Collection[str] | None
) -> dict[str, pa.Table]:
    tables: dict[str, pa.Table] = {}
    for path in files:
        table = intake.read_table(path, rules, wanted, id_column)
        if id_column not in table.column_names:
            cure = columns_there(table.column_names, id_column)
            raise InputError("TP463", f"{path.name}, column '{id_column}'", "is not there", cure)
        if not table.num_rows:
            raise InputError("TP402", path.name, "holds a header and no row", "Leave it out, or ask for it again.")
        name = path.stem
        if name in tables:
            raise UsageError(
                "TP107",
                f"file {path.name}",
                "has the same name as another",
                "Rename one: the name tells the sources apart.",
            )
        tables[name] = table
    there = {name for table in tables.values() for name in table.column_names}
    lacking = sorted(set(wanted or ()) - there)
    if lacking:
        have = list(dict.fromkeys(name for path in files for name in intake.read_table(path, rules).column_names))
        cure = columns_there(have, lacking[0])
        raise ConfigError("TP314", "model", f"column '{lacking[0]}' is in none of the files", cure)
    return tables


def _link_type(link_type: str | None, files: Sequence[object]) -> str:
    return link_type or ("dedupe_only" if len(files) == 1 else "link_and_dedupe")


def named_model(path: Path) -> str:
    """Return the text of a model file, where `auto` names none."""
    text = model_text(str(path))
    if text is None:
        raise needs_a_model()
    return text


def needs_a_model() -> UsageError:
    """Return the refusal of `auto` by what asks about a model that is there."""
    return UsageError("TP114", "option --model", "is auto", "Name the model.toml that linking wrote.")


def model_text(model: str) -> str | None:
    """Return the text of a model file; None for `auto`."""
    if model == "auto":
        return None
    path = Path(model)
    if not path.is_file():
        raise InputError("TP465", f"model {path.name}", "is not there", "Name a model file, or use --model auto.")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError("TP404", f"model {path.name}", "is not UTF-8 text", "Save it as UTF-8.") from None


def _write(table: pa.Table, path: Path) -> None:
    """Write a table; columns of few values as dictionaries, ids as they are: a dictionary of them saves nothing."""
    few = [f.name for f in table.schema if pa.types.is_dictionary(f.type) or pa.types.is_int8(f.type)]
    part = path.with_name(f".{path.name}.part")
    pq.write_table(
        table, part, compression="zstd", row_group_size=ROW_GROUP, use_dictionary=few, write_statistics=False
    )
    part.replace(path)


def link(
    frames: Mapping[str, pd.DataFrame],
    id_column: str | None = None,
    *,
    model: Model | SplinkSettings | None = None,
    link_type: str | None = None,
) -> pd.DataFrame:
    """Link pandas tables in a notebook.

    Args:
        frames: source name -> table.
        id_column: names each record within its table; None = as a Splink model says.
        model: None = found automatically; or what `linkage.read_model` or `linkage.read_splink` read.
        link_type: as on the command line.

    Returns:
        One row per record: unique_id, source_dataset, cluster_id, weakest_link.

    Raises:
        UsageError: TP101, nobody says which column names a record.
    """
    from totalplace.pipeline.alone.splink_names import persons_table

    own, splink = (model, None) if model is None or isinstance(model, Model) else (model.model, model)
    id_column = id_column or (splink.unique_id if splink else None)
    if not id_column:
        raise UsageError("TP101", "id_column", "is missing", "Name the column that holds each record's id.")
    link_type = link_type or (splink.link_type if splink else None)
    rules = load_project(Path.cwd()).rules
    with LocalEngine() as engine:
        tables = {name: pa.Table.from_pandas(frame, preserve_index=False) for name, frame in frames.items()}
        records = linkage.records_from_tables(tables, id_column, by_id=splink is not None)
        made = linkage.match_records(
            records.table,
            rules.linkage,
            engine,
            link_type=_link_type(link_type, list(frames)),
            model=own,
            seed=rules.project.seed,
            find_single=True,
        )
        return persons_table(made.clusters, records).to_pandas()
