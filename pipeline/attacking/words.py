"""What attackers found, in sentences: for the terminal and the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

ATTACKERS = {
    "A0": "a dictionary of names and the schema, no key",
    "A1": "a list of names with frequencies: ranks laid side by side",
    "A2": "the same list: bits that occur together as often as a pair of letters does",
    "A3 naive": "the same list: likeness of codes laid over likeness of names, once (kept to show the difference)",
    "A3": "the same, calibrated by quantiles, best of several starts",
    "A4": "the key itself: the list encoded again",
}
ENCODINGS = ("tokens", "filters")


def told_lines(result: Mapping[str, Any]) -> list[str]:
    """Return lines for the terminal: what must be nothing, the best attack on each encoding, the price of encoding."""
    lines = [leak_line(name, hits) for name, hits in result["leaks"].items()]
    lines += [best_line(field, encoding, rows) for field, encoding, rows in by_encoding(result["found"])]
    lines += [accuracy_line(mode, told) for mode, told in result["accuracy"].items()]
    share = result["exposure"]["share_unique"]
    return [*lines, f"{share:.0%} of the records have tokens that, taken together, no other record has"]


def leak_line(name: str, hits: Mapping[str, int]) -> str:
    """Return what an attack found that must find nothing."""
    if not hits:
        return f"{name}: nothing found, as it must be"
    return (
        f"{name}: FOUND {', '.join(f'{count:,} in {column}' for column, count in hits.items())}: do not hand these over"
    )


def by_encoding(found: Iterable[Mapping[str, Any]]) -> list[tuple[str, str, list[Mapping[str, Any]]]]:
    """Return measurements by field and encoding, in order, those of hardenings last."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in found:
        groups.setdefault((row["field"], row["encoding"]), []).append(row)
    ordered = sorted(groups.items(), key=lambda group: group[0][1] not in ENCODINGS)
    return [(field, encoding, rows) for (field, encoding), rows in ordered]


def best_line(field: str, encoding: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """Return what the best attacker without the key finds of a field."""
    without = [row for row in rows if row["attacker"] != "A4"]
    if not without:
        return f"{field}, {encoding}: whoever has the key finds all that the list holds"
    best = max(without, key=lambda row: row["found"])
    span = f"{best['low']:.2f} to {best['high']:.2f}"
    return (
        f"{field}, {encoding}: {best['found']:.2f} ({span}) of {best['values']:,} values, {best['people']:.2f} of the "
        f"records, by {best['attacker']} with {list_words(best)}"
    )


def list_words(row: Mapping[str, Any]) -> str:
    """Return what the attacker's list holds."""
    return f"a list of {row['overlap']:.0%} of the values" + (", misspelt" if row["typing_errors"] else "")


def accuracy_line(mode: str, told: Mapping[str, float]) -> str:
    """Return how well the records are linked in a mode."""
    line = f"linked in mode {mode}: F1 {told['agreement']:.4f} against mode clear"
    return f"{line}, {told['f1']:.4f} against the truth ({told['difference']:+.4f})" if "f1" in told else line
