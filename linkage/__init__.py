"""Who is the same person: sees tokens, never services."""

from totalplace.linkage.households import Households, form_households
from totalplace.linkage.link import Linkage, link_records, plan_pairs
from totalplace.linkage.model import Model
from totalplace.linkage.model_file import read_model, write_model
from totalplace.linkage.standalone import StandaloneRecords, records_from_tables

__all__ = [
    "Households",
    "Linkage",
    "Model",
    "StandaloneRecords",
    "form_households",
    "link_records",
    "plan_pairs",
    "read_model",
    "records_from_tables",
    "write_model",
]
