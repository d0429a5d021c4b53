"""Splink's cost on the open sets: an analyst's model, trained, predicted and clustered, one process.

    /somewhere/splink/bin/python benchmarks/peer_splink_open.py FOLDER SET

Prints processor seconds and peak memory of the whole process, loading counted, beside pairwise F1 at 0.9.
"""

from __future__ import annotations

import logging
import resource
import sys
from pathlib import Path

import duckdb
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

AT = 0.9
FEBRL = {
    "names": ("given_name", "surname"), "dates": ("date_of_birth",), "exact": ("soc_sec_id", "postcode"),
    "texts": ("address_1", "suburb"),
    "rules": [("soc_sec_id",), ("given_name", "surname"), ("date_of_birth",), ("postcode", "surname")],
    "train": [("soc_sec_id",), ("date_of_birth",)],
}  # fmt: skip
MODELS = {
    "febrl2": FEBRL, "febrl3": FEBRL, "febrl4": FEBRL,
    "splink_fake1000": {
        "names": ("first_name", "surname"), "dates": ("dob",), "exact": ("email",), "texts": ("city",),
        "rules": [("email",), ("first_name", "surname"), ("dob",), ("first_name", "city"), ("surname", "city")],
        "train": [("dob",), ("email",)],
    },
    "historical50k_open60": {
        "names": ("first_name", "surname"), "dates": ("dob",), "exact": ("postcode_fake",),
        "texts": ("birth_place", "occupation"),
        "rules": [("first_name", "surname"), ("surname", "dob"), ("first_name", "dob"), ("postcode_fake", "first_name"),
                  ("postcode_fake", "surname"), ("dob", "birth_place")],
        "train": [("first_name", "surname"), ("dob",)],
    },
    # Every column brought to one name by hand, dates of all three forms read: more than totalplace is told.
    "pseudopeople_A2020": {
        "names": ("first_name", "last_name"), "dates": ("date_of_birth",), "edits": ("ssn",),
        "exact": ("middle_initial", "sex", "street_number"), "texts": ("street_name",),
        "rules": [("ssn",), ("first_name", "last_name"), ("date_of_birth", "first_name"),
                  ("date_of_birth", "last_name"),
                  ("street_number", "street_name", "first_name"), ("street_number", "last_name", "middle_initial")],
        "train": [("ssn",), ("first_name", "last_name"), ("date_of_birth", "sex")],
        "link_type": "link_and_dedupe",
        "columns": {
            "first_name": ("first_name",), "last_name": ("last_name",), "sex": ("sex",), "ssn": ("ssn",),
            "middle_initial": ("middle_initial", "left(middle_name, 1)"), "date_of_birth": ("date_of_birth",),
            "street_number": ("street_number", "mailing_address_street_number"),
            "street_name": ("street_name", "mailing_address_street_name"),
        },
    },
    # Told that each source holds each payment once, and linked by single best links, which totalplace has to find.
    "splink_transactions": {
        "names": (), "dates": (), "days": ("transaction_date",), "amounts": ("amount",), "exact": (),
        "texts": ("memo",), "once": True,
        "rules": [("memo",), ("transaction_date", "round(amount, -1)"), ("round(amount)",),
                  ("left(memo, 5)", "transaction_date")],
        "train": [("memo",), ("round(amount)",)],
    },
}  # fmt: skip
FORMS = ("%Y-%m-%d", "%Y%m%d", "%m/%d/%Y", "%m%d%Y")


def _amounts(column: str) -> cl.CustomComparison:
    near = [cll.PercentageDifferenceLevel(column, share) for share in (0.01, 0.05, 0.2)]
    return cl.CustomComparison(
        [cll.NullLevel(column), cll.ExactMatchLevel(column), *near, cll.ElseLevel()], output_column_name=column
    )


def settings(model: dict, link_type: str) -> SettingsCreator:
    """Return the settings of a model."""
    made = [
        cl.JaroWinklerAtThresholds(c, [0.92, 0.8]).configure(term_frequency_adjustments=True) for c in model["names"]
    ]
    made += [cl.DateOfBirthComparison(c, input_is_string=False) for c in model["dates"]]
    made += [cl.DamerauLevenshteinAtThresholds(c, [1, 2]) for c in model.get("edits", ())]
    made += [
        cl.AbsoluteDateDifferenceAtThresholds(c, input_is_string=True, metrics=["day"] * 3, thresholds=[3, 14, 31])
        for c in model.get("days", ())
    ]
    made += [_amounts(c) for c in model.get("amounts", ())]
    made += [cl.ExactMatch(c) for c in model["exact"]]
    made += [cl.JaroWinklerAtThresholds(c, [0.92, 0.85]) for c in model["texts"]]
    return SettingsCreator(
        link_type=link_type,
        unique_id_column_name="record_id",
        comparisons=made,
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in model["rules"]],
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )


def load(connection: duckdb.DuckDBPyConnection, folder: Path, name: str, model: dict) -> list[str]:
    """Read a set's tables, dates as dates, columns under the model's names if it has any; return their names."""
    dates, columns = model["dates"], model.get("columns", {})
    names = []
    for file in sorted(folder.glob(f"{name}__*.parquet")):
        if file.stem.endswith("__truth"):
            continue
        table = f"t_{file.stem.split('__')[1]}"
        have = {row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM '{file}'").fetchall()}
        told = {
            new: next((o for o in old if o.split("(")[-1].split(",")[0] in have), "NULL")
            for new, old in columns.items()
        }
        source = f"(SELECT record_id, {', '.join(f'{o}::VARCHAR AS {n}' for n, o in told.items())} FROM '{file}')"
        text = ", ".join(
            "coalesce(" + ", ".join(f"try_strptime({d}, '{form}')" for form in FORMS) + f")::DATE AS {d}" for d in dates
        )
        replaced = f" REPLACE ({text})" if text else ""
        read = source if columns else f"'{file}'"
        connection.execute(f"CREATE TABLE {table} AS SELECT *{replaced} FROM {read}")
        names.append(table)
    return names


def f1(connection: duckdb.DuckDBPyConnection, clusters: str, truth: Path) -> float:
    """Return pairwise F1 of a table of clusters."""
    pairs = "SELECT coalesce(sum(n * (n - 1) / 2), 0) FROM (SELECT count(*) n FROM {} GROUP BY {})"
    connection.execute(
        f"CREATE TABLE judged AS SELECT t.entity_id, c.cluster_id FROM {clusters} c JOIN '{truth}' t USING (record_id)"
    )
    hit, made, true = (
        connection.execute(pairs.format("judged", by)).fetchone()[0]
        for by in ("entity_id, cluster_id", "cluster_id", "entity_id")
    )
    return 2 * float(hit) / float(made + true)


def main() -> None:
    """Train, predict, cluster, print."""
    folder, name = Path(sys.argv[1]), sys.argv[2]
    model = MODELS[name]
    connection = duckdb.connect()
    tables = load(connection, folder, name, model)
    api = DuckDBAPI(connection)
    given = [api.register(t) for t in tables]
    link_type = model.get("link_type") or ("dedupe_only" if len(tables) == 1 else "link_only")
    linker = Linker(given if len(given) > 1 else given[0], settings(model, link_type), log_level=logging.WARNING)
    linker.training.estimate_probability_two_random_records_match(
        [block_on(*rule) for rule in model["rules"][:3]], recall=0.7
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in model["train"]:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
    pairs = linker.inference.predict(threshold_match_probability=0.01)
    if model.get("once"):
        clusters = linker.clustering.cluster_using_single_best_links(
            pairs, duplicate_free_datasets=tables, threshold_match_probability=AT, ties_method="drop"
        )
    else:
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, AT)
    used = resource.getrusage(resource.RUSAGE_SELF)
    cost = f"{used.ru_utime + used.ru_stime:.1f} | {used.ru_maxrss / 1024:.0f}"
    print(f"| {name} | {f1(connection, clusters.physical_name, folder / f'{name}__truth.parquet'):.4f} | {cost} |")


if __name__ == "__main__":
    main()
