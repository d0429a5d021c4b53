"""recordlinkage in, our weights and clusters out: its Index and Compare, then EM, match weights and persons.

A comparison table of recordlinkage has a row per candidate pair and a column per comparison, with values between 0
(different) and 1 (equal); a null says that it could not be compared. Each column becomes a comparison with levels.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from totalplace.config.linkage import AdapterRules, LinkageRules, TrainingRules
from totalplace.errors import InputError
from totalplace.linkage.clusters.cluster import cluster_records
from totalplace.linkage.compare import Patterns
from totalplace.linkage.quality import choose_threshold
from totalplace.linkage.score import BIT, probability, to_fixed
from totalplace.linkage.weights import Fit, Levels, Session, fit, match_posterior

if TYPE_CHECKING:
    import pandas as pd
    import recordlinkage

Array = np.ndarray[Any, Any]
LINK_TYPES = ("dedupe_only", "link_only")


@dataclass(frozen=True)
class LinkedPairs:
    """What linking a comparison table gives.

    Args:
        persons: unique_id, source_dataset (`left` or `right`; one source: `left`), cluster_id, weakest_link (match
            probability of the weakest link that holds the record; 1 if alone): a row per record, by source and id.
        pairs: unique_id_l, unique_id_r, match_weight (bits, prior inside), match_probability, and gamma_<comparison>
            (0 = different ... highest = equal, -1 = null): a row per candidate pair, by ids.
        parameters: comparison, gamma, m, u, weight (bits): a row per level.
        threshold: match weight from which a pair is a link.
        converged: whether EM settled.
    """

    persons: pd.DataFrame
    pairs: pd.DataFrame
    parameters: pd.DataFrame
    threshold: float
    converged: bool


@dataclass(frozen=True)
class _Coded:
    """Records and pairs as numbers: records of the left source first, each source by id."""

    ids: list[Hashable]
    source: Array
    left: Array
    right: Array


def link_tables(
    index: recordlinkage.Index,
    compare: recordlinkage.Compare,
    left: pd.DataFrame,
    right: pd.DataFrame | None,
    rules: LinkageRules,
    **options: Any,
) -> LinkedPairs:
    """Run recordlinkage's Index and Compare over one table or two, and link the pairs; options as `link_compared`."""
    tables = [left] if right is None else [left, right]
    features = compare.compute(index.index(*tables), *tables)
    link_type = "dedupe_only" if right is None else "link_only"
    return link_compared(features, rules, link_type=link_type, records=[list(t.index) for t in tables], **options)


def link_compared(
    features: pd.DataFrame,
    rules: LinkageRules,
    *,
    link_type: str = "dedupe_only",
    records: Sequence[Sequence[Hashable]] = (),
    threshold: float | None = None,
    one_to_one: bool = False,
) -> LinkedPairs:
    """Weigh and cluster the pairs of a comparison table.

    Args:
        features: a row per candidate pair under a MultiIndex of two record ids; a column per comparison, 0 to 1.
        rules: `[linkage]`: `adapter`, `training`, `cluster` and the threshold's target are used.
        link_type: `dedupe_only` (both ids are of one table) or `link_only` (the first of one, the second of another).
        records: ids of every record, one list per table, so that those without a candidate pair are not forgotten.
        threshold: match weight in bits; None = chosen as the rules say.
        one_to_one: for `link_only`: a record of one table has at most one partner in the other.

    Raises:
        InputError: TP471 no comparison table, TP472 a value outside 0 to 1, TP473 an unknown link type.
    """
    _check(features, link_type)
    coded = _code_records(features, link_type, records)
    order = np.lexsort((coded.right, coded.left))
    gammas = {
        str(name): gamma_levels(features[name].to_numpy(float)[order], rules.adapter) for name in features.columns
    }
    levels = np.column_stack([gamma + 1 for gamma, _ in gammas.values()]).astype(np.int64)
    found, weight, u = weigh_levels(levels, rules.training)
    cut = choose_threshold(weight, rules) if threshold is None else threshold
    left, right = coded.left[order], coded.right[order]
    clusters = cluster_records(
        len(coded.ids), left, right, weight, np.full(len(coded.ids), -1, np.int32), [], to_fixed(cut), rules.cluster,
        source=coded.source, one_to_one=[(0, 1)] if one_to_one and link_type == "link_only" else [],
    )  # fmt: skip
    return LinkedPairs(
        _persons_frame(coded, clusters.label, clusters.weakest),
        _pairs_frame(coded, left, right, weight, {name: gamma for name, (gamma, _) in gammas.items()}),
        _parameters_frame(list(gammas), found, u),
        cut,
        found.converged,
    )


def gamma_levels(values: Array, rules: AdapterRules) -> tuple[Array, int]:
    """Return each value's level (0 = lowest, -1 = null), and how many levels there are.

    A comparison with few distinct values keeps each; a similarity is cut as the rules say.
    """
    known = ~np.isnan(values)
    distinct = np.unique(values[known])
    if distinct.size > rules.max_distinct:
        distinct = np.concatenate([[0.0], np.sort(np.array(rules.similarity_cuts))])
    level = np.searchsorted(distinct, values, side="right") - 1
    return np.where(known, np.maximum(level, 0), -1), max(int(distinct.size), 2)


def weigh_levels(levels: Array, rules: TrainingRules) -> tuple[Fit, Array, Levels]:
    """Run EM over a table of levels: what it found, int64[pairs] match weights in 2^-24 bit, and u.

    Args:
        levels: int[pairs, comparisons], 0 = null, then from the lowest level up.
        rules: `[linkage.training]`.
    """
    seen, pattern, counts = np.unique(levels, axis=0, return_inverse=True, return_counts=True)
    pattern = pattern.reshape(-1)
    radices = [max(int(column.max(initial=0)) + 1, 3) for column in seen.T]
    session = Session(("pair",), Patterns(seen, counts, len(levels)), len(levels), np.zeros(len(radices), bool))
    shares = [_observed(seen[:, c], counts, radix) for c, radix in enumerate(radices)]
    first = [_first_m(radix) for radix in radices]
    if not len(levels):  # nothing to learn from: every record stays alone
        alone = Fit(first, [shares], np.zeros(1), np.zeros(len(radices)), 0, True)
        return alone, np.zeros(0, np.int64), shares
    found = fit([session], first, shares, rules)
    u = found.own_u[0]
    chance = match_posterior(session, found.m, u, float(found.matched[0]))
    chance = np.clip(chance, 1e-15, 1 - 1e-15)
    bits = np.log2(chance) - np.log2(1 - chance)
    return found, np.rint(bits * BIT).astype(np.int64)[pattern], u


def links_of(persons: pd.DataFrame) -> pd.MultiIndex:
    """Return the pairs of one cluster: of two tables those between them (left, right), of one table all."""
    import pandas as pd

    pairs: list[tuple[Hashable, Hashable]] = []
    for _, group in persons.groupby("cluster_id", sort=True):
        left = group.loc[group["source_dataset"] == "left", "unique_id"].tolist()
        right = group.loc[group["source_dataset"] == "right", "unique_id"].tolist()
        pairs += itertools.product(left, right) if right else itertools.combinations(left, 2)
    return pd.MultiIndex.from_tuples(pairs, names=("unique_id_l", "unique_id_r")) if pairs else _no_pairs()


def _no_pairs() -> pd.MultiIndex:
    import pandas as pd

    return pd.MultiIndex.from_arrays([[], []], names=("unique_id_l", "unique_id_r"))


def measures(
    true_links: pd.MultiIndex, predicted_links: pd.MultiIndex, n_pairs: int, *, link_type: str = "dedupe_only"
) -> dict[str, float]:
    """Return precision, recall, F1 and the confusion table by recordlinkage's own measures.

    Args:
        true_links: pairs that are one person, by labels.
        predicted_links: pairs that were linked.
        n_pairs: pairs there are in all; for one table of n records n(n-1)/2.
        link_type: in `dedupe_only` the two ids of a pair may stand either way round.

    Returns:
        Shares, and counts of pairs; a share without a base is nan.
    """
    import recordlinkage

    if link_type == "dedupe_only":
        true_links, predicted_links = _one_way_round(true_links), _one_way_round(predicted_links)
    table = recordlinkage.confusion_matrix(true_links, predicted_links, n_pairs)
    (hits, missed), (false, apart) = table.tolist()
    counts = {"true_positives": hits, "false_negatives": missed, "false_positives": false, "true_negatives": apart}
    if not hits:  # recordlinkage divides by nothing here
        shares = {"precision": (0, false), "recall": (0, missed), "fscore": (0, false + missed)}
        return {**{name: _share(*share) for name, share in shares.items()}, **counts}
    judges = {"precision": recordlinkage.precision, "recall": recordlinkage.recall, "fscore": recordlinkage.fscore}
    return {**{name: float(judge(true_links, predicted_links)) for name, judge in judges.items()}, **counts}


def _one_way_round(links: pd.MultiIndex) -> pd.MultiIndex:
    """Return each pair once, with its ids in order."""
    import pandas as pd

    pairs = sorted({tuple(_sorted_ids(pair)) for pair in links}, key=lambda pair: tuple(map(str, pair)))
    return pd.MultiIndex.from_tuples(pairs) if pairs else _no_pairs()


def _share(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def _check(features: pd.DataFrame, link_type: str) -> None:
    if features.index.nlevels != 2 or features.shape[1] == 0 or features.index.has_duplicates:
        cure = "Pass what recordlinkage.Compare.compute returns: a column per comparison, each pair of two ids once."
        raise InputError("TP471", "features", "is not a comparison table", cure)
    for name in features.columns:
        values = features[name].to_numpy(float)
        if np.any((values < 0) | (values > 1)):
            what = "has a value outside 0 to 1"
            raise InputError(
                "TP472", f"features, column '{name}'", what, "Give it a method that scores between 0 and 1."
            )
    if link_type not in LINK_TYPES:
        raise InputError("TP473", "link_type", "is unknown", f"Choose one of {', '.join(LINK_TYPES)}.")


def _code_records(features: pd.DataFrame, link_type: str, records: Sequence[Sequence[Hashable]]) -> _Coded:
    ends = [features.index.get_level_values(k).to_numpy() for k in (0, 1)]
    if link_type == "dedupe_only":
        ids = _sorted_ids([*ends[0], *ends[1], *(i for table in records for i in table)])
        place = {name: k for k, name in enumerate(ids)}
        left, right = (_places(end, place) for end in ends)
        return _Coded(ids, np.zeros(len(ids), np.int32), np.minimum(left, right), np.maximum(left, right))
    tables = [_sorted_ids([*end, *(records[k] if k < len(records) else ())]) for k, end in enumerate(ends)]
    left = _places(ends[0], {name: k for k, name in enumerate(tables[0])})
    right = _places(ends[1], {name: k + len(tables[0]) for k, name in enumerate(tables[1])})
    source = np.repeat(np.array([0, 1], np.int32), [len(table) for table in tables])
    return _Coded([*tables[0], *tables[1]], source, left, right)


def _sorted_ids(ids: Sequence[Hashable]) -> list[Hashable]:
    """Return distinct ids in order; ids of several types by type and then by text."""
    distinct = set(ids)
    try:
        return sorted(distinct)  # type: ignore[type-var]
    except TypeError:
        return sorted(distinct, key=lambda name: (type(name).__name__, str(name)))


def _places(ids: Sequence[Hashable], place: Mapping[Hashable, int]) -> Array:
    return np.array([place[name] for name in ids], np.int32)


def _observed(levels: Array, counts: Array, radix: int) -> Array:
    """Return the share of each level among pairs that are not null; position 0 (null) is 1."""
    seen = np.bincount(levels, counts, radix)
    share = (seen + 0.1) / (seen[1:].sum() + 0.1 * (radix - 1))
    share[0] = 1.0
    return share


def _first_m(radix: int) -> Array:
    """Return the m from which EM starts: most matching pairs agree."""
    rising = np.concatenate([[1.0], np.linspace(1.0, 3.0, radix - 1)])
    rising[-1] = 4.0 * max(rising[1:-1].sum(), 1.0)
    rising[1:] /= rising[1:].sum()
    return rising


def _persons_frame(coded: _Coded, label: Array, weakest: Array) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {
            "unique_id": coded.ids,
            "source_dataset": np.array(["left", "right"], object)[coded.source],
            "cluster_id": label,
            "weakest_link": probability(weakest),
        }
    )


def _pairs_frame(coded: _Coded, left: Array, right: Array, weight: Array, gammas: Mapping[str, Array]) -> pd.DataFrame:
    import pandas as pd

    ids = np.array([*coded.ids, None], object)[:-1]
    return pd.DataFrame(
        {
            "unique_id_l": ids[left],
            "unique_id_r": ids[right],
            "match_weight": weight / BIT,
            "match_probability": probability(weight),
            **{f"gamma_{name}": gamma for name, gamma in gammas.items()},
        }
    )


def _parameters_frame(names: Sequence[str], found: Fit, u: Levels) -> pd.DataFrame:
    import pandas as pd

    rows = [
        (name, level - 1, found.m[c][level], u[c][level], float(np.log2(found.m[c][level] / u[c][level])))
        for c, name in enumerate(names)
        for level in range(1, len(u[c]))
    ]
    return pd.DataFrame(rows, columns=["comparison", "gamma", "m", "u", "weight"])
