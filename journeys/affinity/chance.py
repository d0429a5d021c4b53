"""What chance would give: people met by two services that know nothing of each other, within strata."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

PAIRS_AT_ONCE = 64  # bounds the memory: strata times so many pairs of whole numbers


def expected(
    times: pa.Table, known: Mapping[str, tuple[np.ndarray, np.ndarray]], first: pa.ChunkedArray, second: pa.ChunkedArray
) -> np.ndarray:
    """Return the sum over strata of n_i x n_j / n for each pair.

    Args:
        times: area, window_no, met_no, n: how many people of a stratum (area and window) were met by what.
        known: per area its window numbers, rising, and how many people are known in each.
        first: one side of each pair, a `met_no`.
        second: the other side.

    Returns:
        float64, one per pair. Products are added up as whole numbers for strata of one size, and divided once.

    Source: docs/reference/findings.md, A1; independence of both services within a stratum.
    """
    words = pc.unique(times["met_no"])
    column = pc.index_in(times["met_no"], value_set=words).to_numpy()
    area, window = (times[name].combine_chunks().dictionary_encode() for name in ("area", "window_no"))
    stratum = area.indices.to_numpy().astype(np.int64) * len(window.dictionary) + window.indices.to_numpy()
    used, row = np.unique(stratum, return_inverse=True)
    size = _sizes(used, area.dictionary, window.dictionary, known)
    counts = np.zeros((len(used), len(words)), np.int64)
    counts[row, column] = times["n"].to_numpy()
    order = np.argsort(size, kind="stable")
    sizes, starts = np.unique(size[order], return_index=True)
    left, right = (pc.index_in(side, value_set=words).to_numpy() for side in (first, second))
    found = np.zeros(len(left))
    for a in range(0, len(left), PAIRS_AT_ONCE):
        part = slice(a, a + PAIRS_AT_ONCE)
        products = counts[order][:, left[part]] * counts[order][:, right[part]]
        found[part] = (np.add.reduceat(products, starts, axis=0) / sizes[:, None]).sum(axis=0)
    return found


def _sizes(
    used: np.ndarray, areas: pa.Array, windows: pa.Array, known: Mapping[str, tuple[np.ndarray, np.ndarray]]
) -> np.ndarray:
    """Return how many people are known in each stratum."""
    number = np.asarray(windows.to_numpy())
    per_area = [known[name][1][np.searchsorted(known[name][0], number)] for name in areas.to_pylist()]
    table: np.ndarray = np.array(per_area, np.int64).reshape(-1)[used]
    return table


def poisson_interval(observed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the exact 95% interval of the mean of Poisson counts.

    Source: F. Garwood, Fiducial limits for the Poisson distribution, Biometrika 28 (1936).
    """
    from scipy.special import gammaincinv

    count = np.asarray(observed, np.float64)
    low = np.where(count > 0, gammaincinv(np.maximum(count, 1), 0.025), 0.0)
    return low, gammaincinv(count + 1, 0.975)
