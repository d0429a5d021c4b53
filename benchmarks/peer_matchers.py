"""Other tools' side of the comparison: peer_matchers.py TOOL TABLE.parquet OUT.parquet [TRUTH.parquet]

TOOL is `goldenmatch` (without settings, as it asks to be used), `recordlinkage` (names by Jaro-Winkler, the other
columns by equality, its unsupervised ECM classifier, connected components) or `dedupe` (trained on 500 true pairs and
500 false ones, which is more than its users label by hand). TABLE holds record_id, the columns of SETTINGS for its
shape, and nothing else. Writes record_id and cluster. Run by the Python of an environment in which the tools are.
"""

from __future__ import annotations

import io
import itertools
import json
import random
import sys
from collections.abc import Iterable
from typing import Any

import networkx as nx
import pandas as pd

NAMES, EXACT, RULES = "names", "exact", "rules"
# What somebody who knows a table would choose for it; chosen once, for every size of it.
SETTINGS: dict[tuple[str, ...], dict[str, Any]] = {
    ("first_name", "surname", "dob", "postcode", "sex", "yob"): {
        NAMES: ["first_name", "surname", "dob"], EXACT: ["postcode", "sex"],
        RULES: [["first_name", "surname"], ["dob"], ["postcode"], ["surname", "yob"]],
    },
    ("given_name", "surname", "street_number", "address_1", "address_2", "suburb", "postcode", "state",
     "date_of_birth", "soc_sec_id"): {
        NAMES: ["given_name", "surname", "address_1", "suburb", "date_of_birth", "soc_sec_id"],
        EXACT: ["postcode", "state"],
        RULES: [["given_name"], ["surname"], ["date_of_birth"], ["soc_sec_id"], ["postcode"]],
    },
    ("full_name", "first_and_surname", "first_name", "surname", "dob", "birth_place", "postcode_fake", "gender",
     "occupation"): {
        NAMES: ["first_name", "surname", "dob", "birth_place"], EXACT: ["postcode_fake", "gender", "occupation"],
        RULES: [["first_name", "surname"], ["dob"], ["postcode_fake", "first_name"], ["postcode_fake", "surname"]],
    },
}  # fmt: skip


def settings_of(table: pd.DataFrame) -> dict[str, Any]:
    """Return the settings for a table's columns."""
    return SETTINGS[tuple(c for c in table.columns if c != "record_id")]


def components(ids: Iterable[Any], links: Iterable[tuple[Any, Any]]) -> dict[Any, int]:
    """Return the component of every record."""
    graph = nx.Graph()
    graph.add_nodes_from(ids)
    graph.add_edges_from(links)
    return {one: k for k, some in enumerate(nx.connected_components(graph)) for one in some}


def goldenmatch(table: pd.DataFrame, truth: pd.DataFrame | None) -> dict[Any, int]:
    """Cluster with GoldenMatch, no settings given."""
    import goldenmatch as gm

    path = f"{sys.argv[3]}.csv"
    table.to_csv(path, index=False)
    found = gm.dedupe(path)
    ids = table["record_id"].tolist()
    return {ids[row]: k for k, one in found.clusters.items() for row in one["members"]}


def recordlinkage(table: pd.DataFrame, truth: pd.DataFrame | None) -> dict[Any, int]:
    """Cluster with recordlinkage's ECM classifier."""
    import recordlinkage as rl

    chosen, frame = settings_of(table), table.set_index("record_id")
    index = rl.Index()
    for rule in chosen[RULES]:
        index.block(rule)
    compare = rl.Compare()
    for name in chosen[NAMES]:
        compare.string(name, name, method="jarowinkler", threshold=0.88, label=name)
    for name in chosen[EXACT]:
        compare.exact(name, name, label=name)
    vectors = compare.compute(index.index(frame), frame)
    return components(frame.index, rl.ECMClassifier(binarize=None).fit_predict(vectors).tolist())


def dedupe(table: pd.DataFrame, truth: pd.DataFrame | None) -> dict[Any, int]:
    """Cluster with dedupe, trained on pairs of the truth."""
    import dedupe as dd

    assert truth is not None
    chosen = settings_of(table)
    fields = [dd.variables.String(name, has_missing=True) for name in chosen[NAMES]]
    fields += [dd.variables.Exact(name, has_missing=True) for name in chosen[EXACT]]
    text = table.astype(object).where(table.notna(), None)
    rows = {r["record_id"]: {k: None if v is None else str(v) for k, v in r.items()} for r in text.to_dict("records")}
    chance = random.Random(1)
    groups = [some for _, some in truth.groupby("entity_id")["record_id"] if len(some) > 1]
    same = [tuple(chance.sample(some.tolist(), 2)) for some in chance.sample(groups, min(500, len(groups)))]
    ids, entity = truth["record_id"].tolist(), dict(zip(truth["record_id"], truth["entity_id"], strict=True))
    other = [pair for pair in (tuple(chance.sample(ids, 2)) for _ in range(500)) if entity[pair[0]] != entity[pair[1]]]
    trained = dd.Dedupe(fields, num_cores=2)
    labels = {"match": [(rows[a], rows[b]) for a, b in same], "distinct": [(rows[a], rows[b]) for a, b in other]}
    trained.prepare_training(rows, training_file=io.StringIO(json.dumps(labels)), sample_size=1500)
    trained.train(recall=0.95)
    found = trained.partition(rows, threshold=0.5)
    return dict(itertools.chain.from_iterable(((one, k) for one in some) for k, (some, _) in enumerate(found)))


TOOLS = {"goldenmatch": goldenmatch, "recordlinkage": recordlinkage, "dedupe": dedupe}


def main() -> None:
    """Run one tool."""
    tool, path, out = sys.argv[1:4]
    table = pd.read_parquet(path)
    truth = pd.read_parquet(sys.argv[4]) if len(sys.argv) > 4 else None
    cluster = TOOLS[tool](table, truth)
    ids = table["record_id"]
    pd.DataFrame({"record_id": ids, "cluster": ids.map(cluster)}).to_parquet(out)


if __name__ == "__main__":
    main()
