"""X2: how much is spent, by whom, for what, and who decides. A county's count as a newsletter printed it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from totalplace.config import load_rules
from totalplace.config.counting import BodyRules, CountingRules
from totalplace.errors import InputError
from totalplace.intake import read_spend
from totalplace.journeys.money.counting import Counting, count_spend
from totalplace.journeys.money.spend import Prices

HEADER = "line,parent,place,agency,tier,control,year,themes,amount_gbp,units,per_unit_gbp\n"
COUNTY = HEADER + (
    "1,,cumbria,,,,2008/09,,7.1bn,,\n"
    "1.1,1,,county,local,local,,children_services 0.6; housing 0.4,1.5bn,,\n"
    "1.2,1,allerdale,district,local,local,,housing,0.4bn,,\n"
    "1.3,1,,benefits,national,central,,dependence_to_self_reliance,3.2bn,,\n"
    "1.4,1,,quangos,national,arm's length,,crime 25%,2bn,,\n"
)
PLACES = {
    "cumbria": {"population": 500_000, "population_year": "2008", "population_source": "mid-year estimate"},
    "allerdale": {"within": "cumbria", "population": 94_000, "population_year": "2008", "population_source": "ONS"},
}


def counted(folder: Path, text: str = COUNTY, tier: str = "", prices: Prices | None = None, **more: str) -> Counting:
    for name, body in {"county": text, **more}.items():
        (folder / f"{name}.csv").write_text(body, encoding="utf-8")
    rules = load_rules()[0]
    counting = rules.counting.model_dump() | {"places": PLACES, "population": 500_000}
    spend = read_spend(sorted(folder.glob("*.csv")), rules.intake, {"benefits": BodyRules(name="Benefits")})
    typed = CountingRules.model_validate(counting)
    return count_spend(spend.lines, spend.shares, typed, prices or Prices("", {}), "0" * 12, tier)


def total(counting: Counting, dimension: str, key: str = "") -> dict[str, object]:
    found = [r for r in counting.totals.to_pylist() if (r["dimension"], r["key"]) == (dimension, key)]
    return dict(found[0]) if found else {}


def test_the_whole_is_the_sum_of_its_leaves_and_never_counts_a_parent_beside_its_parts(tmp_path: Path) -> None:
    counting = counted(tmp_path)
    assert total(counting, "whole")["gbp"] == 7.1e9
    assert counting.rolled.to_pylist()[0]["fits"] is True


def test_money_per_head_stands_beside_the_people_it_was_divided_by(tmp_path: Path) -> None:
    whole, county = (total(counted(tmp_path), *key) for key in (("whole",), ("place", "cumbria")))
    assert (whole["per_head_gbp"], whole["population"]) == (14_200, 500_000)
    assert (county["population_source"], county["population_year"]) == ("mid-year estimate", "2008")


def test_just_over_a_quarter_is_controlled_in_the_place(tmp_path: Path) -> None:
    counting = counted(tmp_path)
    local, away = total(counting, "control", "local"), total(counting, "control", "arms_length")
    assert round(float(str(local["gbp"])) / 7.1e9, 3) == 0.268
    assert away["gbp"] == 2e9


def test_a_district_rolls_up_into_its_county_once(tmp_path: Path) -> None:
    counting = counted(tmp_path)
    assert total(counting, "place", "allerdale")["gbp"] == 0.4e9
    assert total(counting, "place", "cumbria")["gbp"] == 7.1e9


def test_money_is_split_over_themes_by_weight_and_the_rest_is_listed(tmp_path: Path) -> None:
    counting = counted(tmp_path)
    assert total(counting, "theme", "children_services")["gbp"] == 0.9e9
    assert total(counting, "theme", "housing")["gbp"] == 1e9
    assert counting.unaligned.to_pylist() == [
        {"line": "county/1.4", "agency": "quangos", "year": "2008/09", "gbp": 1.5e9}
    ]
    assert total(counting, "whole")["aligned_gbp"] == 5.6e9


def test_a_missing_amount_is_missing_and_not_nothing(tmp_path: Path) -> None:
    counting = counted(tmp_path, COUNTY.replace(",2bn,", ",,"))
    away, whole = total(counting, "control", "arms_length"), total(counting, "whole")
    assert (away["gbp"], away["lines_missing"]) == (None, 1)
    assert (whole["gbp"], whole["lines"], whole["lines_missing"]) == (5.1e9, 4, 1)
    assert counting.missing["line"].to_pylist() == ["county/1.4"]
    assert counting.rolled.to_pylist()[0]["fits"] is None and counting.rolled.to_pylist()[0]["rest_gbp"] == 2e9


def test_one_more_body_is_one_more_file_named_after_it(tmp_path: Path) -> None:
    counting = counted(tmp_path, police="line,amount_gbp,year\n1,100m,2008/09\n")
    assert total(counting, "agency", "police")["gbp"] == 1e8
    assert total(counting, "whole")["gbp"] == 7.2e9


def test_a_tier_is_counted_alone(tmp_path: Path) -> None:
    assert total(counted(tmp_path, tier="local"), "whole")["gbp"] == 1.9e9


def test_money_is_restated_in_another_year_beside_its_own(tmp_path: Path) -> None:
    prices = Prices("2013/14", {"2008/09": 0.80, "2013/14": 1.00})
    whole = total(counted(tmp_path, prices=prices), "whole")
    assert (whole["gbp"], whole["gbp_real"], whole["per_head_gbp_real"]) == (7.1e9, 8.875e9, 17_750)


def test_money_of_two_years_is_never_summed(tmp_path: Path) -> None:
    counting = counted(tmp_path, later="line,amount_gbp,year\n1,1bn,2009/10\n")
    wholes = {r["year"]: r["gbp"] for r in counting.totals.to_pylist() if r["dimension"] == "whole"}
    assert wholes == {"2008/09": 7.1e9, "2009/10": 1e9}


def test_a_parent_that_is_not_the_sum_of_its_parts_is_a_finding(tmp_path: Path) -> None:
    counting = counted(tmp_path, COUNTY.replace("7.1bn", "7.4bn"))
    row = counting.findings.to_pylist()[0]
    assert (row["kind"], row["rule_id"], row["value"], row["value_low"]) == ("arithmetic", "X4", 7.4e9, 7.1e9)


@pytest.mark.parametrize(
    ("old", "new", "code", "where"),
    [
        ("amount_gbp", "amount", "TP431", "county.csv, column 'amount_gbp'"),
        ("control,", "controll,", "TP431", "county.csv, a column"),
        ("1.2,1", "1.1,1", "TP432", "row 4, column 'line'"),
        ("3.2bn", "Smith", "TP433", "row 5, column 'amount_gbp'"),
        ("0.4bn", "0.001", "TP433", "row 4, column 'amount_gbp'"),
        ("national,central", "Smith,central", "TP433", "row 5, column 'tier'"),
        ("2008/09", "Smith", "TP433", "row 2, column 'year'"),
        ("housing 0.4", "housing 0.5", "TP433", "row 3, column 'themes'"),
        ("1.4,1", "1.4,Smith", "TP434", "row 6, column 'parent'"),
        ("1,,cumbria", "1,1.4,cumbria", "TP434", "column 'parent'"),
    ],
)
def test_a_cell_that_is_not_what_its_column_says_is_refused_where_it_stands(
    tmp_path: Path, old: str, new: str, code: str, where: str
) -> None:
    with pytest.raises(InputError) as refusal:
        counted(tmp_path, COUNTY.replace(old, new, 1))
    assert refusal.value.code == code
    assert where in str(refusal.value) and "Smith" not in str(refusal.value)


def test_the_matrix_sums_to_the_whole(tmp_path: Path) -> None:
    matrix: pa.Table = counted(tmp_path).matrix
    assert matrix.column_names[:6] == ["place", "agency", "tier", "control", "theme", "year"]
    assert sum(matrix["gbp"].to_pylist()) == 7.1e9
