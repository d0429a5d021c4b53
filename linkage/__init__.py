"""Who is the same person: sees tokens, never services."""

from typing import TYPE_CHECKING

from totalplace.late import open_late

if TYPE_CHECKING:
    from totalplace.linkage.clusters.cluster import Clusters
    from totalplace.linkage.explain import Explanation, explain_pair, explain_pairs
    from totalplace.linkage.households.form import Households, form_households
    from totalplace.linkage.link import Linkage, link_records, plan_pairs
    from totalplace.linkage.match import (
        Estimated,
        Found,
        Matching,
        estimate,
        find_links,
        join_links,
        match_records,
        matching,
        plan_matching,
    )
    from totalplace.linkage.model import Model
    from totalplace.linkage.model_file import read_model, write_model
    from totalplace.linkage.partitions.draw import Linked, Partitions, draw_partitions
    from totalplace.linkage.partitions.holding import WeakestLink, draws_apart, weakest_link
    from totalplace.linkage.splink.reading import SplinkSettings, read_splink
    from totalplace.linkage.splink.writing import write_splink
    from totalplace.linkage.standalone import StandaloneRecords, records_from_tables, split_by_source

__all__ = [
    "Clusters",
    "Estimated",
    "Explanation",
    "Found",
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
    "estimate",
    "explain_pair",
    "explain_pairs",
    "find_links",
    "form_households",
    "join_links",
    "link_records",
    "match_records",
    "matching",
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
        "Clusters": "clusters.cluster",
        "Estimated": "match",
        "Explanation": "explain",
        "Found": "match",
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
        "estimate": "match",
        "explain_pair": "explain",
        "explain_pairs": "explain",
        "find_links": "match",
        "form_households": "households.form",
        "join_links": "match",
        "link_records": "link",
        "match_records": "match",
        "matching": "match",
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
