"""Contacts that a rule speaks of: by agency and type, by purpose or by theme."""

from __future__ import annotations

from collections.abc import Sequence

from totalplace.journeys.contacts import quoted


def chosen(choices: Sequence[str]) -> str:
    """Return an SQL condition on a contact `c`; none of it holds where there are no choices.

    Args:
        choices: `agency/type` with `*` for any agency or any type, `purpose:name` or `theme:name`.
    """
    return f"({' OR '.join(_one(choice) for choice in choices) or 'FALSE'})"


def _one(choice: str) -> str:
    kind, colon, name = choice.partition(":")
    if colon and "/" not in kind:
        return f"COALESCE(c.{kind}, '') = {quoted([name])}"
    agency, _, type_ = choice.partition("/")
    parts = [f"c.{n} = {quoted([word])}" for n, word in (("agency", agency), ("type", type_)) if word != "*"]
    return f"({' AND '.join(parts) or 'TRUE'})"


def agencies_of(choices: Sequence[str]) -> list[str]:
    """Return the agencies that alone can have such contacts; empty = any agency might."""
    named = [choice.partition("/")[0] for choice in choices if ":" not in choice.partition("/")[0]]
    return sorted(set(named)) if len(named) == len(choices) and "*" not in named else []
