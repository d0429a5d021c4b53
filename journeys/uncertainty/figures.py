"""Figures, which are no sums, in every draw and threshold: their tallies add up, so only changed groups are counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.journeys.measured import Figure, Measured, Tallied
from totalplace.journeys.uncertainty.copies import NOBODY
from totalplace.tables import Engine, numbers_of

Array = np.ndarray[Any, Any]
LINKED = "linked"
_KEYS = ("part", "a", "b")
_SUMS = "SELECT part, a, b, CAST(SUM(value) AS DOUBLE) AS value FROM t GROUP BY part, a, b ORDER BY part, a, b"
_BEHIND = "SELECT part, COUNT(DISTINCT id) AS n FROM t GROUP BY part ORDER BY part"
_ALL = "SELECT COUNT(DISTINCT id) AS n FROM t"


@dataclass(frozen=True)
class Carried:
    """One figure of the place and of every partition.

    Args:
        figure: what it is.
        value: of the place.
        people: people or families behind it.
        values: float64, one per partition; nan = nothing to say there.
    """

    figure: Figure
    value: float
    people: int
    values: Array


def of_place(of: Measured, engine: Engine) -> list[Carried]:
    """Return every figure of a place that has something to say, without partitions: `values` is empty."""
    none = pa.table({n: pa.array([], t) for n, t in (("name", pa.string()), ("group", pa.int64()))})
    none = none.append_column("alternative", pa.array([], pa.int64()))
    return carried_figures(of, [none_told() for _ in _tallied(of)], none, (), engine)


def none_told() -> pa.Table:
    """Return no tally, as a table of `tallies_of`."""
    whole = [pa.field(name, pa.int64()) for name in ("alternative", *_KEYS)]
    return pa.schema([*whole, pa.field("value", pa.float64())]).empty_table()


def tallies_of(measured: Measured, made: Measured, engine: Engine) -> list[pa.Table]:
    """Return what copies add to the tallies of each of the place's `Tallied`: alternative, part, a, b and value.

    Args:
        measured: what the measures made of the place.
        made: what they made of a batch of copies.
        engine: where it runs.
    """
    return [_by_alternative(engine.fetch(one.tallies(made, engine))) for one in _tallied(measured)]


def _tallied(of: Measured) -> list[Tallied]:
    return [tallied for measurement in of.further for tallied in measurement.figures]


def _by_alternative(rows: pa.Table) -> pa.Table:
    if not rows.num_rows or "id" not in rows.column_names:  # tallies of nobody are the same whatever is drawn
        return none_told()
    alternative, _ = numbers_of(rows["id"].combine_chunks())
    columns = {"alternative": alternative, **{n: np.asarray(rows[n].to_numpy(), np.int64) for n in _KEYS}}
    columns["value"] = np.asarray(rows["value"].to_numpy(), np.float64)
    return pa.table(columns, schema=none_told().schema).filter(pa.array(alternative != NOBODY))


def carried_figures(
    of: Measured, told: Sequence[pa.Table], partitions: pa.Table, names: Sequence[str], engine: Engine
) -> list[Carried]:
    """Return every figure of a place that has something to say, in each partition.

    Args:
        of: what the measures made of the place.
        told: what the copies of all alternatives add to each of its `Tallied`, from `tallies_of`.
        partitions: PARTITIONS.
        names: partition_id of each partition that is asked for.
        engine: where it runs.
    """
    weights = weights_of(partitions, names)
    return [
        one
        for tallied, other in zip(_tallied(of), told, strict=True)
        for one in _carried(tallied, of, other, weights, engine)
    ]


def weights_of(partitions: pa.Table, names: Sequence[str]) -> Any:
    """Return, sparse, which alternatives (columns) a partition (row) takes: 1, and -1 for those it takes them for."""
    from scipy.sparse import csr_array

    name, group, alternative = (partitions[n].to_numpy(zero_copy_only=False) for n in partitions.column_names)
    group, alternative = group.astype(np.int64), alternative.astype(np.int64)
    linked = name == LINKED
    first = np.zeros(int(group.max(initial=-1)) + 1, np.int64)
    first[group[linked]] = alternative[linked]
    at = {one: k for k, one in enumerate(names)}
    place = np.array([at.get(one, -1) for one in name], np.int64)
    row, taken, left = place[place >= 0], alternative[place >= 0], first[group[place >= 0]]
    data = np.repeat([1.0, -1.0], len(row))
    shape = (len(names), int(alternative.max(initial=-1)) + 1)
    return csr_array((data, (np.tile(row, 2), np.concatenate([taken, left]))), shape=shape)


def _carried(tallied: Tallied, of: Measured, other: pa.Table, weights: Any, engine: Engine) -> list[Carried]:
    held = tallied.tallies(of, engine)
    own = engine.fetch(engine.sql(_SUMS, t=held))
    behind = {row["part"]: row["n"] for row in engine.fetch(engine.sql(_BEHIND, t=held)).to_pylist()}
    behind[None] = engine.fetch(engine.sql(_ALL, t=held))["n"][0].as_py()
    keys, place = _coded(own, other)
    values = np.zeros((weights.shape[0] + 1, keys.shape[1]))
    values[:, place[: own.num_rows]] += np.asarray(own["value"].to_numpy())
    values[1:] += _changes(other, place[own.num_rows :], weights, keys.shape[1])
    found = []
    for figure in tallied.figures:
        mine = np.ones(keys.shape[1], bool) if figure.part is None else keys[0] == figure.part
        numbers = np.round(figure.of(keys[:, mine], values[:, mine]), 6)
        if not np.isnan(numbers[0]):
            found.append(Carried(figure, float(numbers[0]), behind.get(figure.part, 0), numbers[1:]))
    return found


def _coded(own: pa.Table, other: pa.Table) -> tuple[Array, Array]:
    """Return the distinct keys, int64 (3, keys), and the place of each tally's: those of the place, then the others."""
    both = np.stack([np.concatenate([np.asarray(t[n].to_numpy(), np.int64) for t in (own, other)]) for n in _KEYS])
    keys, place = np.unique(both, axis=1, return_inverse=True)
    return keys, place.reshape(-1)


def _changes(other: pa.Table, place: Array, weights: Any, width: int) -> Array:
    """Return float64 (partitions, keys): what the tallies of changed groups add to those of the place."""
    from scipy.sparse import csr_array

    alternative = other["alternative"].to_numpy()
    told = (other["value"].to_numpy(), (alternative, place))
    by_alternative = csr_array(told, shape=(weights.shape[1], width))
    return np.asarray((weights @ by_alternative).toarray())
