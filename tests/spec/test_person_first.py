"""Person first: whatever a page may show is a number of, or a number behind which stand, people or families."""

from __future__ import annotations

from ..conftest import Tell

LINES = """
p 0 council purpose=financial assessment=yes theme=debts
p 10 nhs purpose=financial assessment=yes referral_to=council
p 20 council purpose=financial
q 0 nhs
q 5 council theme=debts
"""


def test_every_number_of_every_table_names_the_people_or_families_behind_it(tell: Tell) -> None:
    told = tell(LINES)
    cells = told.engine.fetch(told.found().cells).to_pylist()
    assert len({cell["table"] for cell in cells}) > 15
    for cell in cells:
        assert cell["unit"] in ("people", "families"), cell["table"]
        assert cell["people"] >= 1, (cell["table"], cell["row"], cell["column"])
