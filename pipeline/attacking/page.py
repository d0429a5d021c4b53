"""The measurement of privacy as one page that needs no network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from totalplace.pipeline.attacking.words import (
    ATTACKERS,
    accuracy_line,
    best_line,
    by_encoding,
    leak_line,
    list_words,
)

STYLE = """
* { box-sizing: border-box; }
body { font: 16px/1.5 "Segoe UI", -apple-system, "Helvetica Neue", Arial, "Liberation Sans", sans-serif;
  color: #1a1a1a; max-width: 62rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.2rem; margin: 2rem 0 .25rem; } p { margin: .5rem 0; }
.lead { font-size: 1.125rem; } .wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9375rem; margin: .5rem 0; }
caption { text-align: left; padding: .25rem 0; }
th, td { text-align: right; padding: .2rem .75rem; border-bottom: 1px solid #d5d9dd; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; white-space: normal; padding-left: 0; }
thead th { border-bottom: 1px solid #1a1a1a; } :focus-visible { outline: 3px solid #1a1a1a; outline-offset: 2px; }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
HOW = (
    "Each attacker holds the encodings of one field and a list of values with their frequencies, never the key (but "
    "A4). Found: the share of the encoded values that it names rightly, one to one, with its 95% interval; people: the "
    "share of the records that bear them; precision: how many of its claims are right. The list holds as many values "
    "as are encoded. A council's population register is a list of 100%."
)
WHAT_FOLLOWS = (
    "What protects people is who holds the key, that roles are kept apart, and that encodings are destroyed on a set "
    "day: whoever holds filters and a good list finds most of the names. These numbers are of these data and "
    "these attackers alone: what they do not break, a better one may."
)


def attack_page(result: Mapping[str, Any], place: str) -> str:
    """Return the page."""
    title = f"How well the encodings of {place} hold" + (" (synthetic)" if result["synthetic"] else "")
    groups = by_encoding(result["found"])
    body = [
        f'<p class="lead">{escape(_lead(result))}</p>',
        f"<p>{escape(WHAT_FOLLOWS)}</p>",
        "<h2>What must find nothing</h2>",
        *(f"<p>{escape(leak_line(name, hits))}</p>" for name, hits in result["leaks"].items()),
        "<h2>What attackers find</h2>",
        f"<p>{escape(HOW)}</p>",
        _table(("attacker", "holds"), ATTACKERS.items(), "Attackers"),
        *(_found_table(field, encoding, rows) for field, encoding, rows in groups),
        "<h2>What encoding costs</h2>",
        *(f"<p>{escape(accuracy_line(mode, told))}</p>" for mode, told in result["accuracy"].items()),
        "<h2>Without any attack</h2>",
        *_exposure(result["exposure"]),
        f"<p>{result['records']:,} client records; rules {escape(result['config_hash'])}.</p>",
    ]
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{escape(title)}</h1>",
            *body,
            "</main>\n</body>\n</html>\n",
        ]
    )


def _lead(result: Mapping[str, Any]) -> str:
    offered = [group for group in by_encoding(result["found"]) if group[1] in ("tokens", "filters")]
    if not offered:
        return "No field was attacked."
    field, encoding, rows = max(offered, key=lambda group: max(row["found"] for row in group[2] if _keyless(row)))
    return f"The most that anybody without the key found: {best_line(field, encoding, rows)}."


def _keyless(row: Mapping[str, Any]) -> bool:
    return bool(row["attacker"] != "A4")


def _found_table(field: str, encoding: str, rows: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        (
            row["attacker"],
            list_words(row),
            f"{row['found']:.2f} ({row['low']:.2f} to {row['high']:.2f})",
            f"{row['people']:.2f}",
            "no claim" if row["precision"] is None else f"{row['precision']:.2f}",
        )
        for row in rows
    ]
    about = f"{field}, {encoding}: {rows[0]['values']:,} values with the fullest list"
    return _table(("attacker", "with", "found (95%)", "people", "precision"), lines, about)


def _exposure(told: Mapping[str, Any]) -> list[str]:
    columns = [
        (c["column"], f"{c['distinct']:,}", f"{c['entropy_bits']:.1f}", f"{c['least']:,}", f"{c['most']:,}")
        for c in told["columns"]
    ]
    fill = [(name, *(f"{count:,}" for count in counts)) for name, counts in told["fill"].items()]
    bands = [f"{10 * at}-{10 * at + 10}%" for at in range(10)]
    return [
        f"<p>{told['share_unique']:.0%} of the records have tokens that, taken together, no other record has.</p>",
        _table(("column", "codes", "entropy, bits", "rarest", "most frequent"), columns, "How codes are spread"),
        _table(("filter", *bands), fill, "Records by the share of bits that are set"),
    ]


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]], caption: str) -> str:
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
