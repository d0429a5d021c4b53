"""A model as a picture that needs no network: what each level weighs, with its m and u."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from totalplace import linkage
from totalplace.linkage import Model
from totalplace.linkage.score import level_weights
from totalplace.pipeline.run_folder import write_text
from totalplace.pipeline.standalone import named_model

ROW, LABELS, WIDTH, NUMBERS, BAR = 22, 380, 420, 150, 14  # pixels
FOR, AGAINST = "#0072b2", "#d55e00"  # told apart by colour-blind readers; and by direction
LONGEST_LABEL = 58


def chart_model(path: Path, out: Path) -> dict[str, Any]:
    """Draw the match weights of a model of ours or of Splink's into an SVG file."""
    text = named_model(path)
    model = linkage.read_splink(text).model if text.lstrip().startswith("{") else linkage.read_model(text)
    write_text(out, weights_chart(model))
    return {"file": str(out), "lines": [f"{out}   match weight of each level, with m and u"]}


def weights_chart(model: Model) -> str:
    """Return the match weights (bits) of all levels that have m and u as SVG, a bar per level."""
    rows: list[tuple[str, float, float, float] | str] = []
    for comparison in model.comparisons:
        rows.append(comparison.name)
        for level in comparison.levels:
            if level.m is not None and level.u is not None and not level.null:
                rows.append((level.label, level.m, level.u, float(level_weights([(level.m, level.u)])[1])))
    weights = [0.0, *(row[3] for row in rows if not isinstance(row, str))]
    scale = WIDTH / max(max(weights) - min(weights), 1e-9)
    zero = LABELS - min(weights) * scale
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
            out += _bar(*row, base, zero, scale)
    out.append(f'<line x1="{zero:.1f}" x2="{zero:.1f}" y1="0" y2="{height}" stroke="#666"/>')
    return "\n".join([*out, "</svg>"]) + "\n"


def _bar(label: str, m: float, u: float, weight: float, base: int, zero: float, scale: float) -> list[str]:
    x, size = zero + min(weight, 0.0) * scale, abs(weight) * scale
    short = label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"
    return [
        f'<text x="{LABELS - 10}" y="{base - 5}" text-anchor="end">{escape(short)}</text>',
        f'<rect x="{x:.1f}" y="{base - BAR - 3}" width="{max(size, 1):.1f}" height="{BAR}" '
        f'fill="{FOR if weight >= 0 else AGAINST}"><title>{weight:+.2f} bits: m {m:.4g}, u {u:.4g}</title></rect>',
        f'<text x="{LABELS + WIDTH + 8}" y="{base - 5}">{weight:+.2f}  m {m:.2g}  u {u:.2g}</text>',
    ]
