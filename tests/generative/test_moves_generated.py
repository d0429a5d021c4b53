"""Handoffs, interleaving, returns and bounces on generated contacts, against a look at every step (H1, H2)."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from totalplace.config.findings import FindingsRules
from totalplace.config.load import shipped
from totalplace.journeys.moves import MOVES, steps
from totalplace.journeys.sequence import SEQUENCE_INPUT

JOURNEY_GAP, EPISODE_GAP, HANDOFF_GAP, BOUNCE_SPAN = 60, 12, 20, 40
SHIPPED = shipped("findings")
OWN = {"journey": {"gap_days": JOURNEY_GAP}, "episode": {"gap_days": EPISODE_GAP},
       "handoff": {"max_gap_days": HANDOFF_GAP}, "bounce": {"max_span_days": BOUNCE_SPAN}}  # fmt: skip
RULES = FindingsRules.model_validate(SHIPPED | {name: SHIPPED[name] | own for name, own in OWN.items()})
CONTACT = {
    "person_no": st.integers(0, 1),
    "day": st.integers(0, 150),
    "agency_no": st.sampled_from((0, 0, 1, 1, 2)),
    "length": st.sampled_from((0, 0, 0, 5, 40)),
    "referral_no": st.sampled_from((-1, -1, 0, 1, 2)),
    "purpose_no": st.sampled_from((-1, 0, 0, 0, 1)),
    "theme_no": st.sampled_from((-1, 0, 0)),
    "closing": st.sampled_from((False, False, False, True)),
    "planned": st.sampled_from((False, False, False, True)),
}

Contact = dict[str, int]
Step = tuple[Contact, Contact, str]


def _contacts(*alone: str) -> st.SearchStrategy[list[Contact]]:
    """Return lists of contacts in order, of which no two agree in all that is named."""
    lists = st.lists(
        st.fixed_dictionaries(CONTACT), min_size=1, max_size=14, unique_by=lambda c: tuple(c[n] for n in alone)
    )
    return lists.map(lambda found: sorted(found, key=lambda c: (c["person_no"], c["day"], c["agency_no"])))


def _found(contacts: list[Contact]) -> tuple[list[Step], list[int], list[bool]]:
    rows = [
        {**dict.fromkeys(SEQUENCE_INPUT.names, 0), **contact, "person_id": bytes(16), "contact_id": bytes([k] * 16),
         "start": contact["day"], "start_second": -1, "service_no": contact["agency_no"],
         "until": contact["day"] + contact["length"] if contact["length"] else None}
        for k, contact in enumerate(contacts)
    ]  # fmt: skip
    found = steps(pa.Table.from_pylist(rows, schema=SEQUENCE_INPUT), RULES, 3)
    ends = zip(found.source, found.target, found.move, strict=True)
    told = [(contacts[source], contacts[target], MOVES[move]) for source, target, move in ends]
    return told, found.bounce.tolist(), found.returned.tolist()


def _episodes(contacts: list[Contact], person: int, agency: int) -> list[tuple[int, int]]:
    """Return first and last day of each of an agency's episodes with a person: a lasting contact is one by itself."""
    own = [c for c in contacts if (c["person_no"], c["agency_no"]) == (person, agency)]
    days = sorted({c["day"] for c in own if not c["length"]})
    cuts = [0, *(k for k in range(1, len(days)) if days[k] - days[k - 1] > EPISODE_GAP), len(days)]
    runs = [(days[begin], days[end - 1]) for begin, end in pairwise(cuts) if end > begin]
    return runs + [(c["day"], c["day"] + c["length"]) for c in own if c["length"]]


def _move(contacts: list[Contact], one: Contact, other: Contact) -> str:
    if one["agency_no"] == other["agency_no"]:
        return "within"
    if one["referral_no"] == other["agency_no"]:
        return "recorded"
    open_through = [
        any(
            first <= one["day"] and other["day"] <= last
            for first, last in _episodes(contacts, one["person_no"], agency)
        )
        for agency in (one["agency_no"], other["agency_no"])
    ]
    if all(open_through):
        return "interleaving"
    return "observed" if other["day"] - one["day"] <= HANDOFF_GAP else "return"


def _steps(contacts: list[Contact]) -> list[Step]:
    """Return each pair of contacts on consecutive days of one journey."""
    found = []
    for person in (0, 1):
        own = [c for c in contacts if c["person_no"] == person]
        for day, following in pairwise(sorted({c["day"] for c in own})):
            if following - max(c["day"] + c["length"] for c in own if c["day"] <= day) <= JOURNEY_GAP:
                found += [(c, d, _move(contacts, c, d))
                          for c in own if c["day"] == day for d in own if d["day"] == following]  # fmt: skip
    return found


def _one_matter(one: Contact, other: Contact) -> bool:
    if one["purpose_no"] >= 0 and other["purpose_no"] >= 0:
        return one["purpose_no"] == other["purpose_no"]
    return one["theme_no"] == other["theme_no"] >= 0


def _way(told: list[Step], begin: int, taken: set[int]) -> list[int]:
    """Return the steps to and fro from a contact, up to the last return to its agency; one contact a day."""
    start, agencies, way, back = told[begin][0], {told[begin][0]["agency_no"]}, [], 0
    for at in range(begin, len(told)):
        one, other, move = told[at]
        follows = at == begin or told[at - 1][1] is one
        if not follows or at in taken or one["closing"]:
            break
        if other["day"] - start["day"] > BOUNCE_SPAN or not _one_matter(start, other):
            break
        agencies = agencies | {other["agency_no"]}
        moved = move in ("recorded", "observed") and not other["planned"]
        if not (moved or (move == "within" and way)) or len(agencies) > 2:
            break
        way.append(at)
        if moved and other["agency_no"] == start["agency_no"]:
            back = len(way)
    return way[:back]


@given(_contacts("person_no", "day", "agency_no"))
def test_moves_equal_a_look_at_every_step(contacts: list[Contact]) -> None:
    told, *_ = _found(contacts)
    kinds = [Counter((id(one), id(other), move) for one, other, move in steps_) for steps_ in (told, _steps(contacts))]
    assert kinds[0] == kinds[1]


@given(_contacts("person_no", "day"))
def test_bounces_equal_a_walk_to_and_fro(contacts: list[Contact]) -> None:
    told, bounce, returned = _found(contacts)
    expected, taken = [-1] * len(told), set[int]()
    for begin in range(len(told)):
        way = _way(told, begin, taken)
        taken |= set(way)
        for at in way:
            expected[at] = contacts.index(told[begin][0])
    assert bounce == expected
    back = [start >= 0 and move != "within" and other["agency_no"] == contacts[start]["agency_no"]
            for start, (_, other, move) in zip(bounce, told, strict=True)]  # fmt: skip
    assert returned == back
