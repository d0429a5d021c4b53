"""Three agencies' extracts to practise on: the files alone, without the rules that would read them.

They are three of a pretend place's ten agencies. Each sends one CSV file in its own columns and date forms, and says
nothing else: what a new analyst finds in the inbox.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv

from totalplace.sample_data.files import Layout, write_delimited
from totalplace.sample_data.place import make_place


def make_extracts(people: int, seed: int, folder: Path) -> dict[Path, int]:
    """Write housing.csv, police.csv and advice.csv of a pretend place into a folder.

    Args:
        people: size of the place, at least 100; about a third of them are known to one of the three.
        seed: equal seeds give equal bytes.
        folder: made if missing; files in it are written over.

    Returns:
        The files in this order, with their rows.

    Raises:
        UsageError: too few people.
    """
    with tempfile.TemporaryDirectory() as place:
        make_place(people, seed, Path(place))
        data = Path(place) / "data"
        tables = {
            "housing": _housing(data),
            "police": pa.concat_tables(_read(path) for path in sorted(data.glob("police_*.csv"))),
            "advice": _read(data / "voluntary_sessions.csv"),
        }
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        write_delimited(table, folder / f"{name}.csv", Layout("utf-8", ","))
    return {folder / f"{name}.csv": table.num_rows for name, table in tables.items()}


def _housing(data: Path) -> pa.Table:
    """Return one row per visit with the tenant's latest details beside it, as a system prints its list of visits."""
    tenants, visits = _read(data / "housing_tenants.csv"), _read(data / "housing_contacts.csv")
    numbered = tenants.append_column("row", pa.array(range(tenants.num_rows)))
    latest = numbered.group_by("TenancyRef").aggregate([("row", "max")])
    details = tenants.take(latest.column("row_max")).drop_columns(["Ward"])
    visits = visits.append_column("place", pa.array(range(visits.num_rows)))
    joined = visits.join(details, "TenancyRef", join_type="left outer").sort_by("place").drop_columns(["place"])
    return pa.table({name: pc.fill_null(joined[name], "") for name in joined.column_names})


def _read(path: Path) -> pa.Table:
    """Return a file of the pretend place as texts."""
    with csv.open_csv(path) as reader:
        names = reader.schema.names
    texts = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
    return csv.read_csv(path, convert_options=texts)
