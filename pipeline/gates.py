"""The privacy gates that a project passes before any stage runs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from totalplace import intake
from totalplace.config import Project
from totalplace.config.privacy import PrivacyRules
from totalplace.errors import ConfigError, PrivacyError

KINDS = ("project", "row", "linkage")


@dataclass(frozen=True)
class Keys:
    """The keys of a run, never printed and never written.

    Args:
        project: project key, for encodings.
        linkage: the linkage unit's secret, for person, household and family ids.
        row: agency code -> that agency's row key.
        joint: key of joint acts, the same for all agencies.
    """

    project: bytes
    linkage: bytes
    row: Callable[[str], bytes]
    joint: bytes

    def __repr__(self) -> str:
        """Say nothing: a key must not reach a traceback."""
        return "Keys(...)"


def open_gates(project: Project, today: date, needs: Collection[str] = KINDS) -> Keys:
    """Check the project's privacy rules and read its keys.

    Args:
        project: rules and agencies.
        today: rules may end on a day.
        needs: kinds of key that the stages ahead use. No other is read: an agency that encodes holds no secret of the
            linkage unit, and the linkage unit holds no project key.

    Raises:
        PrivacyError: a rule of privacy forbids the run.
        ConfigError: a key file is not named.
    """
    rules = project.rules.privacy
    _cell_gate(rules, project)
    _mode_gate(rules)
    _dummy_gate(rules)
    _date_gate(rules, today)
    base = project.folder or Path()
    secret = intake.project_key(base, rules) if "project" in needs and rules.mode != "clear" else b""
    codes = [agency.agency.code for agency in project.agencies]
    rows = {code: intake.row_key(code, base, rules) for code in codes} if "row" in needs else {}
    linkage = intake.linkage_secret(base, rules) if "linkage" in needs else b""
    _refuse_shared({"project key": secret, "linkage key": linkage, **{f"row key of {c}": k for c, k in rows.items()}})
    return Keys(secret, linkage, rows.__getitem__, intake.joint_key(secret))


def _refuse_shared(keys: Mapping[str, bytes]) -> None:
    """Refuse one key under two names: whoever holds it for one purpose would hold it for the other."""
    named: dict[bytes, str] = {}
    for name, key in keys.items():
        if key and key in named:
            cure = "Make one for each: totalplace keys new --kind project, row or linkage."
            raise PrivacyError("TP535", name, f"is the same key as the {named[key]}", cure)
        named[key] = name


def _cell_gate(rules: PrivacyRules, project: Project) -> None:
    if rules.min_cell < rules.floor_min_cell:
        where = project.origin.get("privacy.min_cell", "privacy.min_cell")
        raise PrivacyError(
            "TP501",
            f"{where}, key 'privacy.min_cell'",
            f"{rules.min_cell} is under the floor of {rules.floor_min_cell}, which no option undercuts",
            f"Use {rules.floor_min_cell} or more; the default is 10.",
        )


def too_few_to_show(project: Project, most: int) -> str:
    """Return why no number of a run can be shown; "" if some may be.

    Args:
        project: its rules.
        most: how many people the run can have at most: its persons, or its client records before they are linked.
    """
    least = project.rules.privacy.min_cell
    if most >= least:
        return ""
    origin = project.origin.get("privacy.min_cell", "")
    where = origin if origin.startswith("option") else "privacy.min_cell"
    what = f"{least:,} is more people than this place has, so no number will be shown on any page or table"
    return f"{where}: {what}; use a smaller one, {project.rules.privacy.floor_min_cell} or more"


def _mode_gate(rules: PrivacyRules) -> None:
    if rules.mode == "clear" and not rules.synthetic and not (rules.controller and rules.lawful_basis):
        raise PrivacyError(
            "TP502",
            "totalplace.toml, key 'privacy.mode'",
            "clear needs one lawful controller",
            'Name privacy.controller and privacy.lawful_basis, or use mode = "tokens".',
        )


def _dummy_gate(rules: PrivacyRules) -> None:
    if rules.dummy_share:
        raise PrivacyError(
            "TP504",
            "totalplace.toml, key 'privacy.dummy_share'",
            "promises dummy rows, which are not made yet",
            "Leave it at 0: a protection that is asked for is never skipped without a word.",
        )


def _date_gate(rules: PrivacyRules, today: date) -> None:
    if not rules.destroy_by:
        return
    try:
        last = date.fromisoformat(rules.destroy_by)
    except ValueError:
        raise ConfigError(
            "TP307", "totalplace.toml, key 'privacy.destroy_by'", "not a date", "Write it as 2027-03-31."
        ) from None
    if today > last:
        raise PrivacyError(
            "TP503",
            "totalplace.toml, key 'privacy.destroy_by'",
            "the encodings are past the day on which they end",
            "Destroy them (totalplace keys retire), and start a new project with new keys.",
        )
