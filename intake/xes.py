"""Event logs of the XES standard (IEEE 1849): one row per event, attributes as the columns that are asked for."""

from __future__ import annotations

import gzip
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa
from lxml import etree

from totalplace.errors import InputError

# Attributes of the trace are told from those of the event as other tools do it.
TRACE_PREFIX = "case:"
ATTRIBUTES = ("string", "date", "int", "float", "boolean", "id")


def read_xes(path: Path, wanted: Collection[str]) -> pa.Table:
    """Return text columns of the wanted attributes that the log has; `case:concept:name` is a trace's own name.

    Raises:
        InputError: it is not XML, or the file ends early.
    """
    found: dict[str, list[str | None]] = {name: [] for name in wanted}
    try:
        with _opened(path) as file:
            for row in _events(file):
                for name, values in found.items():
                    values.append(row.get(name))
    except (etree.XMLSyntaxError, OSError, EOFError):
        raise InputError("TP406", path.name, "is not a readable XES log", "Export it again.") from None
    return pa.table({n: pa.array(v, pa.string()) for n, v in found.items() if not v or any(x is not None for x in v)})


def _opened(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path, "rb")) if path.name.lower().endswith(".gz") else path.open("rb")


def _events(file: IO[bytes]) -> Iterator[dict[str, str]]:
    """Yield each event's attributes, with its trace's under `case:`; memory holds one trace at a time."""
    for _, trace in etree.iterparse(file, tag="{*}trace", resolve_entities=False, no_network=True):
        own = {TRACE_PREFIX + key: value for key, value in _attributes(trace)}
        for event in trace.iterchildren("{*}event"):
            yield own | dict(_attributes(event))
        trace.clear()
        while trace.getprevious() is not None:
            del trace.getparent()[0]


def _attributes(element: Any) -> Iterator[tuple[str, str]]:
    for child in element.iterchildren(tag=etree.Element):
        if etree.QName(child).localname in ATTRIBUTES:
            yield child.get("key", ""), child.get("value", "")
