"""Reviewers' judgements on findings: CSV files in the project's `judgements/`, data that outlives re-runs."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from io import StringIO
from pathlib import Path
from typing import Literal, cast

from totalplace.config.hidden import refuse_hidden
from totalplace.errors import ConfigError, listed

FOLDER = "judgements"
COLUMNS = ("finding_id", "verdict", "reason", "reviewer", "date", "drawn")
NEEDED = ("finding_id", "verdict")
VERDICTS = ("yes", "no", "unsure")
DATE_FORMS = ("%Y-%m-%d", "%d/%m/%Y")  # the second is what a spreadsheet of this country saves
Verdict = Literal["yes", "no", "unsure"]


@dataclass(frozen=True)
class Judgement:
    """What one reviewer said of one finding.

    Args:
        finding_id: hex, as in FINDINGS; it is the same in every run that makes the finding.
        verdict: yes = it is what it says; no = it is not; unsure.
        reason: why; never empty where the verdict is no.
        reviewer: who, in words of the project's own.
        day: when, `YYYY-MM-DD`; empty = not told.
        drawn: name of the random draw that it was read in; empty = read for another reason.
    """

    finding_id: str
    verdict: Verdict
    reason: str
    reviewer: str
    day: str
    drawn: str


def load_judgements(project: Path | None) -> tuple[Judgement, ...]:
    """Return the judgement in force on each finding, by finding_id; rows without a verdict say nothing.

    The last day wins. Of one day's different verdicts none does: the finding is unsure.

    Args:
        project: the project's folder; None = no project, no judgements.

    Raises:
        ConfigError: a file is no CSV, lacks a column, or a row says something else than a verdict or a day.
    """
    if project is None:
        return ()
    by_finding: dict[str, list[Judgement]] = {}
    for path in sorted((project / FOLDER).glob("*.csv")):
        for one in _read(path):
            by_finding.setdefault(one.finding_id, []).append(one)
    return tuple(_in_force(by_finding[key]) for key in sorted(by_finding))


def judgements_hash(judgements: tuple[Judgement, ...]) -> str:
    """Return 12 hex digits over what is in force; empty where nothing is."""
    body = json.dumps([asdict(one) for one in judgements], sort_keys=True)
    return hashlib.sha256(body.encode()).hexdigest()[:12] if judgements else ""


def _in_force(said: list[Judgement]) -> Judgement:
    last = max(one.day for one in said)
    latest = sorted((one for one in said if one.day == last), key=lambda one: (one.verdict, one.reason, one.reviewer))
    drawn = max(one.drawn for one in said)
    agreed = len({one.verdict for one in latest}) == 1
    first = latest[0]
    verdict: Verdict = first.verdict if agreed else "unsure"
    return Judgement(first.finding_id, verdict, first.reason, first.reviewer, first.day, drawn)


def _read(path: Path) -> list[Judgement]:
    rows = read_rows(path, f"{FOLDER}/{path.name}", NEEDED)
    return [_judgement(row, where) for where, row in rows if row["verdict"]]


def read_rows(path: Path, name: str, needed: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    """Return the rows of a CSV that people filled in, each with where it stands; cells without blanks at their ends.

    Args:
        path: UTF-8, with commas, semicolons or tabs, as spreadsheets save it.
        name: what messages call it.
        needed: columns that must be there; one of `COLUMNS` that is not is empty.

    Raises:
        ConfigError: TP301, TP302 or TP361.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError("TP301", name, f"cannot be read ({error.strerror})", "Check its name and rights.") from None
    except UnicodeDecodeError:
        raise ConfigError("TP302", name, "is not UTF-8 text", "Save it as CSV UTF-8.") from None
    head = text.split("\n", 1)[0]
    rows = csv.DictReader(StringIO(text, newline=""), delimiter=max(",;\t", key=head.count))
    columns = [column.strip() for column in rows.fieldnames or ()]
    rows.fieldnames = columns
    lacking = [column for column in needed if column not in columns]
    if lacking:
        raise ConfigError("TP361", name, f"lacks column {listed(lacking)}", f"Its first line names {listed(needed)}.")
    wanted = dict.fromkeys((*columns, *COLUMNS))
    return [(f"{name}, line {rows.line_num}", {c: (row.get(c) or "").strip() for c in wanted}) for row in rows]


def _judgement(cells: Mapping[str, str], where: str) -> Judgement:
    finding, verdict = cells["finding_id"].lower(), cells["verdict"].lower()
    if len(finding) != 32 or not set(finding) <= set("0123456789abcdef"):
        what = "is not the id of a finding"
        raise ConfigError("TP362", f"{where}, column 'finding_id'", what, "Copy all 32 hex digits of it.")
    if verdict not in VERDICTS:
        cure = f"Write {listed(VERDICTS)}, or leave it empty while nobody has judged."
        raise ConfigError("TP362", f"{where}, column 'verdict'", "is no verdict", cure)
    if verdict == "no" and not cells["reason"]:
        cure = "Say why the finding is not what it says: the reason is kept beside it."
        raise ConfigError("TP362", f"{where}, column 'reason'", "is empty beside a verdict of no", cure)
    refuse_hidden({c: cells[c] for c in ("reason", "reviewer")}, {}, where)
    day = _day(cells["date"], f"{where}, column 'date'")
    return Judgement(finding, cast(Verdict, verdict), cells["reason"], cells["reviewer"], day, cells["drawn"])


def _day(text: str, where: str) -> str:
    if not text:
        return ""
    for form in DATE_FORMS:
        try:
            found: date = datetime.strptime(text, form).date()
        except ValueError:
            continue
        return found.isoformat()
    raise ConfigError("TP362", where, "is not a day", "Write it as 2027-03-31.")
