"""`totalplace attack`: how well a project's encodings hold, measured on invented data or on one agency's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace import attack, intake
from totalplace.config import Project
from totalplace.engine import LocalEngine
from totalplace.errors import PrivacyError
from totalplace.intake.encode import derive_key
from totalplace.intake.keyed import hkdf
from totalplace.intake.keys import KNOWN_KEYS
from totalplace.intake.schema import Feature, Grams, TokenSchema
from totalplace.pipeline.attacking.accuracy import accuracy_by_mode
from totalplace.pipeline.attacking.page import attack_page
from totalplace.pipeline.attacking.words import told_lines
from totalplace.pipeline.gates import open_gates
from totalplace.pipeline.project import Layers, chosen_project
from totalplace.pipeline.run_folder import canonical, make_folder, refuse_results, write_text
from totalplace.pipeline.stages import Say
from totalplace.tables import CONTACTS, PEOPLE, RELATIONS

RESULT, PAGE = "attack.json", "attack.html"
RECORD_BITS = 1024
WHOLE_VALUE = Grams(0, positional=False, pad=0, per_gram=10)


@dataclass(frozen=True)
class Ground:
    """What is attacked.

    Args:
        project: rules and agencies.
        clients: CLIENTS in the clear, by row_id; the attackers' lists are drawn from it.
        records: TOKENS with filters, by row_id: what would leave the agency.
        analysis: CONTACTS and PEOPLE, as the analysis unit receives them.
        schema: how fields are encoded.
        key: the project key.
    """

    project: Project
    clients: pa.Table
    records: pa.Table
    analysis: Mapping[str, pa.Table]
    schema: TokenSchema
    key: bytes

    def __repr__(self) -> str:
        """Say nothing: a key must not reach a traceback."""
        return "Ground(...)"


def measure_privacy(
    start: Path,
    options: Layers,
    say: Say,
    *,
    agencies: Sequence[Path] = (),
    data: Path | None = None,
    out: Path | None = None,
    own_data: bool = False,
    force: bool = False,
    workers: int = 0,
) -> dict[str, Any]:
    """Encode a project's clients as `protect` would, set attackers to work on the encodings, and write what they find.

    Args:
        start: the project's folder or file, or any folder inside it.
        options: rules given on the command line.
        say: prints one line.
        agencies: only these agencies' files.
        data: folder of the extracts.
        out: folder to write; default `attack` in the project.
        own_data: whether the caller says that the data are the agency's own.
        force: write over an earlier measurement.
        workers: threads; 0 = one per core.

    Returns:
        What stands in attack.json, with lines to print. No value of a record is in it.

    Raises:
        PrivacyError: TP515, the people are not invented and not said to be one agency's own; TP510, nothing is encoded.
        UsageError: the folder holds a measurement already.
    """
    project = chosen_project(start, options, agencies)
    refuse_others_data(project, own_data)
    out = out or (project.folder or Path()) / "attack"
    refuse_results(out, (RESULT, PAGE), force)
    with LocalEngine(workers) as engine:
        ground = _ground(project, data, engine)
        say("attack", f"{ground.clients.num_rows:,} client records of {len(project.agencies)} agencies are attacked")
        result = {
            "synthetic": project.rules.privacy.synthetic,
            "config_hash": project.config_hash,
            "records": ground.clients.num_rows,
            **_leaks(ground, engine, say),
            "found": [asdict(one) for one in _attacks(ground, say)],
            "exposure": _exposure(ground),
            "accuracy": accuracy_by_mode(ground.clients, ground.schema, ground.key, project, engine, say),
        }
    make_folder(out)
    write_text(out / RESULT, canonical(result))
    write_text(out / PAGE, attack_page(result, project.rules.project.name))
    return {
        **result,
        "folder": str(out),
        "files": [RESULT, PAGE],
        "lines": [*told_lines(result), f"page: {out / PAGE}"],
    }


def refuse_others_data(project: Project, own_data: bool) -> None:
    """Refuse to attack anybody's data but invented ones or, on the caller's word, one agency's own.

    Raises:
        PrivacyError: TP515, or TP510 where the project encodes nothing.
    """
    rules = project.rules.privacy
    if rules.synthetic:
        return
    cure = "Try it on invented people (totalplace demo), or add --i-own-this-data if you act for this one agency."
    if not own_data:
        what = "would attack data that are not marked as invented"
        raise PrivacyError("TP515", "totalplace attack", what, cure)
    if len(project.agencies) != 1:
        what = f"would attack the data of {len(project.agencies)} agencies, and only one can be your own"
        raise PrivacyError("TP515", "totalplace attack", what, "Name it: totalplace attack agencies/<agency>.toml")
    if rules.mode == "clear":
        cure = "Set privacy.mode to tokens or filters; in mode clear nothing is encoded."
        raise PrivacyError("TP510", "key 'privacy.mode'", "makes no encodings", cure)


def _ground(project: Project, data: Path | None, engine: LocalEngine) -> Ground:
    rules = project.rules
    keys = open_gates(project, date.today(), ("row",) if rules.privacy.synthetic else ("project", "row"))
    # The key of a synthetic project is published: an attacker without it would be a fiction.
    key = (
        hkdf(str(rules.project.seed).encode(), b"", b"totalplace/1|attack") if rules.privacy.synthetic else keys.project
    )
    folder = data or (project.folder or Path()) / rules.project.data
    taken = [intake.take_in(a, folder, rules, keys.row(a.agency.code), engine) for a in project.agencies]
    clients = _drawn(_joined(engine, [one.clients for one in taken]), rules.attack.max_records, rules.project.seed)
    analysis = {
        CONTACTS.name.lower(): _joined(engine, [one.contacts for one in taken]),
        PEOPLE.name.lower(): _joined(engine, [one.people for one in taken]),
    }
    schema = intake.load_schema(rules, None)
    made = intake.protect(engine.hold(clients), engine.hold(RELATIONS.empty()), schema, key, "filters", engine)
    return Ground(project, clients, engine.fetch(made.tokens), analysis, schema, key)


def _joined(engine: LocalEngine, handles: Sequence[Any]) -> pa.Table:
    return pa.concat_tables([engine.fetch(one) for one in handles], promote_options="permissive").combine_chunks()


def _drawn(clients: pa.Table, most: int, seed: int) -> pa.Table:
    """Return so many records drawn by lot, in order of row_id; all of them for 0."""
    ordered = clients.sort_by("row_id").combine_chunks()
    if not most or ordered.num_rows <= most:
        return ordered
    return ordered.take(pa.array(np.sort(np.random.default_rng(seed).permutation(ordered.num_rows)[:most])))


def _leaks(ground: Ground, engine: LocalEngine, say: Say) -> dict[str, Any]:
    """Return what must be nothing: codes guessed without the key (A0), names in the analysis files (A1)."""
    rules, leaks = ground.project.rules.attack, {}
    if "A0" in rules.attackers:
        clients, relations = engine.hold(ground.clients), engine.hold(RELATIONS.empty())
        known = [
            engine.fetch(intake.protect(clients, relations, ground.schema, key, "filters", engine).tokens)
            for key in sorted({*KNOWN_KEYS, bytes(32)})
        ]
        leaks["A0"] = attack.dictionary_hits(ground.records, attack.dictionary_of(ground.clients), known)
    if "A1" in rules.attackers:
        leaks["A1 on analysis files"] = {
            f"{field}: {column}": hits
            for field in rules.fields
            for column, hits in attack.analysis_columns(ground.analysis, _named(ground, field), field).items()
        }
    for name, hits in leaks.items():
        say("attack", f"{name}: {sum(hits.values()):,} codes broken" + (", as it must be" if not hits else ""))
    return {"leaks": leaks, "sound": not any(leaks.values())}


def _named(ground: Ground, field: str) -> dict[str, pa.Table]:
    table = pa.table({"row_id": ground.clients["row_id"], "value": ground.clients[field]})
    return {field: table.filter(pc.is_valid(table["value"]))}


def _attacks(ground: Ground, say: Say) -> Iterator[attack.Measured]:
    rules, seed = ground.project.rules.attack, ground.project.rules.project.seed
    features = {feature.identifier: feature for feature in ground.schema.features}
    for name in rules.fields:
        feature = features.get(name)
        if feature is None or ground.clients[name].null_count == ground.clients.num_rows:
            continue
        say("attack", f"{name}: most frequent values of {ground.clients.num_rows:,} records")
        field = _field(ground, feature)
        token_key = derive_key(ground.key, ground.schema.digest, "token", feature.key_field, "whole")
        yield from attack.attack_field(field, rules.attackers, rules.overlap, rules.typing_error_share, token_key, seed)
        harder = derive_key(ground.key, ground.schema.digest, "attack", name, "hardened")
        if feature.grams is not None:
            yield from attack.attack_hardened(field, rules.attackers, harder, seed)
            yield from attack.attack_salted(name, _by_year(ground, feature), rules.attackers, harder, seed)
    if {"A3"} & set(rules.attackers):
        yield from _whole_records(ground, features)


def _field(ground: Ground, feature: Feature) -> attack.Field:
    name, records = feature.identifier, ground.records
    # A salted filter has no one code per value: it is measured by year instead.
    filters = records[f"f_{name}"] if f"f_{name}" in records.column_names and not feature.salted else None
    tokens = records[f"t_{name}"] if f"t_{name}" in records.column_names else None
    grams = feature.grams or WHOLE_VALUE
    return attack.field_of(name, ground.clients[name], tokens, filters, grams, ground.project.rules.attack.max_values)


def _by_year(ground: Ground, feature: Feature) -> dict[str, attack.Field]:
    """Return the values of each year of birth that some records have."""
    year, name = pc.year(ground.clients["birth_date"]), feature.identifier
    assert feature.grams is not None
    most = ground.project.rules.attack.max_values
    parts = {
        str(one): ground.clients[name].filter(pc.equal(year, one)) for one in year.drop_null().unique().to_pylist()
    }
    made = {one: attack.field_of(name, clear, None, None, feature.grams, most) for one, clear in sorted(parts.items())}
    return {one: field for one, field in made.items() if len(field.values)}


def _whole_records(ground: Ground, features: Mapping[str, Feature]) -> Iterator[attack.Measured]:
    """Attack one filter per record, of names and birth date, as a schema in the manner of clkhash makes them."""
    rules, seed, parts = ground.project.rules.attack, ground.project.rules.project.seed, []
    for name in ("first_name", "surname", "birth_date"):
        feature = features.get(name)
        if feature is not None and feature.grams is not None:
            key = derive_key(ground.key, ground.schema.digest, "filter", feature.key_field, "record")
            column = ground.clients[name]
            clear = pc.strftime(column, format="%Y%m%d") if name == "birth_date" else column
            parts.append((clear, key, feature.grams))
    field = attack.record_field(parts, RECORD_BITS, rules.max_values)
    yield from attack.attack_field(field, {"A3"}, rules.overlap, rules.typing_error_share, b"", seed)


def _exposure(ground: Ground) -> dict[str, Any]:
    return {
        "columns": [asdict(line) for line in attack.column_exposure(ground.records)],
        "share_unique": attack.share_unique(ground.records),
        "fill": attack.fill_counts(ground.records),
    }
