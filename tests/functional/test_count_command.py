"""`totalplace count`: spend tables in, tables and a summary out, without a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from totalplace.sample_data.spend import spend_rules, write_spend

from .conftest import call


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a project that has a spend table and nothing else."""
    write_spend(1000, tmp_path)
    (tmp_path / "totalplace.toml").write_text(spend_rules(1000), encoding="utf-8")
    return tmp_path


def test_the_pretend_place_is_counted_beside_its_run(demo: Path, tmp_path: Path) -> None:
    done = call("-C", demo / "place", "count", "--out", tmp_path / "counting", cwd=tmp_path)
    assert "per head of 400 people" in done.stdout and "Jobcentre" in done.stdout
    assert "1 of them without an amount" in done.stdout
    assert (tmp_path / "counting" / "totals.csv").is_file()


def test_json_says_totals_with_their_base_and_what_does_not_fit(place: Path) -> None:
    result = json.loads(call("--json", "count", "--population", "2000", cwd=place).stdout)["result"]
    whole = result["totals"][0]
    assert whole["gbp"] == 8_148_360 and (whole["lines"], whole["lines_missing"]) == (14, 1)
    assert (whole["population"], whole["per_head_gbp"]) == (2000, 4074.18)
    assert whole["population_source"] == "given with --population"
    assert [check["would_fit"] for check in result["checks"] if not check["fits"]] == [12_340]


def test_one_table_without_a_project_is_enough(tmp_path: Path) -> None:
    (tmp_path / "two.csv").write_text("line,agency,amount_gbp\n1,council,3m\n2,police,1m\n", encoding="utf-8")
    done = call("count", "two.csv", cwd=tmp_path)
    assert "not stated: £4m in 2 lines of 2 bodies" in done.stdout
    assert "per head: nothing, since no population is stated" in done.stdout


def test_money_is_stated_in_two_price_years_side_by_side(place: Path) -> None:
    done = call("count", "--price-year", "2009/10", "--tier", "local", cwd=place)
    assert "local tier only, 2023/24: £2.69m" in done.stdout and "in prices of 2009/10: £1.99m" in done.stdout


def test_the_same_tables_give_the_same_bytes_and_an_earlier_count_is_kept(place: Path) -> None:
    call("count", "--out", "a", cwd=place)
    call("count", "--out", "b", cwd=place)
    names = sorted(path.name for path in (place / "a").iterdir())
    assert len(names) == 7
    assert all((place / "a" / name).read_bytes() == (place / "b" / name).read_bytes() for name in names)
    assert "TP124" in call("count", "--out", "a", cwd=place, expect=2).stderr


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (("--price-year", "1999/00"), "TP328", 3),
        (("spend/place.csv", "other/place.csv"), "TP435", 4),
        (("nowhere.csv",), "TP403", 4),
        (("--tier", "lokal"), "Invalid value", 2),
    ],
)
def test_what_cannot_be_counted_is_refused(place: Path, words: tuple[str, ...], code: str, exit_code: int) -> None:
    (place / "other").mkdir()
    (place / "other" / "place.csv").write_bytes((place / "spend" / "place.csv").read_bytes())
    done = call("count", *words, cwd=place, expect=exit_code)
    assert code in done.stderr


def test_nothing_is_told_of_the_first_row_of_a_file_that_is_no_spend_table(place: Path) -> None:
    (place / "people.csv").write_text("Jane Smith,1984-03-02,12 High Street\nJohn Brown,1990-01-02,3 Low Road\n")
    done = call("count", "people.csv", cwd=place, expect=4)
    assert "TP431" in done.stderr
    assert not any(told in done.stderr + done.stdout for told in ("Jane", "Smith", "1984", "High"))


def test_a_project_without_a_spend_table_says_where_one_belongs(tmp_path: Path) -> None:
    done = call("count", cwd=tmp_path, expect=2)
    assert "TP113" in done.stderr and "counting.spend" in done.stderr
