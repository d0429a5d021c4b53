"""A model as one page that needs no network: what each level weighs, m and u, thresholds, and what cannot be linked."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from totalplace.linkage import Model
from totalplace.linkage.model import Level, Near
from totalplace.pipeline.model_pictures.curves import curve_sections, threshold_line
from totalplace.pipeline.model_pictures.weights import weighed, weight_and_ends

STYLE = """
:root { --ink: #1a1a1a; --soft: #4a5056; --line: #d5d9dd; --for: #0072b2; --against: #d55e00; --other: #555555; }
* { box-sizing: border-box; }
body { font: 16px/1.5 "Segoe UI", -apple-system, "Helvetica Neue", Arial, "Liberation Sans", sans-serif;
  color: var(--ink); max-width: 62rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.2rem; margin: 2rem 0 .25rem; }
h3 { font-size: 1rem; margin: 1rem 0 .25rem; overflow-wrap: anywhere; } p { margin: .25rem 0; color: var(--soft); }
.row { display: grid; grid-template-columns: 17rem 1fr 14.5rem; gap: .75rem; align-items: center; padding: .1rem 0; }
.row span { font-size: .875rem; overflow-wrap: anywhere; } .row svg { width: 100%; height: 1.1rem; display: block; }
.plot { position: relative; margin: 1.75rem .5rem 3.5rem 3.25rem; height: 17rem; border: 1px solid var(--line); }
.plot svg { width: 100%; height: 100%; display: block; }
.plot span { position: absolute; font-size: .8rem; color: var(--soft); white-space: nowrap; }
.plot .y { right: 100%; margin-right: .4rem; transform: translateY(50%); }
.plot .x { top: 100%; margin-top: .2rem; transform: translateX(-50%); }
.plot .mark { bottom: 100%; transform: translateX(-50%); color: var(--ink); }
.key { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; font-size: .875rem; }
.key svg { width: 2.2rem; height: .7rem; margin-right: .35rem; }
table { border-collapse: collapse; font-size: .875rem; } td, th { text-align: right; padding: .1rem .6rem; }
thead th { border-bottom: 1px solid var(--ink); } .wide { overflow-x: auto; }
summary { cursor: pointer; margin-top: .5rem; } :focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
@media (max-width: 640px) { .row { grid-template-columns: 1fr; gap: 0; padding: .35rem 0; } }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
TOLD = 0.1  # of near pairs, what more of them agree in is told
AXIS = 1000  # of every picture: its box is stretched to the room there is


def model_page(model: Model, quality: dict[str, Any] | None) -> str:
    """Return the page.

    Args:
        model: with m and u.
        quality: what `link` wrote beside it, if there: without it there are no thresholds to show.
    """
    lead = threshold_line(quality) if quality else "Thresholds are drawn from quality.json, which link writes beside."
    body = [
        f"<p>{escape(lead)}</p>",
        *_weights(model),
        *_chances(model),
        *(curve_sections(quality["by_threshold"], quality["threshold_bits"]) if quality else []),
    ]
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Linkage model</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>Linkage model</h1>",
            *body,
            "</main>\n</body>\n</html>\n",
        ]
    )


def _weights(model: Model) -> list[str]:
    """Return a bar for each level's match weight, with twice the standard error of m as a whisker."""
    told = [weight_and_ends(level) for comparison in model.comparisons for level in weighed(comparison.levels)]
    ends = [0.0, *(end for three in told for end in three if end is not None)]
    low, scale = min(ends), AXIS / max(max(ends) - min(ends), 1e-9)
    out = [
        "<h2>What each level weighs</h2>",
        "<p>Bits added to the match weight, before the frequency of the value. Whiskers reach two standard errors of m "
        "to either side.</p>",
    ]
    for comparison in model.comparisons:
        out.append(f"<h3>{escape(comparison.name)}</h3>")
        out += [_weight_row(level, low, scale) for level in weighed(comparison.levels)]
    return out


def _weight_row(level: Level, low: float, scale: float) -> str:
    weight, least, most = weight_and_ends(level)
    colour = "var(--for)" if weight >= 0 else "var(--against)"
    marks = [_bar(min(weight, 0.0) - low, max(weight, 0.0) - low, scale, colour, 20, 60), _line(-low * scale)]
    told = f"{weight:+.2f} bits"
    if most is not None:
        marks.append(_whisker(None if least is None else least - low, most - low, scale, 50))
        told += f" ({least:+.2f} to {most:+.2f})" if least is not None else f" (up to {most:+.2f})"
    return _row(level.label, marks, told)


def _chances(model: Model) -> list[str]:
    """Return two bars for each level: how often pairs of one person reach it (m), and any others (u)."""
    out = [
        "<h2>How often each level is reached</h2>",
        '<p class="key"><span><svg viewBox="0 0 10 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect width="10" height="10" fill="var(--for)"/></svg>m: by two records of one person</span>'
        '<span><svg viewBox="0 0 10 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect width="10" height="10" fill="var(--against)"/></svg>u: by records of two persons</span></p>',
    ]
    for comparison in model.comparisons:
        out.append(f"<h3>{escape(comparison.name)}</h3>")
        out += [_chance_row(level) for level in weighed(comparison.levels)]
    joined = [" with ".join(joint.comparisons) for joint in model.joints]
    if joined:
        out.append(f"<p>Weighed together, because they depend on one another: {escape('; '.join(joined))}.</p>")
    return out + [_near(one) for one in model.near]


def _near(one: Near) -> str:
    """Return a line on two people who share much: one in so many pairs, and what they share."""
    agree = sorted(((chances[0], name) for name, chances in one.levels.items() if chances[0] >= TOLD), reverse=True)
    shared = ", ".join(f"{name} in {share:.0%}" for share, name in agree) or "hardly anything"
    text = (
        f"A pair also has to be likelier one person than two people near one another, as in a household: one pair "
        f"of records in {1 / max(one.share, 1e-15):,.0f} is such a pair, and they share {shared}."
    )
    return f"<p>{escape(text)}</p>"


def _chance_row(level: Level) -> str:
    m, u, error = level.m or 0.0, level.u or 0.0, level.m_error
    marks, told = [_bar(0, m, AXIS, "var(--for)", 5, 40), _bar(0, u, AXIS, "var(--against)", 55, 40)], f"m {m:.3g}"
    if error is not None:
        marks.append(_whisker(m - 2 * error if m > 2 * error else None, m + 2 * error, AXIS, 25))
        told += f" ± {2 * error:.2g}"
    return _row(level.label, marks, f"{told}, u {u:.2g}")


def _row(label: str, marks: Sequence[str], numbers: str) -> str:
    picture = f'<svg viewBox="0 0 {AXIS} 100" preserveAspectRatio="none" aria-hidden="true">{"".join(marks)}</svg>'
    return f'<div class="row"><span>{escape(label)}</span>{picture}<span>{escape(numbers)}</span></div>'


def _bar(start: float, end: float, scale: float, colour: str, top: int, height: int) -> str:
    width = max((end - start) * scale, 1.5)
    return f'<rect x="{start * scale:.1f}" y="{top}" width="{width:.1f}" height="{height}" fill="{colour}"/>'


def _whisker(low: float | None, high: float, scale: float, middle: int) -> str:
    """Return a whisker; without an end to the left where there is no lower end."""
    start, end = (low or 0.0) * scale, high * scale
    ends = "".join(f"M{x:.1f} {middle - 18}V{middle + 18}" for x in ([end] if low is None else [start, end]))
    path = f"M{start:.1f} {middle}H{end:.1f}{ends}"
    return f'<path d="{path}" fill="none" stroke="var(--ink)" stroke-width="1.2" vector-effect="non-scaling-stroke"/>'


def _line(x: float) -> str:
    return f'<path d="M{x:.1f} 0V100" stroke="var(--soft)" vector-effect="non-scaling-stroke"/>'
