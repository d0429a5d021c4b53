"""Who is the same person: sees tokens, never services."""

from typing import TYPE_CHECKING

from totalplace.late import open_late

if TYPE_CHECKING:
    from totalplace.linkage.explain import Explanation, explain_pair, explain_pairs
    from totalplace.linkage.holding import WeakestLink, draws_apart, weakest_link
    from totalplace.linkage.households import Households, form_households
    from totalplace.linkage.link import Linkage, link_records, plan_pairs
    from totalplace.linkage.match import Matching, match_records, plan_matching
    from totalplace.linkage.model import Model
    from totalplace.linkage.model_file import read_model, write_model
    from totalplace.linkage.partitions import Linked, Partitions, draw_partitions
    from totalplace.linkage.splink_json import SplinkSettings, read_splink
    from totalplace.linkage.splink_write import write_splink
    from totalplace.linkage.standalone import StandaloneRecords, records_from_tables, split_by_source

__all__ = [
    "Explanation",
    "Households",
    "Linkage",
    "Linked",
    "Matching",
    "Model",
    "Partitions",
    "SplinkSettings",
    "StandaloneRecords",
    "WeakestLink",
    "draw_partitions",
    "draws_apart",
    "explain_pair",
    "explain_pairs",
    "form_households",
    "link_records",
    "match_records",
    "plan_matching",
    "plan_pairs",
    "read_model",
    "read_splink",
    "records_from_tables",
    "split_by_source",
    "weakest_link",
    "write_model",
    "write_splink",
]

open_late(
    __name__,
    {
        "Explanation": "explain",
        "Households": "households",
        "Linkage": "link",
        "Linked": "partitions",
        "Matching": "match",
        "Model": "model",
        "Partitions": "partitions",
        "SplinkSettings": "splink_json",
        "StandaloneRecords": "standalone",
        "WeakestLink": "holding",
        "draw_partitions": "partitions",
        "draws_apart": "holding",
        "explain_pair": "explain",
        "explain_pairs": "explain",
        "form_households": "households",
        "link_records": "link",
        "match_records": "match",
        "plan_matching": "match",
        "plan_pairs": "link",
        "read_model": "model_file",
        "read_splink": "splink_json",
        "records_from_tables": "standalone",
        "split_by_source": "standalone",
        "weakest_link": "holding",
        "write_model": "model_file",
        "write_splink": "splink_write",
    },
)
