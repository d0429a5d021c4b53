"""A model as a picture that needs no network: what each level weighs, with its m and u."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import log2

from totalplace.linkage import Model
from totalplace.linkage.model import Level
from totalplace.linkage.score import level_weights

ROW, LABELS, WIDTH, NUMBERS, BAR = 22, 380, 420, 150, 14  # pixels
FOR, AGAINST = "#0072b2", "#d55e00"  # told apart by colour-blind readers; and by direction
LONGEST_LABEL = 58


def weight_and_ends(level: Level) -> tuple[float, float | None, float | None]:
    """Return a level's weight (bits) and the ends of what m, two standard errors lower or higher, would make of it.

    None where training could not tell; the lower end also where m may as well be nought.
    """
    m, u, error = level.m or 1.0, level.u or 1.0, level.m_error
    weight = float(level_weights([(m, u)])[1])
    if error is None:
        return weight, None, None
    low = log2((m - 2 * error) / u) if m > 2 * error else None
    return weight, low, log2((m + 2 * error) / u)


def weighed(levels: Sequence[Level]) -> list[Level]:
    """Return the levels that weigh something: they have m and u, and do not count as missing."""
    return [level for level in levels if level.m is not None and level.u is not None and not level.null]


def weights_chart(model: Model) -> str:
    """Return the match weights (bits) of all levels that have m and u as SVG, a bar per level.

    A whisker reaches two standard errors of m to either side, where training could tell it.
    """
    rows: list[Level | str] = []
    for comparison in model.comparisons:
        rows += [comparison.name, *weighed(comparison.levels)]
    ends = [0.0, *(x for row in rows if not isinstance(row, str) for x in weight_and_ends(row) if x is not None)]
    scale = WIDTH / max(max(ends) - min(ends), 1e-9)
    zero = LABELS - min(ends) * scale
    height = ROW * (len(rows) + 1)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LABELS + WIDTH + NUMBERS}" height="{height}" role="img" '
        'font-family="sans-serif" font-size="12"><title>Match weight of each comparison level, in bits</title>'
    ]
    for number, row in enumerate(rows):
        base = ROW * (number + 1)
        if isinstance(row, str):
            out.append(f'<text x="8" y="{base - 5}" font-weight="bold">{escape(row)}</text>')
        else:
            out += [*_bar(row, base, zero, scale), _whisker(row, base - 3 - BAR // 2, zero, scale)]
    out.append(f'<line x1="{zero:.1f}" x2="{zero:.1f}" y1="0" y2="{height}" stroke="#666"/>')
    return "\n".join([*filter(None, out), "</svg>"]) + "\n"


def _bar(level: Level, base: int, zero: float, scale: float) -> list[str]:
    weight, m, u, label = weight_and_ends(level)[0], level.m, level.u, level.label
    x, size = zero + min(weight, 0.0) * scale, abs(weight) * scale
    short = label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"
    return [
        f'<text x="{LABELS - 10}" y="{base - 5}" text-anchor="end">{escape(short)}</text>',
        f'<rect x="{x:.1f}" y="{base - BAR - 3}" width="{max(size, 1):.1f}" height="{BAR}" '
        f'fill="{FOR if weight >= 0 else AGAINST}"><title>{weight:+.2f} bits: m {m:.4g}, u {u:.4g}</title></rect>',
        f'<text x="{LABELS + WIDTH + 8}" y="{base - 5}">{weight:+.2f}  m {m:.2g}  u {u:.2g}</text>',
    ]


def _whisker(level: Level, middle: int, zero: float, scale: float) -> str:
    """Return the whisker; without an end to the left where m may as well be nought."""
    _, low, high = weight_and_ends(level)
    if high is None:
        return ""
    start, end = LABELS if low is None else zero + low * scale, zero + high * scale
    ends = "".join(f"M{x:.1f} {middle - 3}v6" for x in (start, end) if x == end or low is not None)
    return f'<path d="M{start:.1f} {middle}H{end:.1f}{ends}" stroke="#1a1a1a" fill="none"/>'
