"""An explained finding as lines for the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

SHORT = 12  # hex digits of an id in lines: enough to name it again
MOST_LINES = 40  # records listed in lines; --json lists all
WIDTH = 100  # characters of a line of prose
Row = Mapping[str, Any]


def finding_lines(told: Mapping[str, Any]) -> list[str]:
    """Return an explanation as an analyst reads it, the finding first."""
    finding = told["finding"]
    span = f"{finding['from_date']} to {finding['to_date']}"
    subject = f"{finding['subject_type']} {finding['subject_id'][:SHORT]}"
    lines = [
        f"{finding['kind']} {finding['finding_id'][:SHORT]}   {subject}   {span}",
        f"{finding['value']:g} {finding['unit']}{'s' * (finding['value'] != 1)}{_range(finding)}{_money(finding)}",
    ]
    if finding["excluded_by"]:
        lines.append(f"set aside: {finding['excluded_by']}")
    lines += ["", *_wrapped(f"Rule. {told['rule']}")]
    lines += ["", f"Records it rests on ({len(told['records'])}):", *_listed(told["records"])]
    if told["left_out"]:
        lines += ["", f"Looked at and not counted ({len(told['left_out'])}):", *_listed(told["left_out"])]
    lines += ["", *_wrapped(f"Weakest link. {_link_line(told['weakest_link'])}"), "", "It would vanish with any of:"]
    for one in told["would_vanish_with"] or ["what its rule in the manual says"]:
        lines += _wrapped(one, "  - ")
    lines += [line for one in told["remarks"] for line in _wrapped(one)]
    return [*lines, "", f"rules {told['config_hash']}; personal data: for this project's analysts"]


def _wrapped(text: str, bullet: str = "") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=bullet, subsequent_indent=" " * len(bullet), break_on_hyphens=False
    )


def _range(finding: Row) -> str:
    low, high = finding["value_low"], finding["value_high"]
    return f" ({low:g} to {high:g} if uncertain links fall otherwise)" if low is not None and low != high else ""


def _money(finding: Row) -> str:
    low, high = finding["cost_low_gbp"], finding["cost_high_gbp"]
    return f"   capacity released {low:,.2f} to {high:,.2f} GBP" if low is not None else ""


def _listed(records: Sequence[Row]) -> list[str]:
    lines = [_record_line(record) for record in records[:MOST_LINES]]
    more = len(records) - MOST_LINES
    return [*lines, f"  and {more} more: --json lists all"] if more > 0 else lines


def _record_line(record: Row) -> str:
    about = ", ".join(str(record[name]) for name in ("purpose", "outcome") if record[name])
    where = f"{record['agency']} row {record['source_row']}"
    if record["completed"] not in (None, record["start"]):
        about = f"{about}{', ' * bool(about)}on {record['completed']}"
    tail = f"   {record['part']}" if record["part"] else ""
    return f"  {record['start']}  {where:28} {record['type']}{f' ({about})' if about else ''}{tail}"


def _link_line(link: Mapping[str, Any]) -> str:
    told = f"All records involved are held to their persons with probability {_least(link['probability'])}."
    if "left" in link:
        pair = f"{link['left'][:SHORT]} {link['right'][:SHORT]}"
        told = (
            f"Records {pair.replace(' ', ' and ')} hold them together, probability "
            f"{_chance(link['between_probability'])} (totalplace explain {pair})."
        )
    elif link["persons"] and "note" not in link:
        told += " No link between agencies is needed: each person's contacts here stand on records of one client."
    if "draws" in link:
        told += f" In {link['draws_apart']} of {link['draws']} draws of uncertain links they are not one person."
    if "without_it" in link:
        without = link["without_it"]
        told += f" Without the link that decides most ({_chance(without['probability'])}) {without['peak']} remain."
    return told + (f" Note: {link['note']}." if "note" in link else "")


def _chance(probability: float) -> str:
    """Return a probability with four digits, never rounded up to certainty."""
    return "over 0.9999" if 0.9999 < probability < 1 else f"{probability:.4f}"


def _least(probability: float) -> str:
    told = _chance(probability)
    return told if told.startswith("over") else f"{told} or more"
