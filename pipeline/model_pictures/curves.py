"""Curves of a linkage against the threshold: estimated precision, recall and F1, and records that cannot be linked."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

AXIS = 1000  # both sides of a picture, before it is stretched to the room there is
LINES = (
    ("precision", "Precision", "var(--for)", ""),
    ("recall", "Recall", "var(--against)", "7 4"),
    ("f1", "F1", "var(--other)", "2 3"),
)
TICKS = 6  # at most, of the thresholds
LEAST_RECALL = 0.05  # where hardly a link is left, the curves say nothing more


def threshold_line(quality: dict[str, Any]) -> str:
    """Return in one sentence what the chosen threshold comes to."""
    chosen, rows = quality["threshold_bits"], quality["by_threshold"]
    parts = [_with_ends(name, quality[f"estimated_{name}"]) for name in ("precision", "recall")]
    lost = _at(rows, chosen)["unlinkable"] if rows else 0.0
    return (
        f"Pairs from {chosen:.2f} bits up are links: {parts[0]}, {parts[1]}. "
        f"{lost:.1%} of the records say so little that they could not be linked to anything."
    )


def curve_sections(rows: Sequence[dict[str, Any]], chosen: float) -> list[str]:
    """Return the two plots and their numbers as a table.

    Args:
        rows: `by_threshold` of quality.json.
        chosen: the threshold in bits.
    """
    seen = [row for row in rows if row["recall"][0] >= LEAST_RECALL or row["threshold_bits"] <= chosen]
    if len(seen) < 2:
        return []
    lowest = min(row[name][1] for row in seen for name, *_ in LINES)
    floor = min(0.8, int(5 * lowest) / 5)  # its quarters are whole percents too
    bands = [_band(seen, name, colour, floor) for name, _, colour, _ in LINES]
    lines = [_curve(seen, [row[name][0] for row in seen], colour, dash, floor, 1.0) for name, _, colour, dash in LINES]
    top = max(1, ceil(25 * max(row["unlinkable"] for row in seen))) / 25  # its quarters are whole percents
    lost = _curve(seen, [row["unlinkable"] for row in seen], "var(--against)", "", 0.0, top)
    return [
        "<h2>Every threshold</h2>",
        "<p>Estimated without labels, for pairs of records before clusters are formed. Bands: 95%. "
        "The upright line is the threshold that was used.</p>",
        _key(),
        _plot("Estimated precision, recall and F1 by threshold", seen, chosen, floor, 1.0, [*bands, *lines]),
        "<h2>Records that cannot be linked</h2>",
        "<p>Share of records that stay under a threshold even when compared with themselves: too much of them is "
        "missing, or what they say is too common.</p>",
        _plot("Share of records that cannot be linked, by threshold", seen, chosen, 0.0, top, [lost]),
        _table(rows),
    ]


def _with_ends(name: str, found: dict[str, float]) -> str:
    return f"estimated {name} {found['estimate']:.3f} ({found['low']:.3f} to {found['high']:.3f})"


def _at(rows: Sequence[dict[str, Any]], chosen: float) -> dict[str, Any]:
    """Return the row of the highest threshold that is not above the chosen one."""
    return next((row for row in reversed(rows) if row["threshold_bits"] <= chosen), rows[0])


def _x(rows: Sequence[dict[str, Any]], bits: float) -> float:
    first, last = rows[0]["threshold_bits"], rows[-1]["threshold_bits"]
    return min(1.0, max(0.0, (bits - first) / (last - first))) * AXIS


def _points(rows: Sequence[dict[str, Any]], values: Sequence[float], low: float, high: float) -> list[str]:
    return [
        f"{_x(rows, row['threshold_bits']):.1f} {AXIS * (1 - (value - low) / (high - low)):.1f}"
        for row, value in zip(rows, values, strict=True)
    ]


def _curve(
    rows: Sequence[dict[str, Any]], values: Sequence[float], colour: str, dash: str, low: float, high: float
) -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    path = "L".join(_points(rows, values, low, high))
    stroke = f'fill="none" stroke="{colour}" stroke-width="2"{dashed} vector-effect="non-scaling-stroke"'
    return f'<path d="M{path}" {stroke}/>'


def _band(rows: Sequence[dict[str, Any]], name: str, colour: str, floor: float) -> str:
    lower, upper = (_points(rows, [row[name][end] for row in rows], floor, 1.0) for end in (1, 2))
    return f'<path d="M{"L".join([*lower, *reversed(upper)])}Z" fill="{colour}" opacity=".15"/>'


def _plot(
    title: str, rows: Sequence[dict[str, Any]], chosen: float, low: float, high: float, marks: Sequence[str]
) -> str:
    """Return a picture that fills its box, with its numbers beside it as text of the page."""
    at = _x(rows, chosen) / AXIS
    mark = f'<path d="M{at * AXIS:.1f} 0V{AXIS}" stroke="var(--ink)" vector-effect="non-scaling-stroke"/>'
    levels = [f'<span class="y" style="bottom:{25 * k}%">{low + (high - low) * k / 4:.0%}</span>' for k in range(5)]
    ticks = [f'<span class="x" style="left:{_x(rows, bits) / 10:.2f}%">{bits:g}</span>' for bits in _round_bits(rows)]
    return "".join(
        [
            f'<div class="plot" role="img" aria-label="{title}; the numbers are in the table below">',
            f'<svg viewBox="0 0 {AXIS} {AXIS}" preserveAspectRatio="none" aria-hidden="true">{"".join(marks)}{mark}',
            f'</svg><span class="mark" style="left:{min(86, max(14, 100 * at)):.2f}%">',
            f"threshold {chosen:.2f} bits</span>",
            *levels,
            *ticks,
            '<span class="x" style="left:50%;margin-top:1.4rem">match weight, bits</span></div>',
        ]
    )


def _round_bits(rows: Sequence[dict[str, Any]]) -> list[int]:
    first, last = rows[0]["threshold_bits"], rows[-1]["threshold_bits"]
    step = next((s for s in (1, 2, 5, 10, 20, 50) if (last - first) / s <= TICKS), 100)
    return list(range(int(-(-first // step)) * step, int(last) + 1, step))


def _key() -> str:
    drawn = (
        f'<span><svg viewBox="0 0 36 10" aria-hidden="true"><path d="M0 5H36" stroke="{colour}" stroke-width="2.5" '
        f'stroke-dasharray="{dash}"/></svg>{label}</span>'
        for _, label, colour, dash in LINES
    )
    return f'<p class="key">{"".join(drawn)}</p>'


def _table(rows: Sequence[dict[str, Any]]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Threshold, bits", "Links", *(x[1] for x in LINES)))
    body = []
    for row in rows:
        shares = "".join(
            f"<td>{a:.3f} ({b:.3f} to {c:.3f})</td>" for a, b, c in (row[name] for name, *_ in LINES)
        )  # fmt: skip
        body.append(
            f'<tr><th scope="row">{row["threshold_bits"]:g}</th><td>{row["links"]:,}</td>{shares}'
            f"<td>{row['unlinkable']:.2%}</td></tr>"
        )
    return (
        '<details><summary>All numbers</summary><div class="wide" tabindex="0"><table><thead><tr>'
        f'{head}<th scope="col">Cannot be linked</th></tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div></details>"
    )
