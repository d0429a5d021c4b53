"""A pair explained to people: as lines, as one JSON object, and as a picture that needs no network."""

from __future__ import annotations

from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from totalplace import linkage
from totalplace.engine import LocalEngine
from totalplace.errors import InputError
from totalplace.linkage import Explanation, StandaloneRecords
from totalplace.pipeline.alone.link import LinkWish, clear_rules, needs_a_model
from totalplace.pipeline.run_folder import write_text

BAR = 30  # characters of the longest bar
ROW, LEFT, WIDTH, GAP = 26, 330, 420, 6  # of the picture, in pixels
FOR, AGAINST, WHOLE = "#0072b2", "#d55e00", "#555555"  # told apart by colour-blind readers; and by direction


def explain_files(wish: LinkWish, one: str, other: str, picture: Path | None) -> dict[str, Any]:
    """Explain the weight of two records of any tables.

    Args:
        wish: tables and model.
        one, other: ids of the records; with several tables `source-__-id` where an id alone is not unique.
        picture: SVG file to write.

    Returns:
        The explanation for `--json`, and its lines.
    """
    rules = clear_rules(wish.start, wish.options)
    chosen = wish.chosen()
    if chosen.model is None:
        raise needs_a_model()
    records = wish.records(rules.intake, chosen)
    left, right = _record(records, one, "first id"), _record(records, other, "second id")
    with LocalEngine(wish.workers) as engine:
        found = linkage.explain_pair(
            records.table, left, right, chosen.model, rules.linkage, engine, link_type=chosen.link_type
        )
    if picture is not None:
        write_text(picture, waterfall(found))
    return {**asdict(found), "compared": found.compared, "lines": explanation_lines(found)}


def _record(records: StandaloneRecords, name: str, where: str) -> int:
    """Return the number of the record of an id.

    Raises:
        InputError: TP468, no record or several have it; the id itself is not quoted.
    """
    source, _, own = name.rpartition("-__-")
    ids = np.array(records.ids.to_pylist(), object)
    hit = ids == own
    if source:
        hit &= records.source == (records.sources.index(source) if source in records.sources else -1)
    rows = np.flatnonzero(hit)
    if len(rows) != 1:
        what = "is of several records" if len(rows) else "is of no record"
        raise InputError("TP468", where, what, "Write the id as in the table; with several tables as source-__-id.")
    return int(np.flatnonzero(records.order == rows[0])[0])


def explanation_lines(found: Explanation) -> list[str]:
    """Return the waterfall as text: what each comparison adds, and where the total stands after it."""
    longest = max([1.0, *(abs(step.weight) for step in found.told)])
    wide = max([5, *(len(step.comparison) for step in found.told)])
    lines = [
        f"{'':{wide}}  {'weight':>8}  {'total':>8}",
        f"{'prior':{wide}}  {found.prior:>+8.2f}  {found.prior:>+8.2f}",
    ]
    for step in found.told:
        bar = ("+" if step.weight > 0 else "-") * round(BAR * abs(step.weight) / longest)
        rare = f", frequency {step.frequency:+.2f}" if step.frequency else ""
        chances = f" (m {step.m:.3g}, u {step.u:.3g}{rare})" if step.m is not None else ""
        lines.append(
            f"{step.comparison:{wide}}  {step.weight:>+8.2f}  {step.total:>+8.2f}  {bar:{BAR}}  {step.level}{chances}"
        )
    lines.append(f"match weight {found.weight:.2f} bits, match probability {found.probability:.6f}{_verdict(found)}")
    lines += [
        f"rule {' + '.join(rule.rule) or 'that compares every pair'}: {_answer(rule.answer, rule.differs)}"
        for rule in found.rules
    ]
    if not found.allowed:
        lines.append("The sources of these two records are not compared with one another.")
    if not found.compared:
        lines.append("No rule compares this pair: linking never weighs it.")
    return lines


def _answer(answer: str, columns: tuple[str, ...]) -> str:
    return f"{answer} ({', '.join(columns)})" if columns else answer


def _verdict(found: Explanation) -> str:
    if found.threshold is None:
        return ""
    return f": {'a link' if found.weight >= found.threshold else 'no link'}, the threshold is {found.threshold:.2f}"


def waterfall(found: Explanation) -> str:
    """Return the waterfall as SVG: a bar per comparison, from the total before it to the total after it."""
    bars = [("prior", 0.0, found.prior, "")]
    bars += [(s.comparison, s.total - s.weight, s.total, s.level) for s in found.told]
    bars.append(("match weight", 0.0, found.weight, f"probability {found.probability:.4f}"))
    ends = [0.0, *(end for bar in bars for end in bar[1:3])]
    low, high = min(ends), max(ends)
    scale = WIDTH / max(high - low, 1e-9)
    height = ROW * (len(bars) + 1)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 90}" height="{height}" role="img" '
        f'font-family="sans-serif" font-size="12"><title>Match weight in bits, comparison by comparison</title>'
    ]
    zero = LEFT - low * scale
    out.append(f'<line x1="{zero:.1f}" x2="{zero:.1f}" y1="0" y2="{height - ROW}" stroke="#999"/>')
    for row, (name, before, after, label) in enumerate(bars):
        x, size = LEFT + (min(before, after) - low) * scale, abs(after - before) * scale
        colour = WHOLE if row in (0, len(bars) - 1) else FOR if after >= before else AGAINST
        middle = row * ROW + ROW / 2 + 4
        out += [
            f'<text x="{LEFT - 10}" y="{middle:.0f}" text-anchor="end">{escape(_short(name, label))}</text>',
            f'<rect x="{x:.1f}" y="{row * ROW + GAP // 2}" width="{max(size, 1):.1f}" height="{ROW - GAP}" '
            f'fill="{colour}"/>',
            f'<text x="{x + size + 4:.1f}" y="{middle:.0f}">{after - before:+.2f}</text>',
        ]
    return "\n".join([*out, "</svg>"]) + "\n"


def _short(name: str, label: str) -> str:
    text = f"{name}: {label}" if label else name
    return text if len(text) <= 50 else f"{text[:49]}…"
