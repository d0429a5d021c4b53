"""Recall by band of demand, where labels are known: does linkage miss those whom the findings rank (FAM6)?

People with many contacts move more often, so their records agree in less. This needs both sides of the wall, so neither
room may do it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.tables import PERSON_ID, ROW_ID


@dataclass(frozen=True)
class BandRecall:
    """How many of the record pairs of one person linkage found, among people of one band of demand.

    Args:
        least: contacts from which the band begins; it ends where the next begins.
        people: labelled people with two records or more.
        pairs: their record pairs.
        found: those that linkage has in one person.
        recall, low, high: found / pairs with its interval; people are taken as drawn, not pairs. None without pairs.
    """

    least: int
    people: int
    pairs: int
    found: int
    recall: float | None
    low: float | None
    high: float | None


def recall_by_demand(
    persons: pa.Table, contacts: pa.Table, labels: pa.Table, bands: Sequence[int], share: float
) -> list[BandRecall]:
    """Return recall per band of contacts.

    Args:
        persons: PERSONS.
        contacts: row_id per contact.
        labels: row_id and `label`, the true person, for records whose person is known.
        bands: least contacts of each band, rising.
        share: of the interval.
    """
    known = labels.filter(pc.is_in(labels[ROW_ID], value_set=persons[ROW_ID].combine_chunks()))
    _, who = np.unique(np.asarray(known["label"].to_pylist()), return_inverse=True)
    at = pc.index_in(known[ROW_ID], value_set=persons[ROW_ID].combine_chunks())
    _, found = np.unique(np.array(persons[PERSON_ID].take(at).to_pylist()), return_inverse=True)
    size = int(who.max(initial=-1)) + 1
    pairs = _pairs(np.bincount(who, minlength=size))
    _, part, count = np.unique(np.stack([who, found]), axis=1, return_inverse=True, return_counts=True)
    owner = np.zeros(len(count), np.int64)
    owner[part] = who
    linked = np.bincount(owner, _pairs(count), minlength=size)
    owners = pc.index_in(contacts[ROW_ID], value_set=known[ROW_ID].combine_chunks()).drop_null().to_numpy()
    demand = np.bincount(who[owners], minlength=size)
    band = np.searchsorted(np.asarray(bands), demand, side="right") - 1
    return [_band(least, pairs[band == k], linked[band == k], share) for k, least in enumerate(bands)]


def _pairs(count: np.ndarray) -> np.ndarray:
    return np.asarray(count * (count - 1) // 2)


def _band(least: int, pairs: np.ndarray, linked: np.ndarray, share: float) -> BandRecall:
    """Return a band's recall; its spread is that of a ratio over people (Cochran, Sampling Techniques, 1977, ch. 6)."""
    total, found = int(pairs.sum()), int(linked.sum())
    if not total:
        return BandRecall(least, 0, 0, 0, None, None, None)
    recall = found / total
    off = float(np.sqrt(((linked - recall * pairs) ** 2).sum())) / total * NormalDist().inv_cdf((1 + share) / 2)
    people = int((pairs > 0).sum())
    return BandRecall(least, people, total, found, recall, max(0.0, recall - off), min(1.0, recall + off))
