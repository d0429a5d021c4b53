"""Splink's side of the comparison, run by the Python of an environment in which Splink is installed.

    peer_splink.py train TABLE.parquet MODEL.json    train a model by Splink's own advice and save its JSON
    peer_splink.py link TABLE.parquet MODEL.json OUT THRESHOLD    the whole job: Parquet in, pairs and clusters out

The link job asks for no column that it does not need, which is Splink's fastest setting.
"""

from __future__ import annotations

import logging
import sys

import duckdb
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

RULES = [("first_name", "surname"), ("dob",), ("postcode",), ("surname", "yob")]  # loose: recall matters
CLUSTER_AT = 0.95


def linker(table: str, model: object) -> tuple[duckdb.DuckDBPyConnection, Linker]:
    """Open a table under a model."""
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE people AS SELECT * EXCLUDE (person) FROM '{table}'")
    api = DuckDBAPI(connection)
    people = api.register("people") if hasattr(api, "register") else "people"
    if hasattr(api, "register"):
        return connection, Linker(people, model, log_level=logging.WARNING)
    return connection, Linker(people, model, db_api=api)


def train(table: str, out: str) -> None:
    """Train u by random sampling, and m by expectation maximisation over two rules."""
    settings = SettingsCreator(
        link_type="dedupe_only",
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
        comparisons=[
            cl.JaroWinklerAtThresholds("first_name", [0.92, 0.8]).configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("surname", [0.92, 0.8]).configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison("dob", input_is_string=False),
            cl.PostcodeComparison("postcode"),
            cl.ExactMatch("sex"),
        ],
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in RULES],
    )
    _, found = linker(table, settings)
    exact = [block_on("first_name", "surname", "dob"), block_on("first_name", "dob", "postcode")]
    found.training.estimate_probability_two_random_records_match(exact, recall=0.7)
    found.training.estimate_u_using_random_sampling(max_pairs=5e6, seed=1)
    for rule in (("first_name", "surname"), ("dob",)):
        found.training.estimate_parameters_using_expectation_maximisation(
            block_on(*rule), estimate_without_term_frequencies=True
        )
    found.misc.save_model_to_json(out, overwrite=True)


def link(table: str, model: str, out: str, threshold: float) -> None:
    """Predict, cluster, write."""
    connection, found = linker(table, model)
    pairs = found.inference.predict(threshold_match_probability=threshold)
    clusters = found.clustering.cluster_pairwise_predictions_at_threshold(pairs, CLUSTER_AT)
    columns = "unique_id_l, unique_id_r, match_weight, match_probability"
    connection.execute(f"COPY (SELECT {columns} FROM {pairs.physical_name}) TO '{out}/splink_pairs.parquet'")
    connection.execute(f"COPY (SELECT * FROM {clusters.physical_name}) TO '{out}/splink_clusters.parquet'")


if __name__ == "__main__":
    if sys.argv[1] == "train":
        train(*sys.argv[2:4])
    else:
        link(*sys.argv[2:5], float(sys.argv[5]))
