"""A finding taken apart: the rule that fired, each record's part in it, what was left out and why, what would undo it.

The measures are worked out again on the subject's own contacts, by the same code and under the run's rules: an
explanation that could disagree with the finding would explain nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from totalplace.config.findings import FindingsRules
from totalplace.journeys.explained.assessment import why_concurrent, why_duplicate
from totalplace.journeys.explained.family import why_family
from totalplace.journeys.explained.moves import why_bounce, why_drop_out, why_repeat
from totalplace.journeys.explained.pathway import why_pathway
from totalplace.journeys.explained.reasons import Why
from totalplace.tables import Engine, Handle

Row = Mapping[str, Any]
_KINDS: dict[str, Callable[[Row, Handle, FindingsRules, Engine], Why]] = {
    "duplicated_assessment": why_duplicate,
    "concurrent_assessment": why_concurrent,
    "high_demand_family": why_family,
    "bounce": why_bounce,
    "drop_out": why_drop_out,
    "repeat_demand": why_repeat,
    "pathway_violation": why_pathway,
}


def explain_finding(finding: Row, contacts: Handle, rules: FindingsRules, engine: Engine) -> Why:
    """Return why a finding was made; of a kind without an explanation of its own, only where its rule is defined.

    Args:
        finding: a row of FINDINGS.
        contacts: `Journeys.contacts` of the run that made it.
        rules: the section `findings` of that run.
        engine: where it runs.
    """
    if finding["kind"] not in _KINDS:
        return Why(f"Rule {finding['rule_id']}, as docs/reference/findings.md defines it.", {}, (), ())
    return _KINDS[finding["kind"]](finding, contacts, rules, engine)
