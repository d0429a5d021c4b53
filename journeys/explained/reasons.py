"""What an explanation of a finding is made of, and the subject's contacts that it is read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from totalplace.tables import Engine, Handle


@dataclass(frozen=True)
class Why:
    """Why a finding was made.

    Args:
        rule: the rule in a sentence, with the numbers in force.
        roles: contact_id to its part in the finding, for contacts whose part has a name.
        left_out: contact_id of a record that the rule looked at and did not count, and why.
        vanishes: sentences, each a change under which the finding would not be made.
        remarks: sentences that must be read beside them.
    """

    rule: str
    roles: Mapping[bytes, str]
    left_out: tuple[tuple[bytes, str], ...]
    vanishes: tuple[str, ...]
    remarks: tuple[str, ...] = ()


def contacts_of(contacts: Handle, column: str, subject: bytes, engine: Engine) -> Handle:
    """Return the contacts whose `column` is the subject, by day and id."""
    who = engine.hold(pa.table({"subject": pa.array([subject], pa.binary())}))
    text = f"SELECT c.* FROM contacts c JOIN who w ON w.subject = c.{column} ORDER BY c.start, c.contact_id"
    return engine.sql(text, contacts=contacts, who=who)


def days(number: int) -> str:
    """Return `1 day` or `n days`."""
    return f"{number:,} day{'' if number == 1 else 's'}"
