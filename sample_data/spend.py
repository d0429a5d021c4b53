"""The pretend place's spend table: plausible amounts per head, one amount missing, one printed figure that is wrong."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from totalplace.sample_data.settings import read_text

YEAR = "2023/24"
CASES_A_THOUSAND, SLIP = 4, 10
SPEND = """
[counting]
population = {people}
population_year = "2023"
population_source = "the pretend place's own register"

[findings.deflators]          # invented, so that totalplace count --price-year 2009/10 has something to do
"2009/10" = 74.0
"2023/24" = 100.0
"""


def spend_rules(people: int) -> str:
    """Return what totalplace.toml says of the place's money."""
    return SPEND.format(people=people)


def write_spend(people: int, folder: Path) -> None:
    """Write `spend/place.csv`: spend.csv's amounts per head times the people; a parent has the sum of its parts.

    Its last line is a scheme whose printed amount per family is a tenth of what it costs, as happens in print.
    """
    rows = list(csv.DictReader(io.StringIO(read_text("spend.csv"))))
    for row in rows:
        row["year"] = YEAR
        row["amount_gbp"] = str(int(row["amount_gbp"]) * people) if row["amount_gbp"] else ""
    for row in rows:
        parts = [int(part["amount_gbp"]) for part in rows if part["parent"] == row["line"]]
        row["amount_gbp"] = str(sum(parts)) if parts else row["amount_gbp"]
    rows.append(_scheme(people, rows[0]))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    (folder / "spend").mkdir(exist_ok=True)
    (folder / "spend" / "place.csv").write_bytes(text.getvalue().encode())


def _scheme(people: int, form: dict[str, str]) -> dict[str, str]:
    families, each = max(people * CASES_A_THOUSAND // 1000, 1), 12_340
    filled = {
        "line": "10", "name": "Family support scheme", "agency": "voluntary", "tier": "local", "control": "arms_length",
        "themes": "highest_need", "amount_gbp": str(families * each), "units": str(families),
        "per_unit_gbp": str(each // SLIP), "year": YEAR,
    }  # fmt: skip
    return {**dict.fromkeys(form, ""), **filled}
