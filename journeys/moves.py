"""Steps between consecutive blocks: handoff, interleaving or return (H1), and bounce (H2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from totalplace.compiled import kernel
from totalplace.config.findings import FindingsRules
from totalplace.journeys.calendar import as_dates
from totalplace.journeys.sequence import BLOCKS, episode_runs, piece_arrays, sequence, whole
from totalplace.tables import DAY, ID, Kernel

WITHIN, RECORDED, INTERLEAVING, OBSERVED, RETURN = 0, 1, 2, 3, 4
MOVES = {
    WITHIN: "within",
    RECORDED: "recorded",
    INTERLEAVING: "interleaving",
    OBSERVED: "observed",
    RETURN: "return",
}
HANDOFFS = (RECORDED, OBSERVED)

# One row per pair of contacts in consecutive blocks. A pair weighs 1 / pairs, so each step between blocks weighs 1.
STEPS = pa.schema(
    [
        ("person_no", pa.int32()),
        ("from_service", pa.int32()),
        ("to_service", pa.int32()),
        ("move", pa.int8()),  # MOVES
        ("pairs", pa.int32()),  # contacts of the block before, times contacts of the block after
        ("from_date", DAY),
        ("to_date", DAY),
        ("theme_no", pa.int32()),  # of the contact moved to, -1 = none
        ("bounce", pa.int32()),  # number of the person's contact at which the bounce starts, null = no bounce
        ("returned", pa.bool_()),  # this step of a bounce comes back to where it started
        ("from_contact", ID),  # where bounce is not null
        ("to_contact", ID),
    ]
)


@dataclass(frozen=True)
class Steps:
    """Pairs of contacts in consecutive blocks, in order of (earlier contact, later contact).

    Args:
        source: int64, index of the earlier contact.
        target: int64, index of the later contact.
        move: int8, see `MOVES`.
        pairs: int32, pairs of that step.
        bounce: int64, index of the contact at which the bounce starts, -1 = none.
        returned: bool, the step comes back to the agency where its bounce started.
    """

    source: np.ndarray
    target: np.ndarray
    move: np.ndarray
    pairs: np.ndarray
    bounce: np.ndarray
    returned: np.ndarray


@kernel
def _block_ends(journey, block):  # type: ignore[no-untyped-def]
    """Return for each contact the index after the last of its block."""
    n = len(journey)
    ends = np.empty(n, np.int64)
    for i in range(n - 1, -1, -1):
        same = i + 1 < n and journey[i + 1] == journey[i] and block[i + 1] == block[i]
        ends[i] = ends[i + 1] if same else i + 1
    return ends


@kernel
def _count_pairs(journey, ends):  # type: ignore[no-untyped-def]
    n = len(journey)
    total = 0
    i = 0
    while i < n:
        e = ends[i]
        if e < n and journey[e] == journey[i]:
            total += (e - i) * (ends[e] - e)
        i = e
    return total


@kernel
def _fill_pairs(  # type: ignore[no-untyped-def]
    person,
    day,
    until,
    agency,
    referral,
    journey,
    ends,
    run,
    run_until,
    n_agencies,
    max_gap,
    source,
    target,
    move,
    pairs,
):
    """Classify each pair. The state per agency is what has begun up to and including the earlier block."""
    n = len(person)
    owner = np.full(n_agencies, -1, np.int64)
    open_run = np.full(n_agencies, -1, np.int64)
    open_until = np.full(n_agencies, -(2**30), np.int64)
    at = 0
    i = 0
    while i < n:
        e = ends[i]
        for p in range(i, e):
            a = agency[p]
            if owner[a] != person[p]:
                owner[a] = person[p]
                open_run[a] = -1
                open_until[a] = -(2**30)
            if run[p] >= 0:
                open_run[a] = run[p]
            else:
                open_until[a] = max(open_until[a], until[p])
        if e < n and journey[e] == journey[i]:
            size = (e - i) * (ends[e] - e)
            for p in range(i, e):
                for q in range(e, ends[e]):
                    a = agency[p]
                    b = agency[q]
                    u = day[q]
                    if a == b:
                        kind = 0
                    elif referral[p] == b:
                        kind = 1
                    else:
                        a_open = open_until[a] >= u or (open_run[a] >= 0 and run_until[open_run[a]] >= u)
                        known = owner[b] == person[p]
                        b_open = known and (open_until[b] >= u or (open_run[b] >= 0 and run_until[open_run[b]] >= u))
                        if a_open and b_open:
                            kind = 2
                        else:
                            kind = 3 if u - day[p] <= max_gap else 4
                    source[at] = p
                    target[at] = q
                    move[at] = kind
                    pairs[at] = size
                    at += 1
        i = e


@kernel
def _one_matter(purpose, theme, p, q):  # type: ignore[no-untyped-def]
    if purpose[p] >= 0 and purpose[q] >= 0:
        return purpose[p] == purpose[q]
    return theme[p] >= 0 and theme[p] == theme[q]


@kernel
def _walk(  # type: ignore[no-untyped-def]
    first, hop, target, move, bounce, day, agency, purpose, theme, closing, planned, max_span, start, path
):
    """Follow a to-and-fro between two agencies from `start`, first by pair `hop`; return its length in pairs.

    The length ends with the last return to the agency of `start`; 0 = it never came back.
    """
    a = agency[start]
    b = agency[target[hop]]
    path[0] = hop
    length = 1
    good = 0
    current = target[hop]
    while not closing[current]:
        chosen = -1
        for pair in range(first[current], first[current + 1]):
            q = target[pair]
            if bounce[pair] >= 0 or day[q] - day[start] > max_span or not _one_matter(purpose, theme, start, q):
                continue
            expected = a if agency[current] == b else b
            if agency[q] == expected and (move[pair] == 1 or move[pair] == 3) and not planned[q]:
                chosen = pair
                break
            if chosen < 0 and agency[q] == agency[current]:
                chosen = pair
        if chosen < 0:
            break
        path[length] = chosen
        length += 1
        back = agency[current] == b and agency[target[chosen]] == a
        current = target[chosen]
        if back:
            good = length
    return good


@kernel
def _mark_bounces(  # type: ignore[no-untyped-def]
    source, target, move, day, agency, purpose, theme, closing, planned, max_span, bounce, returned
):
    """Mark the pairs of each bounce with the index of its first contact; no pair serves two bounces."""
    n = len(day)
    first = np.zeros(n + 1, np.int64)
    for p in source:
        first[p + 1] += 1
    for i in range(n):
        first[i + 1] += first[i]
    path = np.empty(n + 1, np.int64)
    for i in range(n):
        if closing[i]:
            continue
        for hop in range(first[i], first[i + 1]):
            q = target[hop]
            if bounce[hop] >= 0 or (move[hop] != 1 and move[hop] != 3) or planned[q]:
                continue
            if day[q] - day[i] > max_span or not _one_matter(purpose, theme, i, q):
                continue
            good = _walk(
                first, hop, target, move, bounce, day, agency, purpose, theme, closing, planned, max_span, i, path
            )
            for k in range(good):
                bounce[path[k]] = i
                returned[path[k]] = agency[target[path[k]]] == agency[i] and agency[source[path[k]]] != agency[i]


def steps(rows: pa.Table, rules: FindingsRules, n_agencies: int) -> Steps:
    """Return the steps of a piece of whole persons, sorted by person and `sequence.ORDER`.

    Args:
        rows: `sequence.SEQUENCE_INPUT`.
        rules: the section `findings`.
        n_agencies: agency numbers run from 0 to this, exclusive.
    """
    person, day, second, until = piece_arrays(rows)
    agency, referral = whole(rows, "agency_no"), whole(rows, "referral_no")
    mode, gap = BLOCKS[rules.journey.block], rules.journey.gap_days
    placed = sequence(person, day, second, until, mode, gap, whole(rows, "era"))
    run, run_until = np.full(len(person), -1, np.int64), np.zeros(len(person) + 1, np.int64)
    episode_runs(person, day, until, agency, rules.episode.gap_days, n_agencies, run, run_until)
    ends = _block_ends(placed.journey, placed.block)
    n = _count_pairs(placed.journey, ends)
    source, target = np.zeros(n, np.int64), np.zeros(n, np.int64)
    move, pairs = np.zeros(n, np.int8), np.zeros(n, np.int32)
    _fill_pairs(
        person, day, until, agency, referral, placed.journey, ends, run, run_until, n_agencies,
        rules.handoff.max_gap_days, source, target, move, pairs,
    )  # fmt: skip
    bounce, returned = np.full(n, -1, np.int64), np.zeros(n, np.bool_)
    matter = [whole(rows, name) for name in ("purpose_no", "theme_no", "closing", "planned")]
    _mark_bounces(source, target, move, day, agency, *matter, rules.bounce.max_span_days, bounce, returned)
    return Steps(source, target, move, pairs, bounce, returned)


def steps_kernel(rules: FindingsRules, n_agencies: int) -> Kernel:
    """Return the kernel from `SEQUENCE_INPUT` to `STEPS`."""

    def kernel_(rows: pa.Table) -> pa.Table:
        made = steps(rows, rules, n_agencies)
        person, day, _, _ = piece_arrays(rows)
        service, theme = whole(rows, "service_no"), whole(rows, "theme_no")
        in_bounce = made.bounce >= 0
        place = made.bounce - np.searchsorted(person, person[made.source], side="left")
        contact = rows["contact_id"].combine_chunks()
        columns = [
            person[made.source], service[made.source], service[made.target], made.move, made.pairs,
            as_dates(day[made.source]), as_dates(day[made.target]), theme[made.target],
            pa.array(place.astype(np.int32), mask=~in_bounce), made.returned,
            contact.take(pa.array(made.source, mask=~in_bounce)), contact.take(pa.array(made.target, mask=~in_bounce)),
        ]  # fmt: skip
        return pa.Table.from_arrays([pa.array(c) if isinstance(c, np.ndarray) else c for c in columns], schema=STEPS)

    return kernel_
