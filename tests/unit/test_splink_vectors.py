"""Models that Splink trained, and what Splink 5.0.0 said of every pair (made by benchmarks/splink_vectors.py)."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from totalplace import linkage
from totalplace.config import load_project
from totalplace.engine import LocalEngine
from totalplace.pipeline.alone.splink_names import pairs_table

FOLDER = Path(__file__).parents[1] / "vectors"
NAMES = sorted(path.stem for path in FOLDER.glob("splink_*.json"))
WEIGHTS_AGREE = 1e-4
FLOOR = 0.01  # Splink was asked for no pair less probable


@cache
def answers(name: str) -> dict[str, Any]:
    known: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return known


def tables(rows: list[dict[str, Any]], link_type: str, dated: bool) -> dict[str, pa.Table]:
    whole = pa.Table.from_pylist(rows)
    if dated:
        whole = whole.set_column(whole.column_names.index("dob"), "dob", whole["dob"].cast(pa.date32()))
    if link_type == "dedupe_only":
        return {"all": whole.drop_columns(["source_dataset"])}
    return linkage.split_by_source({"all": whole}, "source_dataset")


@cache
def ours(name: str) -> dict[tuple[str, str], dict[str, Any]]:
    known = answers(name)
    read = linkage.read_splink(json.dumps(known["model"]))
    frames = tables(known["records"], read.link_type, "people" in name)
    records = linkage.records_from_tables(frames, read.unique_id, by_id=True)
    with LocalEngine(1) as engine:
        rules = load_project(Path("/"), {"floor": {"linkage": {"floor_probability": FLOOR}}}).rules.linkage
        found = linkage.find_links(records.table, rules, engine, link_type=read.link_type, model=read.model)
    return {(p["unique_id_l"], p["unique_id_r"]): p for p in pairs_table(found, records).to_pylist()}


def splinks(name: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {(p["record_id_l"], p["record_id_r"]): p for p in answers(name)["pairs"]}


@pytest.mark.parametrize("name", NAMES)
def test_the_same_pairs_are_kept_the_same_way_round_as_by_splink(name: str) -> None:
    assert ours(name).keys() == splinks(name).keys()
    assert len(ours(name)) > 20


@pytest.mark.parametrize("name", NAMES)
def test_weights_are_those_of_splink(name: str) -> None:
    found = ours(name)
    for pair, known in splinks(name).items():
        assert found[pair]["match_weight"] == pytest.approx(known["match_weight"], abs=WEIGHTS_AGREE)


@pytest.mark.parametrize("name", NAMES)
def test_every_comparison_has_the_gamma_of_splink(name: str) -> None:
    found = ours(name)
    for pair, known in splinks(name).items():
        gammas = {key: value for key, value in known.items() if key.startswith("gamma_")}
        assert {key: found[pair][key] for key in gammas} == gammas


@pytest.mark.parametrize("name", NAMES)
def test_a_model_of_splink_survives_our_toml(name: str) -> None:
    model = linkage.read_splink(json.dumps(answers(name)["model"])).model
    assert linkage.read_model(linkage.write_model(model)) == model


def test_a_model_of_splink_comes_back_from_the_json_that_we_write() -> None:
    before = linkage.read_splink(json.dumps(answers("splink_people_sources")["model"]))
    text = linkage.write_splink(before.model, link_type=before.link_type, unique_id=before.unique_id)
    assert linkage.read_splink(text) == replace(before, source_dataset="source_dataset")
