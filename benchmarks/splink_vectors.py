"""Known answers of Splink, small enough to be kept: python benchmarks/splink_vectors.py tests/vectors

Runs in Splink's own environment. Writes a file per model: records of made-up syllables with slips of the pen, the model
as Splink saves it, and every pair above the floor with Splink's weight and gammas.
"""

from __future__ import annotations

import datetime
import json
import logging
import random
import sys
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from splink import Linker
from splink.backends.duckdb import DuckDBAPI
from splink_models import FLOOR, MODELS

PERSONS = 40
SYLLABLES = ("ba", "do", "li", "mé", "nor", "ra", "ste", "tu", "vi", "wen")
VECTORS = ("febrl_dedupe", "febrl_link", "historical", "people_sources")


def word(dice: random.Random, few: int) -> str:
    """Return a word of two or three syllables, one of about `few` that are likely."""
    own = random.Random(min(dice.randrange(few), dice.randrange(few)))
    return "".join(own.choice(SYLLABLES) for _ in range(own.choice((2, 2, 3))))


def person(dice: random.Random) -> dict[str, Any]:
    """Return what is true of one person."""
    born = datetime.date(1930, 1, 1) + datetime.timedelta(days=dice.randrange(30_000))
    area, inward = dice.choice(("N", "SE", "M")), f"{dice.choice('ABD')}{dice.choice('EFG')}"
    postcode = f"{area}{dice.randrange(1, 12)} {dice.randrange(1, 10)}{inward}"
    first, last = word(dice, 12), word(dice, 25)
    return {
        "given_name": first, "first_name": first.title(), "surname": last, "date_of_birth": born.strftime("%Y%m%d"),
        "dob": born.isoformat(), "postcode": postcode, "postcode_fake": postcode, "suburb": word(dice, 8),
        "address_1": f"{word(dice, 10)} street", "street_number": str(dice.randrange(1, 30)),
        "gender": dice.choice("mf"), "sex": dice.choice("MF"), "occupation": word(dice, 6),
        "birth_place": dice.choice(("london", word(dice, 6))),
    }  # fmt: skip


def slip(dice: random.Random, true: dict[str, Any]) -> dict[str, Any]:
    """Return a record of a person: values missing, letters lost or doubled, names exchanged."""
    out = dict(true)
    for name, value in true.items():
        chance, at = dice.random(), dice.randrange(len(value))
        if chance < 0.06:
            out[name] = None
        elif chance < 0.2 and name not in ("dob", "gender", "sex"):
            out[name] = value[:at] + dice.choice(("", value[at] * 2, "a")) + value[at + 1 :]
    if dice.random() < 0.06:
        out["given_name"], out["surname"] = out["surname"], out["given_name"]
    return out


def records(dice: random.Random) -> list[dict[str, Any]]:
    """Return two or three records of each person, in two sources."""
    found = [slip(dice, one) for one in [person(dice) for _ in range(PERSONS)] for _ in range(dice.choice((2, 3)))]
    return [{"record_id": f"r{dice.randrange(10**6):06}", "source_dataset": dice.choice("ab"), **one} for one in found]


def answers(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the model as trained and what Splink says of the pairs."""
    settings = MODELS[name]()
    sources = sorted({row["source_dataset"] for row in rows}) if settings.link_type != "dedupe_only" else [""]
    connection = duckdb.connect()
    database, tables = DuckDBAPI(connection), []
    for source in sources:
        own = [row for row in rows if source in ("", row["source_dataset"])]
        kept = pa.Table.from_pylist(own).drop_columns(["source_dataset"])
        if name.startswith("people"):
            kept = kept.set_column(kept.column_names.index("dob"), "dob", kept["dob"].cast(pa.date32()))
        connection.register(source or "all_records", kept)
        tables.append(database.register(source or "all_records"))
    linker = Linker(tables, settings, log_level=logging.ERROR)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    model = linker.misc.save_model_to_json()
    found = linker.inference.predict(threshold_match_probability=FLOOR)
    pairs = connection.execute(
        f"select * from {found.physical_name} order by record_id_l, record_id_r"
    ).to_arrow_table()
    wanted = [
        c for c in pairs.column_names if c in ("record_id_l", "record_id_r", "match_weight") or c.startswith("gamma_")
    ]
    return {"records": rows, "model": model, "pairs": pairs.select(wanted).to_pylist()}


def main() -> None:
    """Write the vectors into the folder that the command names."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    rows = records(random.Random(2009))
    for name in VECTORS:
        made = answers(name, rows)
        lines = [
            f'"{key}": [\n{",".join(chr(10) + json.dumps(x, ensure_ascii=False) for x in made[key])}]'
            for key in ("records", "pairs")
        ]
        text = "{" + ",\n".join([*lines, f'"model": {json.dumps(made["model"], indent=1)}']) + "}\n"
        (folder / f"splink_{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
