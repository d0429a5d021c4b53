"""Early warning, honestly (FAM5): a signal before high demand, fitted on earlier time and judged on later."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.config.findings import EarlyWarningRules, FindingsRules
from totalplace.journeys.families.periods import Periods, periods_of
from totalplace.journeys.judged import wilson
from totalplace.journeys.measured import Measured, Measurement
from totalplace.tables import Engine, Handle, Note

Real = np.ndarray
INTERVAL = 0.95
TENTHS = 10
ROUNDS = 50
RIDGE = 1.0  # keeps weights finite where a signal parts the families without an error
TOO_SHORT, NOT_SURE, NO_GAIN = "too few whole periods", "too few would be right", "no better than last period's count"


def fit_weights(signals: Real, happened: Real) -> Real:
    """Return weights of a logistic model, the constant first: ridge-penalised maximum likelihood by Newton's steps.

    Args:
        signals: float64[families, signals].
        happened: bool[families].

    Source: T. Hastie, R. Tibshirani, J. Friedman, The Elements of Statistical Learning (2009), section 4.4.
    """
    x = np.column_stack([np.ones(len(signals)), signals])
    penalty = RIDGE * np.diag([0.0, *np.ones(signals.shape[1])])
    weights = np.zeros(x.shape[1])
    for _ in range(ROUNDS):
        likely = chances(signals, weights)
        slope = x.T @ (happened - likely) - penalty @ weights
        curve = (x * (likely * (1 - likely))[:, None]).T @ x + penalty + 1e-9 * np.eye(x.shape[1])
        step = np.linalg.solve(curve, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-10:
            break
    return weights


def chances(signals: Real, weights: Real) -> Real:
    """Return the chance that the weights give each family."""
    return np.asarray(1 / (1 + np.exp(-np.clip(weights[0] + signals @ weights[1:], -30, 30))))


def precision_of_list(score: Real, happened: Real, size: int) -> tuple[float, int]:
    """Return how many of the `size` highest scores came true, and the size; ties at its end count in part."""
    size = min(size, len(score))
    each, place, n = np.unique(-np.asarray(score, np.float64), return_inverse=True, return_counts=True)
    before = np.cumsum(n) - n
    listed = np.clip((size - before) / n, 0.0, 1.0)[place]
    return round(float(np.dot(listed, happened)), 9), size


def judge_list(score: Real, baseline: Real, happened: Real, rules: EarlyWarningRules) -> dict[str, Any]:
    """Return precision at the list's size with its interval, recall, calibration, the baseline, and why it is withheld.

    Args:
        score: chance of each family, from signals before the day.
        baseline: last period's count of each.
        happened: bool: high demand came after.
        rules: size of the list, least precision.

    Source: docs/reference/findings.md, FAM5.
    """
    hits, size = precision_of_list(score, happened, rules.list_size)
    plain, _ = precision_of_list(baseline, happened, rules.list_size)
    low, high = wilson(int(hits), size, INTERVAL)
    every = int(happened.sum())
    unsure, gain = low < rules.min_precision_share, (hits - plain) / size if size else 0.0
    return {
        "families": len(score), "list_size": size, "happened": every, "precision": hits / size if size else None,
        "low": low, "high": high, "recall": hits / every if every else None,
        "baseline_precision": plain / size if size else None, "gain": gain,
        "calibration": _calibration(score, happened),
        "withheld": NOT_SURE if unsure else NO_GAIN if gain <= 0 else "",
    }  # fmt: skip


def _calibration(score: Real, happened: Real) -> list[dict[str, float]]:
    """Return mean chance and share that came true, by tenth of the families from the least likely up."""
    parts = np.array_split(np.lexsort((happened, score)), TENTHS)
    return [
        {"chance": round(float(score[part].mean()), 6), "happened": round(float(happened[part].mean()), 6)}
        for part in parts
        if len(part)
    ]


def warn_early(of: Measured, rules: FindingsRules, engine: Engine) -> Measurement:
    """Return whether high demand could have been told a period ahead, and the families to look at if so."""
    periods = periods_of(of, rules.persistence, engine)
    last = len(periods) - 1
    if last < 2 or not periods.known[:, last - 1 :].all(axis=1).any():
        return Measurement({"early_warning": {"withheld": TOO_SHORT}}, _notes({"withheld": TOO_SHORT}))
    then, now = (
        periods.known[:, last - 2] & periods.known[:, last - 1],
        periods.known[:, last - 1] & periods.known[:, last],
    )
    weights = fit_weights(_signals(periods, last - 2)[then], _high(periods, last - 1, rules)[then])
    score = chances(_signals(periods, last - 1)[now], weights)
    found = judge_list(
        score, periods.interventions[now, last - 1], _high(periods, last, rules)[now], rules.early_warning
    )
    tables = {} if found["withheld"] else {"early_warning": _listed(periods, weights, rules, engine)}
    return Measurement({"early_warning": found}, _notes(found), tables=tables)


def _signals(periods: Periods, k: int) -> Real:
    """Return what is known of each family at the end of a period: interventions and agencies in it, as logarithms."""
    return np.log1p(np.stack([periods.interventions[:, k], periods.agencies[:, k]], axis=1).astype(np.float64))


def _high(periods: Periods, k: int, rules: FindingsRules) -> Real:
    wide = periods.agencies[:, k] >= rules.families.min_agencies
    return np.asarray(wide & (periods.interventions[:, k] >= min(rules.families.min_interventions)))


def _listed(periods: Periods, weights: Real, rules: FindingsRules, engine: Engine) -> Handle:
    """Return family_id and chance of the families to look at from the last day of the data on, the likeliest first."""
    score = np.round(chances(_signals(periods, len(periods) - 1), weights), 9)
    ids = engine.fetch(periods.families, ["family_id"])["family_id"].combine_chunks()
    first = np.lexsort((np.arange(len(score)), -score))[: rules.early_warning.list_size]
    return engine.hold(pa.table({"family_id": ids.take(pa.array(first)), "chance": pa.array(score[first])}))


def _notes(found: dict[str, Any]) -> tuple[Note, ...]:
    if "precision" not in found:
        return (Note("early_warning", f"No early warning is judged: {found['withheld']}."),)
    verdict = f"Keys are withheld: {found['withheld']}." if found["withheld"] else "Keys are in early_warning.parquet."
    text = (
        f"Of {found['list_size']:,} families told a period ahead {_share(found['precision'])} came to high demand "
        f"({_share(found['low'])} to {_share(found['high'])}); by last period's count alone "
        f"{_share(found['baseline_precision'])}. {verdict}"
    )
    return (Note("early_warning", text),)


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:.0%}"
