"""The weakest link between records of one person, and the draws that part them."""

from __future__ import annotations

import pyarrow as pa

from totalplace.linkage import WeakestLink, draws_apart, weakest_link
from totalplace.tables import ALTERNATIVES, PARTITIONS

IDS = {name: name.encode() * 16 for name in "abcd"}


def links(*pairs: tuple[str, str, float]) -> pa.Table:
    return pa.table(
        {
            "row_id_l": pa.array([IDS[a] for a, _, _ in pairs], pa.binary(16)),
            "row_id_r": pa.array([IDS[b] for _, b, _ in pairs], pa.binary(16)),
            "probability": [p for _, _, p in pairs],
        }
    )


def same(**labels: int) -> pa.Table:
    return pa.table({"row_id": pa.array([IDS[n] for n in labels], pa.binary(16)), "same": list(labels.values())})


APART = same(a=-1, b=-1, c=-1, d=-1)
EVERYBODY = list(IDS.values())


def test_the_weakest_link_lies_on_the_strongest_way() -> None:
    way = links(("a", "b", 0.6), ("a", "c", 0.9), ("b", "c", 0.8), ("c", "d", 0.5))
    assert weakest_link([IDS["a"], IDS["b"]], EVERYBODY, way, APART) == WeakestLink(IDS["b"], IDS["c"], 0.8)


def test_a_link_elsewhere_in_the_person_is_not_named() -> None:
    way = links(("a", "b", 0.9), ("b", "d", 0.3))
    found = weakest_link([IDS["a"], IDS["b"]], EVERYBODY, way, APART)
    assert found is not None and found.probability == 0.9


def test_records_of_one_client_of_an_agency_need_no_link() -> None:
    assert weakest_link([IDS["a"], IDS["b"]], EVERYBODY, links(("a", "b", 0.2)), same(a=5, b=5, c=-1, d=-1)) is None


def test_links_to_other_persons_are_not_used() -> None:
    way = links(("a", "d", 0.99), ("b", "d", 0.99), ("a", "b", 0.4))
    found = weakest_link([IDS["a"], IDS["b"]], [IDS["a"], IDS["b"]], way, APART)
    assert found is not None and found.probability == 0.4


def test_a_draw_counts_where_it_gives_two_records_to_two_persons() -> None:
    alternatives = pa.Table.from_pylist(
        [
            {"alternative": number, "row_id": IDS[row], "person_id": IDS[person]}
            for number, row, person in [(0, "a", "a"), (0, "b", "a"), (1, "a", "a"), (1, "b", "b"), (2, "c", "c")]
        ],
        schema=ALTERNATIVES.schema,
    )
    partitions = pa.Table.from_pylist(
        [
            {"partition_id": name, "group": group, "alternative": number}
            for name, group, number in [("linked", 0, 0), ("draw 0", 0, 1), ("draw 1", 0, 0), ("draw 1", 1, 2)]
        ],
        schema=PARTITIONS.schema,
    )
    assert draws_apart([[IDS["a"], IDS["b"]]], partitions, alternatives) == 1
    assert draws_apart([[IDS["a"]], [IDS["b"]]], partitions, alternatives) == 0
