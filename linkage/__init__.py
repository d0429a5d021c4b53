"""Who is the same person: sees tokens, never services."""

from typing import TYPE_CHECKING

from totalplace.late import open_late

if TYPE_CHECKING:
    from totalplace.linkage.explain import Explanation, explain_pair, explain_pairs
    from totalplace.linkage.households.form import Households, form_households
    from totalplace.linkage.link import Linkage, link_records, plan_pairs
    from totalplace.linkage.match import Matching, match_records, plan_matching
    from totalplace.linkage.model import Model
    from totalplace.linkage.model_file import read_model, write_model
    from totalplace.linkage.partitions.draw import Linked, Partitions, draw_partitions
    from totalplace.linkage.partitions.holding import WeakestLink, draws_apart, weakest_link
    from totalplace.linkage.splink.reading import SplinkSettings, read_splink
    from totalplace.linkage.splink.writing import write_splink
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
        "Households": "households.form",
        "Linkage": "link",
        "Linked": "partitions.draw",
        "Matching": "match",
        "Model": "model",
        "Partitions": "partitions.draw",
        "SplinkSettings": "splink.reading",
        "StandaloneRecords": "standalone",
        "WeakestLink": "partitions.holding",
        "draw_partitions": "partitions.draw",
        "draws_apart": "partitions.holding",
        "explain_pair": "explain",
        "explain_pairs": "explain",
        "form_households": "households.form",
        "link_records": "link",
        "match_records": "match",
        "plan_matching": "match",
        "plan_pairs": "link",
        "read_model": "model_file",
        "read_splink": "splink.reading",
        "records_from_tables": "standalone",
        "split_by_source": "standalone",
        "weakest_link": "partitions.holding",
        "write_model": "model_file",
        "write_splink": "splink.writing",
    },
)
