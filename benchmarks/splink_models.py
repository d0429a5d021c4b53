"""Splink's side of `splink_equality.py`: models and what Splink says of every pair. Runs in Splink's own environment.

    python benchmarks/splink_models.py NAME FILE... --out DIR [--model MODEL.json]

Writes DIR/model.json, as Splink saves it, and DIR/pairs.parquet, Splink's pairs with their weights and gammas. With
--model nothing is trained: that model is taken as it is.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable
from pathlib import Path

import duckdb
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI
from splink.internals.column_expression import ColumnExpression

FLOOR = 0.01
Text = ColumnExpression


def frequent(comparison: cl.ComparisonCreator) -> cl.ComparisonCreator:
    """Return the comparison with term frequency adjustments."""
    return comparison.configure(term_frequency_adjustments=True)


def weighed(level: cll.ComparisonLevelCreator, column: str, weight: float, least: float) -> cll.ComparisonLevelCreator:
    """Return the level adjusted in part by how frequent a column's values are."""
    return level.configure(tf_adjustment_column=column, tf_adjustment_weight=weight, tf_minimum_u_value=least)


def febrl(link_type: str) -> SettingsCreator:
    """Febrl's fields: names that may be exchanged, dates as text, street numbers, edits."""
    return SettingsCreator(
        link_type=link_type,
        unique_id_column_name="record_id",
        comparisons=[
            cl.ForenameSurnameComparison("given_name", "surname"),
            frequent(cl.DamerauLevenshteinAtThresholds("suburb", [1, 2])),
            cl.LevenshteinAtThresholds("date_of_birth", [1, 2]),
            frequent(cl.ExactMatch("postcode")),
            cl.CustomComparison(
                output_column_name="street",
                comparison_levels=[
                    cll.NullLevel("address_1"),
                    cll.And(cll.ExactMatchLevel("address_1"), cll.ExactMatchLevel("street_number")),
                    cll.And(cll.ExactMatchLevel("address_1"), cll.Not(cll.ExactMatchLevel("street_number"))),
                    cll.CustomLevel(
                        "levenshtein(suburb_l, address_1_r) <= 6", "Suburb of the left in the right's street"
                    ),
                    weighed(cll.JaroWinklerLevel("address_1", 0.9), "street_number", 0.5, 0.01).configure(
                        disable_tf_exact_match_detection=True
                    ),
                    cll.ElseLevel(),
                ],
            ),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("given_name", "surname"),
            block_on("date_of_birth"),
            block_on("substr(surname, 1, 3)", "postcode"),
        ],
    )


def fake_1000() -> SettingsCreator:
    """Splink's own demonstration: names, a date as text with intervals, e-mail, city with a least frequency."""
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record_id",
        comparisons=[
            cl.NameComparison("first_name"),
            cl.NameComparison("surname"),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            frequent(cl.ExactMatch("city")),
            cl.EmailComparison("email"),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("first_name"),
            block_on("lower(surname)", "city"),
            "l.email = r.email or (l.dob = r.dob and l.surname = r.surname)",
        ],
    )


def historical() -> SettingsCreator:
    """Historical persons: postcodes, birth years, occupation by frequency, names in another case."""
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record_id",
        comparisons=[
            frequent(cl.JaroWinklerAtThresholds(Text("first_name").lower(), [0.92, 0.8])),
            frequent(cl.JaroWinklerAtThresholds("surname", [0.92, 0.8])),
            cl.DateOfBirthComparison(
                "dob", input_is_string=True, datetime_thresholds=[1, 5], datetime_metrics=["year", "year"]
            ),
            cl.PostcodeComparison("postcode_fake"),
            frequent(cl.ExactMatch("occupation")),
            cl.CustomComparison(
                output_column_name="birth_place",
                comparison_levels=[
                    cll.NullLevel("birth_place"),
                    weighed(cll.ExactMatchLevel("birth_place"), "birth_place", 0.7, 0.002),
                    cll.Or(
                        cll.LiteralMatchLevel("birth_place", "london", "string", side_of_comparison="both"),
                        cll.LevenshteinLevel("birth_place", 2),
                    ),
                    cll.ElseLevel(),
                ],
            ),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("first_name", "surname"),
            block_on("substr(dob, 1, 7)", "substr(surname, 1, 2)"),
            block_on("postcode_fake", "gender"),
        ],
    )


def people(link_type: str) -> SettingsCreator:
    """Persons of a pretend place: typed dates, sexes, postcodes, numbers apart."""
    return SettingsCreator(
        link_type=link_type,
        unique_id_column_name="record_id",
        comparisons=[
            frequent(cl.JaroWinklerAtThresholds("first_name", [0.92, 0.8])),
            frequent(cl.JaroWinklerAtThresholds("surname", [0.92, 0.8])),
            cl.DateOfBirthComparison("dob", input_is_string=False),
            cl.PostcodeComparison("postcode"),
            cl.ExactMatch("sex"),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("first_name", "surname"),
            block_on("dob"),
            block_on("surname", "year(dob)"),
        ],
    )


MODELS: dict[str, Callable[[], SettingsCreator]] = {
    "febrl_dedupe": lambda: febrl("dedupe_only"),
    "febrl_link": lambda: febrl("link_only"),
    "fake_1000": fake_1000,
    "historical": historical,
    "people": lambda: people("dedupe_only"),
    "people_sources": lambda: people("link_and_dedupe"),
}


def train(linker: Linker) -> None:
    """Train u on random pairs and m under the first two rules."""
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in linker._settings_obj._blocking_rules_to_generate_predictions[:2]:
        linker.training.estimate_parameters_using_expectation_maximisation(rule.blocking_rule_sql)


def main() -> None:
    """Train one model on the files, save it, and write what it says of every pair."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=sorted(MODELS))
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", type=Path)
    wanted = parser.parse_args()
    wanted.out.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    tables = []
    database = DuckDBAPI(connection)
    for path in wanted.files:
        connection.execute(f"create table {path.stem} as select * from '{path}'")
        tables.append(database.register(path.stem))
    linker = Linker(tables, str(wanted.model) if wanted.model else MODELS[wanted.name](), log_level=logging.ERROR)
    if not wanted.model:
        train(linker)
        linker.misc.save_model_to_json(str(wanted.out / "model.json"), overwrite=True)
    pairs = linker.inference.predict(threshold_match_probability=FLOOR)
    connection.execute(f"copy (select * from {pairs.physical_name}) to '{wanted.out / 'pairs.parquet'}'")


if __name__ == "__main__":
    main()
