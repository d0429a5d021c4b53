"""Linking records: what a user of `link_records` can count on."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from totalplace.config.linkage import LinkageRules
from totalplace.config.load import load_rules
from totalplace.engine import LocalEngine
from totalplace.errors import ConfigError, InputError
from totalplace.linkage import Model, link_records, plan_pairs, read_model, records_from_tables, write_model
from totalplace.linkage.block import cap_of_rule
from totalplace.tables import LINKS, PERSONS, PLAN

SECRET = b"s" * 32
FIRST = [
    "ANN",
    "JOHN",
    "MARY",
    "PETER",
    "SUSAN",
    "OMAR",
    "LUCY",
    "DAVID",
    "ZOE",
    "IAN",
    "RUTH",
    "COLIN",
    "JANE",
    "AMIR",
    "EVE",
]
LAST = [
    "SMITH",
    "JONES",
    "TAYLOR",
    "BROWN",
    "PATEL",
    "WILSON",
    "KHAN",
    "EVANS",
    "GREEN",
    "HALL",
    "WOOD",
    "CLARK",
    "LEWIS",
]


@pytest.fixture(scope="module")
def rules() -> LinkageRules:
    return load_rules()[0].linkage


@pytest.fixture
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(2) as found:
        yield found


def people(count: int, seed: int = 7) -> pa.Table:
    """Two records of each person, one at each agency, the second with errors in a third of its fields."""
    random = np.random.default_rng(seed)
    rows = []
    for person in range(count):
        first, last = random.choice(FIRST), random.choice(LAST) + random.choice(["", "SON", "LEY", "TON"])
        born = str(np.datetime64("1940-01-01") + int(random.integers(0, 25000)))
        unit = random.choice(list("ABDEFG")) + random.choice(list("HJLNPQ"))
        code = f"QA{random.integers(1, 9)} {random.integers(1, 9)}{unit}"
        rows.append(("council", person, first, last, born, code))
        first = first[:-1] + "X" if random.random() < 0.1 else first
        born = born[:-1] + "1" if random.random() < 0.1 else born
        rows.append(("police", person, first, last, born, None if random.random() < 0.2 else code))
    agency, person, first, last, born, code = zip(*rows, strict=True)
    ids = [hashlib.sha256(f"{k}".encode()).digest()[:16] for k in range(len(rows))]
    columns = {"first_name": first, "surname": last, "birth_date": born, "postcode": code}
    return pa.table({"row_id": pa.array(ids, pa.binary(16)), "agency": agency, "truth": person, **columns})


def agreement(persons: pa.Table, table: pa.Table) -> tuple[float, float]:
    """Return precision and recall of pairs."""
    both = persons.join(table.select(["row_id", "truth"]), "row_id")
    _, found = np.unique(
        both["person_id"].cast(pa.binary()).to_numpy(zero_copy_only=False).astype("S16"), return_inverse=True
    )
    truth = both["truth"].to_numpy()

    def pairs(labels: np.ndarray) -> int:
        count = np.unique(labels, return_counts=True)[1]
        return int((count * (count - 1) // 2).sum())

    hit = pairs(found * (int(truth.max()) + 1) + truth)
    return hit / max(1, pairs(found)), hit / pairs(truth)


def test_people_are_found_without_labels_or_a_model(rules: LinkageRules, engine: LocalEngine) -> None:
    table = people(600)
    found = link_records(engine.hold(table.drop_columns(["truth"])), rules, SECRET, engine)
    precision, recall = agreement(engine.fetch(found.persons), table)
    assert precision > 0.98 and recall > 0.97


def test_results_have_the_shapes_of_their_doors(rules: LinkageRules, engine: LocalEngine) -> None:
    found = link_records(engine.hold(people(100).drop_columns(["truth"])), rules, SECRET, engine)
    for shape, handle in ((PERSONS, found.persons), (LINKS, found.links), (PLAN, found.plan)):
        assert shape.check(engine.fetch(handle), "test").num_rows > 0


def test_order_of_the_rows_does_not_matter(rules: LinkageRules, engine: LocalEngine) -> None:
    table = people(200).drop_columns(["truth"])
    shuffled = table.take(pa.array(np.random.default_rng(1).permutation(table.num_rows)))
    one, two = (link_records(engine.hold(t), rules, SECRET, engine) for t in (table, shuffled))
    assert engine.fetch(one.persons).equals(engine.fetch(two.persons))
    assert engine.fetch(one.links).equals(engine.fetch(two.links))
    assert write_model(one.model) == write_model(two.model) and one.quality == two.quality


def test_person_id_is_the_keyed_smallest_row_id(rules: LinkageRules, engine: LocalEngine) -> None:
    found = link_records(engine.hold(people(50).drop_columns(["truth"])), rules, SECRET, engine)
    persons = engine.fetch(found.persons).to_pandas()
    for person, rows in persons.groupby("person_id")["row_id"]:
        assert person == hmac.new(SECRET, min(rows), hashlib.sha256).digest()[:16]


def test_trained_model_gives_the_same_links_again_from_its_file(rules: LinkageRules, engine: LocalEngine) -> None:
    records = engine.hold(people(300).drop_columns(["truth"]))
    first = link_records(records, rules, SECRET, engine)
    again = link_records(records, rules, SECRET, engine, model=read_model(write_model(first.model)))
    assert engine.fetch(again.links).equals(engine.fetch(first.links))
    assert engine.fetch(again.persons).equals(engine.fetch(first.persons))


def _with_first_level(model: Model, **changes: float | None) -> Model:
    """Change the first level of the first comparison; terms of several comparisons go."""
    first, *others = model.comparisons
    level, *rest = first.levels
    changed = replace(first, levels=(replace(level, **changes), *rest))
    return replace(model, comparisons=(changed, *others), joints=())


def test_a_model_with_a_level_that_no_match_shows_is_used_as_it_is(rules: LinkageRules, engine: LocalEngine) -> None:
    records = engine.hold(people(200).drop_columns(["truth"]))
    trained = link_records(records, rules, SECRET, engine).model
    given = _with_first_level(trained, m=0.0)
    used = link_records(records, rules, SECRET, engine, model=given).model
    assert given.trained and used.comparisons == given.comparisons


def test_a_model_that_lacks_a_number_is_trained(rules: LinkageRules, engine: LocalEngine) -> None:
    records = engine.hold(people(200).drop_columns(["truth"]))
    trained = link_records(records, rules, SECRET, engine).model
    given = _with_first_level(trained, u=None)
    used = link_records(records, rules, SECRET, engine, model=given).model
    assert not given.trained and used.trained and used.comparisons[0].levels[0].u is not None


def test_records_of_one_agency_client_are_one_person_whatever_they_say(
    rules: LinkageRules, engine: LocalEngine
) -> None:
    table = people(100).drop_columns(["truth"])
    group = pa.array([b"g" * 16 if k in (0, 4, 8) else None for k in range(table.num_rows)], pa.binary(16))
    found = link_records(engine.hold(table.append_column("event_group", group)), rules, SECRET, engine)
    persons = engine.fetch(found.persons).to_pandas().set_index("row_id")["person_id"]
    assert len({persons[table["row_id"][k].as_py()] for k in (0, 4, 8)}) == 1


def test_link_only_never_compares_within_an_agency(rules: LinkageRules, engine: LocalEngine) -> None:
    table = people(100)
    found = link_records(engine.hold(table.drop_columns(["truth"])), rules, SECRET, engine, link_type="link_only")
    agency = dict(zip(table["row_id"].to_pylist(), table["agency"].to_pylist(), strict=True))
    links = engine.fetch(found.links).to_pylist()
    assert links and all(agency[link["row_id_l"]] != agency[link["row_id_r"]] for link in links)


def test_agency_without_duplicates_is_not_compared_with_itself(rules: LinkageRules, engine: LocalEngine) -> None:
    table = people(100)
    free = rules.model_copy(update={"duplicate_free": ("council",)})
    found = link_records(engine.hold(table.drop_columns(["truth"])), free, SECRET, engine)
    agency = dict(zip(table["row_id"].to_pylist(), table["agency"].to_pylist(), strict=True))
    assert all(
        {agency[k["row_id_l"]], agency[k["row_id_r"]]} != {"council"} for k in engine.fetch(found.links).to_pylist()
    )


def tokens(table: pa.Table) -> pa.Table:
    """Encode a table as an agency would: every value and derivation under a key of its own."""

    def encoded(values: list[str | None], key: str) -> pa.Array:
        made = [None if v is None else hmac.digest(key.encode(), v.encode(), "sha256")[:16] for v in values]
        return pa.array(made, pa.binary(16))

    out = table.select(["row_id", "agency"])
    derived = {
        "surname": [("", None), ("_initial", 1)],
        "first_name": [("", None), ("_initial", 1)],
        "birth_date": [("", None), ("_year", 4), ("_month", 7)],
        "postcode": [("", None), ("_district", 3)],
    }
    for column, some in derived.items():
        for name, cut in some:
            values = [None if v is None else v[:cut] for v in table[column].to_pylist()]
            out = out.append_column(f"t_{column}{name}", encoded(values, column + name))
    return out


def test_tokens_link_as_their_names_say(rules: LinkageRules, engine: LocalEngine) -> None:
    table = people(600)
    found = link_records(engine.hold(tokens(table)), rules, SECRET, engine)
    precision, recall = agreement(engine.fetch(found.persons), table)
    assert precision > 0.97 and recall > 0.93
    assert {c.name for c in found.model.comparisons} == {"surname", "first_name", "birth_date", "postcode"}


def test_two_identifier_tokens_are_two_persons(rules: LinkageRules, engine: LocalEngine) -> None:
    table = tokens(people(300))
    ids = [hashlib.sha256(f"nhs {k}".encode()).digest()[:16] for k in range(table.num_rows)]
    found = link_records(
        engine.hold(table.append_column("t_id_nhs", pa.array(ids, pa.binary(16)))), rules, SECRET, engine
    )
    assert pc.count_distinct(engine.fetch(found.persons)["person_id"]).as_py() == table.num_rows


def test_plan_counts_the_pairs_that_linking_compares(rules: LinkageRules, engine: LocalEngine) -> None:
    records = engine.hold(people(300).drop_columns(["truth"]))
    model = replace(
        link_records(records, rules, SECRET, engine).model,
        rules=(("surname",), ("birth_date.year", "first_name.initial")),
    )
    plan = engine.fetch(plan_pairs(records, rules, engine, model=model))
    assert plan.equals(engine.fetch(link_records(records, rules, SECRET, engine, model=model).plan))


def test_block_over_the_cap_is_left_out_and_told_by_number_only(rules: LinkageRules, engine: LocalEngine) -> None:
    table = people(300).drop_columns(["truth"])
    crowded = table.set_column(
        table.column_names.index("surname"), "surname", pa.array(["SECRETNAME"] * 500 + ["JONES"] * 100)
    )
    records = engine.hold(crowded)
    model = replace(
        link_records(records, rules, SECRET, engine).model, rules=(("surname",), ("birth_date",)), threshold=None
    )
    small = rules.model_copy(update={"blocking": rules.blocking.model_copy(update={"max_block": 200})})
    found = link_records(records, small, SECRET, engine, model=model)
    note = next(n for n in found.notes if n.code == "block_capped")
    assert note.counts["pairs"] == 500 * 499 // 2 and "SECRET" not in note.text
    assert engine.fetch(found.plan)["pairs_left_out"].to_pylist()[0] == 500 * 499 // 2


def test_a_value_that_makes_nearly_all_of_a_rules_many_pairs_is_left_out_of_that_rule_alone() -> None:
    sizes = np.array([2, 3, 5000], np.int64)
    assert cap_of_rule(sizes, 50_000, 0.9, 10_000_000) == 4999
    assert cap_of_rule(sizes, 50_000, 0.9, 20_000_000) == 50_000  # so few pairs are compared in a moment
    assert cap_of_rule(np.array([5000, 5000], np.int64), 50_000, 0.9, 10_000_000) == 50_000
    assert cap_of_rule(np.array([], np.int64), 50_000, 0.9, 1) == 50_000


def test_a_dominant_value_is_told_with_its_counts(rules: LinkageRules, engine: LocalEngine) -> None:
    limits = rules.model_copy(update={"blocking": rules.blocking.model_copy(update={"dominant_pairs": 1000})})
    table = people(300).drop_columns(["truth"])
    postcode = ["AB1 1AA"] * 200 + [f"CD{k % 9} {k % 7}EF" for k in range(table.num_rows - 200)]
    table = table.set_column(table.column_names.index("postcode"), "postcode", pa.array(postcode))
    plan = link_records(engine.hold(table), limits, SECRET, engine, model=_by_postcode(rules, engine))
    assert any("largest has 200 records" in note.text for note in plan.notes if note.code == "block_capped")


def _by_postcode(rules: LinkageRules, engine: LocalEngine) -> Model:
    trained = link_records(engine.hold(people(300).drop_columns(["truth"])), rules, SECRET, engine).model
    return replace(trained, rules=(("postcode",), ("surname", "birth_date")))


def test_tables_become_records_and_find_the_way_back() -> None:
    a = pa.table({"record_id": [1, 2], "name": ["x", "y"]})
    b = pa.table({"record_id": ["1"], "dob": ["2001-01-01"]})
    found = records_from_tables({"b": b, "a": a}, "record_id")
    back = [(found.sources[s], i) for s, i in zip(found.source, found.ids.to_pylist(), strict=True)]
    assert back == [("a", "1"), ("a", "2"), ("b", "1")]
    dob = dict(zip(found.order.tolist(), found.table["dob"].to_pylist(), strict=True))
    assert dob == {0: None, 1: None, 2: "2001-01-01"}


def test_id_that_is_there_twice_is_refused_without_being_quoted() -> None:
    with pytest.raises(InputError, match="TP464") as refusal:
        records_from_tables({"a": pa.table({"record_id": ["SECRET", "SECRET"]})}, "record_id")
    assert "SECRET" not in str(refusal.value)


def test_table_without_evidence_is_refused(rules: LinkageRules, engine: LocalEngine) -> None:
    table = people(10).select(["row_id", "agency"])
    with pytest.raises(InputError, match="TP462"):
        link_records(engine.hold(table), rules, SECRET, engine)


def test_model_that_names_a_missing_column_is_refused_with_a_near_name(
    rules: LinkageRules, engine: LocalEngine
) -> None:
    records = engine.hold(people(50).drop_columns(["truth"]))
    text = write_model(link_records(records, rules, SECRET, engine).model).replace(
        'columns = ["surname"]', 'columns = ["surnam"]'
    )
    with pytest.raises(ConfigError, match="Did you mean 'surname'"):
        link_records(records, rules, SECRET, engine, model=read_model(text))


def test_unknown_key_of_a_model_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="treshold"):
        read_model("version = 1\ntreshold = 3\n")


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_few_records_are_linked_without_a_fault(rules: LinkageRules, engine: LocalEngine, rows: int) -> None:
    table = people(200).drop_columns(["truth"])
    some = table.take(pa.array(range(0, 2 * rows, 2), pa.int64()))
    found = link_records(engine.hold(some), rules, SECRET, engine)
    assert pc.count_distinct(engine.fetch(found.persons)["person_id"]).as_py() == rows
