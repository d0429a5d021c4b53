"""A person's contacts in order, as blocks and journeys (J1), and the agencies' episodes (E1)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.compiled import kernel
from totalplace.journeys.calendar import as_days
from totalplace.tables import DAY, ID, JOURNEYS, Kernel

BLOCKS = {"day": 0, "instant": 1, "event": 2}
ORDER = ("start", "start_second", "precedence", "agency_no", "contact_id")

# What the sequence kernels read: one row per contact of a known person, milestones left out.
SEQUENCE_INPUT = pa.schema(
    [
        ("person_no", pa.int32()),
        ("person_id", ID),
        ("contact_id", ID),
        ("start", DAY),
        ("start_second", pa.int32()),  # -1 = no time known
        ("precedence", pa.int16()),
        ("agency_no", pa.int32()),
        ("until", DAY),  # last day of a contact that lasts, null otherwise
        ("service_no", pa.int32()),
        ("referral_no", pa.int32()),  # agency number, -1 = none
        ("purpose_no", pa.int32()),  # -1 = none
        ("theme_no", pa.int32()),  # -1 = none
        ("closing", pa.bool_()),
        ("planned", pa.bool_()),
        ("era", pa.int32()),  # how many days that cut the person's journey came before or on this one (K1)
    ]
)
_NEVER = -(2**30)


@dataclass(frozen=True)
class Sequence:
    """Blocks of a piece of whole persons: arrays of one entry per contact, in the order of the piece.

    Args:
        journey: int32, number of the journey in the piece, from 0, rising.
        block: int32, number of the block in its journey, from 0.
        position: int32, number of the contact in its journey, from 0.
    """

    journey: np.ndarray
    block: np.ndarray
    position: np.ndarray


@kernel
def _place_blocks(person, day, second, until, era, mode, gap_days, journey, block, position):  # type: ignore[no-untyped-def]
    """Fill journey, block and position; `until` is the last day of each contact, at least its day."""
    n = len(person)
    current = -1
    latest = 0
    for i in range(n):
        fresh = i == 0 or person[i] != person[i - 1] or era[i] != era[i - 1]
        fresh = fresh or (gap_days > 0 and day[i] - latest > gap_days)
        if fresh:
            current += 1
            block[i] = 0
            position[i] = 0
            latest = until[i]
        else:
            same = mode != 2 and day[i] == day[i - 1] and (mode == 0 or second[i] == second[i - 1])
            block[i] = block[i - 1] + (0 if same else 1)
            position[i] = position[i - 1] + 1
            latest = max(latest, until[i])
        journey[i] = current


def sequence(
    person: np.ndarray,
    day: np.ndarray,
    second: np.ndarray,
    until: np.ndarray,
    mode: int,
    gap: int,
    era: np.ndarray | None = None,
) -> Sequence:
    """Return journeys and blocks of contacts sorted by person and `ORDER`.

    Args:
        person: int32 person numbers, equal ones together.
        day: int32 day of the contact.
        second: int32 second of the day, -1 unknown.
        until: int32 last day of the contact; less than `day` where it does not last.
        mode: one of `BLOCKS`.
        gap: silence in days after which a new journey begins; 0 = never.
        era: int32, rising within a person; another era is another journey. None = one era.
    """
    made = [np.zeros(len(person), np.int32) for _ in range(3)]
    eras = np.zeros(len(person), np.int32) if era is None else era
    _place_blocks(person, day, second, np.maximum(day, until), eras, mode, gap, *made)
    return Sequence(*made)


@kernel
def episode_runs(person, day, until, agency, gap_days, n_agencies, run, run_until):  # type: ignore[no-untyped-def]
    """Number the runs of contacts of one person with one agency, and each run's last day; return how many.

    A contact that lasts (until > day) is an episode by its own dates: its run is -1.
    """
    last_run = np.full(n_agencies, -1, np.int64)
    owner = np.full(n_agencies, -1, np.int64)
    runs = 0
    for i in range(len(person)):
        run[i] = -1
        if until[i] > day[i]:
            continue
        a = agency[i]
        if owner[a] != person[i] or day[i] - run_until[last_run[a]] > gap_days:
            owner[a] = person[i]
            last_run[a] = runs
            runs += 1
        run[i] = last_run[a]
        run_until[run[i]] = day[i]
    return runs


def piece_arrays(rows: pa.Table) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return person, day, second and last day of a piece of `SEQUENCE_INPUT`, int32 each."""
    return (
        whole(rows, "person_no"),
        as_days(rows["start"], _NEVER),
        whole(rows, "start_second"),
        as_days(rows["until"], _NEVER),
    )


def whole(rows: pa.Table, name: str) -> np.ndarray:
    """Return an integer or flag column without nulls as a NumPy array."""
    return np.ascontiguousarray(rows[name].combine_chunks().to_numpy(zero_copy_only=False))


def run_starts(ids: pa.Array) -> np.ndarray:
    """Return the int64 index of the first of each run of equal ids."""
    if not len(ids):
        return np.zeros(0, np.int64)
    other = np.asarray(pc.not_equal(ids[1:], ids[:-1]).to_numpy(zero_copy_only=False))
    return np.flatnonzero(np.concatenate([[True], other]))


def digest(*parts: bytes) -> bytes:
    """Return 16 bytes of SHA-256 over ids of fixed length: an id that any machine makes again."""
    return hashlib.sha256(b"".join(parts)).digest()[:16]


def journeys_kernel(mode: int, gap: int) -> Kernel:
    """Return the kernel from `SEQUENCE_INPUT` to JOURNEYS."""

    def kernel_(rows: pa.Table) -> pa.Table:
        placed = sequence(*piece_arrays(rows), mode, gap, whole(rows, "era"))
        starts = pa.array(np.flatnonzero(placed.position == 0))
        people, firsts = (rows[name].take(starts).to_pylist() for name in ("person_id", "contact_id"))
        ids = pa.array([digest(p, c) for p, c in zip(people, firsts, strict=True)], ID)
        columns = [
            rows["person_id"],
            ids.take(pa.array(placed.journey)),
            placed.block,
            placed.position,
            rows["contact_id"],
        ]
        return pa.Table.from_arrays([_column(c) for c in columns], schema=JOURNEYS.schema)

    return kernel_


def _column(values: pa.ChunkedArray | pa.Array | np.ndarray) -> pa.ChunkedArray | pa.Array:
    return pa.array(values) if isinstance(values, np.ndarray) else values
