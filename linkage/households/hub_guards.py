"""Hub guards: stays that must not make a household, because the dwelling is a service, an office or a default.

Each guard marks stays; the door removes them and counts them under the guard's key in `[linkage.household]`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from totalplace.linkage.households import kernels
from totalplace.linkage.households.kernels import OPEN
from totalplace.linkage.households.stays import Stays, distinct, row_starts

Array = np.ndarray[Any, Any]
Intervals = tuple[Array, Array, Array]  # key int32[rows], start int32[rows], end int32[rows]: half-open


def crowded(counted: Intervals, probes: Intervals, most: int) -> Array:
    """Mark the probes within which, at some moment, more than `most` of the counted intervals of their key hold."""
    opens, closes = _moments(counted[0], counted[1]), _moments(counted[0], counted[2])
    begin, end = kernels.crowded_spans(np.sort(opens), np.sort(closes), most)
    if begin.size == 0:
        return np.zeros(len(probes[0]), bool)
    first, last = _moments(probes[0], probes[1]), _moments(probes[0], probes[2])
    # Spans are apart and in order, so the first that ends after the probe begins is the only one to ask.
    at = np.searchsorted(end, first, side="right")
    return np.asarray((at < end.size) & (begin[np.minimum(at, end.size - 1)] < last))


def _moments(key: Array, day: Array) -> Array:
    """Return key and day as one number that sorts by both."""
    return (key.astype(np.int64) << 32) + (day.astype(np.int64) + 2**31)


def too_many_at_once(stays: Stays, most: int) -> Array:
    """Mark stays during which more than `most` people were at the dwelling at once."""
    at = (stays.dwelling, stays.start, stays.end)
    return crowded(at, at, most)


def too_many_addresses(stays: Stays, most: int) -> Array:
    """Mark stays during which their person was at more than `most` dwellings at once: none of them is used."""
    of = (stays.person, stays.start, stays.end)
    return crowded(of, of, most)


def too_many_in_a_year(stays: Stays, most: int, horizon: int) -> Array:
    """Mark stays that touch a calendar year in which the dwelling had more than `most` different people.

    Args:
        stays: the stays.
        most: people a year.
        horizon: the last day that any agency tells of, in days: an open stay is taken to last until then.
    """
    first = _year(stays.start)
    end = np.where(stays.end == OPEN, np.maximum(horizon + 1, stays.start + 1), stays.end)
    last = _year(end - 1) + 1
    # Who left and came back within a year is one occupant of it, so a person's years are joined before counting.
    key = stays.dwelling.astype(np.int64) * (int(stays.person.max(initial=0)) + 1) + stays.person
    order = np.lexsort((first, key))
    rows, year, year_end = kernels.join_touching(key[order], first[order], last[order])
    return crowded((stays.dwelling[order][rows], year, year_end), (stays.dwelling, first, last), most)


def too_many_surnames(stays: Stays, surnames: tuple[Array, Array], family: Array, most: int) -> Array:
    """Mark stays during which more than `most` unrelated surnames were at the dwelling at once.

    Surnames are related, at one dwelling, if one person there bears both or if declared family there does.

    Args:
        stays: the stays.
        surnames: person int32[rows] and surname code int32[rows]: a person may have several.
        family: int32[persons], declared family of each person.
        most: unrelated surnames.
    """
    group = surname_groups(stays, surnames, family)
    told = group >= 0
    key = stays.dwelling[told].astype(np.int64) * (int(group.max(initial=0)) + 1) + group[told]
    order = np.lexsort((stays.start[told], key))
    rows, start, end = kernels.join_touching(key[order], stays.start[told][order], stays.end[told][order])
    groups_at = (stays.dwelling[told][order][rows], start, end)
    return crowded(groups_at, (stays.dwelling, stays.start, stays.end), most)


def surname_groups(stays: Stays, surnames: tuple[Array, Array], family: Array) -> Array:
    """Return int32[stays]: its dwelling's group of related surnames; -1 = no surname known."""
    person, surname = surnames
    start = row_starts(person, family.size)
    counts = np.diff(start)[stays.person]
    stay = np.repeat(np.arange(stays.rows), counts)
    at = np.arange(stay.size) - np.repeat(np.cumsum(counts) - counts, counts) + start[stays.person][stay]
    names = int(surname.max(initial=0)) + 1
    _, name_node = np.unique(stays.dwelling[stay].astype(np.int64) * names + surname[at], return_inverse=True)
    families = int(family.max(initial=0)) + 1
    _, family_node = np.unique(stays.dwelling.astype(np.int64) * families + family[stays.person], return_inverse=True)
    name_nodes = int(name_node.max(initial=-1)) + 1
    nodes = name_nodes + int(family_node.max(initial=-1)) + 1
    ones = np.ones(stay.size, np.int8)
    graph = sparse.coo_matrix((ones, (name_node, name_nodes + family_node[stay])), shape=(nodes, nodes))
    _, component = csgraph.connected_components(graph, directed=False)
    group = component[name_nodes + family_node].astype(np.int32)
    # A family without a surname at this dwelling says nothing about how many unrelated people live there.
    named = np.zeros(nodes, bool)
    named[component[name_node]] = True
    return np.where(named[group], group, np.int32(-1))


def busiest(stays: Stays, share: float, least: int) -> Array:
    """Return the dwellings that most people were ever at: `share` of all dwellings, `least` people or more each."""
    width = int(stays.person.max(initial=0)) + 1
    people_at = np.bincount(distinct(stays.dwelling.astype(np.int64) * width + stays.person) // width)
    dwelling = np.flatnonzero(people_at)
    people = people_at[dwelling]
    order = np.lexsort((dwelling, -people))[: int(np.ceil(share * dwelling.size))]
    return np.sort(dwelling[order][people[order] >= least])


def _year(days: Array) -> Array:
    return np.asarray(days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970, dtype=np.int32)
