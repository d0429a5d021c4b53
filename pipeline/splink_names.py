"""The result of standalone linkage under the names that Splink's users know; only here are columns renamed so."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from totalplace.linkage import Linkage, Model, StandaloneRecords
from totalplace.tables import Engine

BIT = float(1 << 24)


def persons_table(made: Linkage, records: StandaloneRecords, engine: Engine) -> pa.Table:
    """Return unique_id, source_dataset, cluster_id (hex), weakest_link (probability), in order of the tables."""
    text = """
    SELECT i.unique_id, i.source_dataset, LOWER(HEX(p.person_id)) AS cluster_id, p.min_link_probability AS weakest_link
    FROM ids i JOIN persons p ON p.row_id = i.row_id ORDER BY i.place
    """
    return engine.fetch(engine.sql(text, ids=engine.hold(_placed(records)), persons=made.persons))


def pairs_table(made: Linkage, records: StandaloneRecords, engine: Engine) -> pa.Table:
    """Return the kept pairs with both ids, match_weight (log2, prior inside), match_probability and gamma_*.

    gamma is -1 where a comparison had nothing to compare, 0 for its last level, and rises with agreement.
    """
    gammas = gamma_columns(engine.fetch(made.links, ["pattern"])["pattern"].to_numpy(), made.model)
    links = engine.fetch(made.links).select(["row_id_l", "row_id_r", "weight", "probability"])
    for name, values in gammas.items():
        links = links.append_column(name, pa.array(values))
    named = "".join(f', k."{name}"' for name in gammas)
    text = f"""
    SELECT l.unique_id AS unique_id_l, l.source_dataset AS source_dataset_l, r.unique_id AS unique_id_r,
           r.source_dataset AS source_dataset_r, k.weight / {BIT} AS match_weight,
           k.probability AS match_probability{named}
    FROM links k JOIN ids l ON l.row_id = k.row_id_l JOIN ids r ON r.row_id = k.row_id_r
    ORDER BY l.place, r.place
    """
    return engine.fetch(engine.sql(text, ids=engine.hold(_placed(records)), links=engine.hold(links)))


def gamma_columns(patterns: np.ndarray, model: Model) -> dict[str, np.ndarray]:
    """Return int8 columns `gamma_<comparison>` from pattern numbers: mixed radix, the first comparison leading."""
    columns: dict[str, np.ndarray] = {}
    rest = patterns.copy()
    for comparison in reversed(model.comparisons):
        levels = len(comparison.levels)
        state = rest % (levels + 1)
        rest //= levels + 1
        columns[f"gamma_{comparison.name}"] = np.where(state == 0, -1, levels - state).astype(np.int8)
    return dict(reversed(columns.items()))


def _placed(records: StandaloneRecords) -> pa.Table:
    ids = records.ids
    return ids.append_column("place", pa.array(np.arange(ids.num_rows)))
