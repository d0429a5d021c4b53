"""How well encodings hold: attackers without a key, and one with it, on invented data or one's own.

Nothing here guards anybody: it measures. An attacker is a function from what it holds (`Codes`, `ValueList`) to a
guess; the truth stands with the judge alone.
"""

from typing import TYPE_CHECKING

from totalplace.late import open_late

if TYPE_CHECKING:
    from totalplace.attack.exposure import column_exposure, fill_counts, share_unique
    from totalplace.attack.field import Field, field_of, record_field
    from totalplace.attack.measure import (
        Measured,
        analysis_columns,
        attack_field,
        attack_hardened,
        attack_salted,
        dictionary_hits,
        dictionary_of,
    )

__all__ = [
    "Field",
    "Measured",
    "analysis_columns",
    "attack_field",
    "attack_hardened",
    "attack_salted",
    "column_exposure",
    "dictionary_hits",
    "dictionary_of",
    "field_of",
    "fill_counts",
    "record_field",
    "share_unique",
]

open_late(
    __name__,
    {
        "Field": "field",
        "Measured": "measure",
        "analysis_columns": "measure",
        "attack_field": "measure",
        "attack_hardened": "measure",
        "attack_salted": "measure",
        "column_exposure": "exposure",
        "dictionary_hits": "measure",
        "dictionary_of": "measure",
        "field_of": "field",
        "fill_counts": "exposure",
        "record_field": "field",
        "share_unique": "exposure",
    },
)
