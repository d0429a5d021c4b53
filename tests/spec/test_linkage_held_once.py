"""An agency declared to hold each person once: never two of its clients in one person, and what that cut is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from totalplace.config import load_project
from totalplace.config.linkage import LinkageRules
from totalplace.config.load import load_rules
from totalplace.engine import LocalEngine
from totalplace.linkage import link_records, read_model, write_model
from totalplace.linkage.held_once import clients_apart, declared_sources
from totalplace.linkage.link import Linkage
from totalplace.linkage.partitions.cores import read_constraints

SECRET = b"s" * 32
COUNT, TWICE = 150, 20
RULES: LinkageRules = load_rules()[0].linkage
AGENCY = '[agency]\ncode = "{0}"\nname = "x"\nduplicate_free = {1}\n[[extract]]\nfile = "x.csv"\n'


def people() -> pa.Table:
    """Return a record of each person at a register and at a surgery, and some people twice in the register."""
    random = np.random.default_rng(11)
    letters = list("BDFGKLMNPRSTAEIOU")
    rows = []
    for k in range(COUNT):
        last, first = ("".join(random.choice(letters, size)) for size in (7, 5))
        born = f"19{random.integers(20, 99)}-{random.integers(1, 13):02}-{random.integers(1, 29):02}"
        code = f"AB{random.integers(1, 9)} {random.integers(1, 9)}CD"
        rows += [("register", last, first, born, code), ("surgery", last, first[:-1] + "X", born, code)]
        rows += [("register", last + "E", first, born, code)] if k < TWICE else []
    table = pd.DataFrame(rows, columns=["agency", "surname", "first_name", "birth_date", "postcode"])
    ids = [f"r{k:015}".encode() for k in random.permutation(len(table))]
    return pa.Table.from_pandas(table.assign(row_id=ids), preserve_index=False)


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(1) as found:
        yield found


@pytest.fixture(scope="module")
def free(engine: LocalEngine) -> Linkage:
    """Link with nothing declared."""
    return link_records(engine.hold(people()), RULES, SECRET, engine)


@pytest.fixture(scope="module")
def declared(engine: LocalEngine) -> Linkage:
    """Link with the register declared."""
    rules = RULES.model_copy(update={"duplicate_free": ("register",)})
    return link_records(engine.hold(people()), rules, SECRET, engine)


def most_of_register(made: Linkage, engine: LocalEngine) -> int:
    """Return how many records of the register the fullest person has."""
    agency = dict(zip(people()["row_id"].to_pylist(), people()["agency"].to_pylist(), strict=True))
    persons = engine.fetch(made.persons).to_pandas()
    ours = persons[persons["row_id"].map(agency) == "register"]
    return int(ours.groupby("person_id").size().max())


def test_no_person_has_two_clients_of_a_declared_agency(free: Linkage, declared: Linkage, engine: LocalEngine) -> None:
    assert (most_of_register(free, engine), most_of_register(declared, engine)) == (2, 1)


def test_quality_says_how_many_links_the_declaration_cut(free: Linkage, declared: Linkage) -> None:
    assert "one_to_one" not in free.quality
    (row,) = declared.quality["one_to_one"]
    assert row["sources"] == ["register", "surgery"]
    assert row["cut"] >= TWICE - 2 and row["links"] - row["cut"] >= COUNT - 5
    assert any(f"{row['cut']} were not used" in note.text for note in declared.notes)


def test_the_model_says_so_too_and_holds_it_when_it_is_used_again(declared: Linkage, engine: LocalEngine) -> None:
    model = read_model(write_model(declared.model))
    assert model.duplicate_free == ("register",)
    again = link_records(engine.hold(people()), RULES, SECRET, engine, model=model)
    assert most_of_register(again, engine) == 1


def test_no_draw_brings_two_clients_of_a_declared_agency_together(declared: Linkage, engine: LocalEngine) -> None:
    known = read_constraints(engine.fetch(declared.constraints))
    codes = next(code for code in known.conflicts if (code >= 0).sum() == COUNT + TWICE)
    assert len(np.unique(codes[codes >= 0])) == COUNT + TWICE


def test_records_of_one_client_may_meet_and_two_clients_may_not() -> None:
    source, same = np.array([0, 0, 0, 1], np.int32), np.array([5, 5, -1, -1], np.int32)
    (code,) = clients_apart(source, same, (0,))
    assert code[0] == code[1] != code[2] and code[3] == -1 and code[2] >= 0


def test_a_declared_name_that_is_no_source_is_told() -> None:
    found, notes = declared_sources(("register", "surgery"), ("registr", "surgery"))
    assert found == (1,)
    assert "'registr'" in notes[0].text and "register" in notes[0].text


def test_an_agencys_own_file_can_declare_it(tmp_path: Path) -> None:
    (tmp_path / "totalplace.toml").write_text("")
    (tmp_path / "agencies").mkdir()
    for code, once in (("gp", "false"), ("register", "true")):
        (tmp_path / "agencies" / f"{code}.toml").write_text(AGENCY.format(code, once))
    project = load_project(tmp_path)
    assert project.rules.linkage.duplicate_free == ("register",)
    assert project.origin["linkage.duplicate_free"] == "agencies/register.toml"
