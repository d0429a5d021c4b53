"""Reads a finished file again, as whoever receives it would, and says what should not be in it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from lxml import html

from totalplace.errors import InputError
from totalplace.report.explorer.cube import unpack
from totalplace.report.released_workbook import Book, first_columns, read_workbook

# The floor of privacy.md: used where a file does not say its own threshold.
FLOOR = 5
READ_CHARS = 4096  # of a table's first line, for its columns
PATTERNS = {
    "a National Insurance number": re.compile(
        r"\b(?:[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]|QQ) ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b"
    ),
    "a full postcode": re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b"),
    "an e-mail address": re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b"),
    "a number of 11 or 12 digits (UPRN)": re.compile(r"(?<![\d.])\d{11,12}(?![\d.])"),
}
# The page names its run, rules and data by 12 hex digits, most of which may be decimal.
RUN_NAME = re.compile(r"(run |rules |data |_id\":\"|_hash\":\")[0-9a-f]{12}\b")
# A file's hash holds runs of digits that name nobody.
FILE_HASH = re.compile(r"\b[0-9a-f]{64}\b")
NHS_NUMBER = re.compile(r"(?<![\d.])(\d{3})[ -]?(\d{3})[ -]?(\d{4})(?![\d.])")
NHS_WEIGHTS = range(10, 1, -1)
PROJECT_ID = re.compile(r"\b[0-9a-fA-F]{32}\b")
ADDRESS = re.compile(r"(?:\b(?:https?|wss?|ftp):)//[\w.-]+[^\s\"'<>)]*|(?<=[\"'(])//[\w-]+\.[\w.-]+")
# Names of formats, which nothing loads.
NAMESPACES = ("http://www.w3.org/", "http://graphml.graphdrawing.org/", "http://www.gexf.net/", "http://gexf.net/")
POLICY_HASH = re.compile(r"'sha256-[A-Za-z0-9+/]{43}='")
DATA = ("application/json", "text/plain")  # types of script elements that no browser runs
RELEASED = {"shown", "people_shown", "withheld"}
LISTING = "leaves.json"
BOOK = ".xlsx"


def check_released(path: Path) -> list[str]:
    """Return what is wrong with a released file, one sentence each, none of which quotes a value; empty = nothing.

    Args:
        path: `explorer.html`, `graph.html`, or a workbook, CSV, Parquet, JSON, GraphML, GEXF or text file of a release.

    Raises:
        InputError: the file cannot be read.
    """
    body = _body(path)
    if not body.strip():
        return ["the file is empty, so nothing in it could be checked"]
    try:
        return _faults(path, body)
    except pa.ArrowInvalid:
        return ["the file cannot be read as the table that its name says it is, so nothing in it could be checked"]


def _faults(path: Path, body: bytes) -> list[str]:
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return list(_of_table(pyarrow.parquet.read_table(pa.BufferReader(body)), _threshold_beside(path)))
    if suffix == BOOK:
        return list(_of_book(read_workbook(body), _threshold_beside(path)))
    text = _text(path, body)
    if suffix in (".html", ".htm"):
        return [*_of_page(text)]
    text = FILE_HASH.sub("", text)
    faults = [*_identifiers(text, allow_ids=path.name == LISTING), *_addresses(text)]
    if suffix == ".csv":
        form = pyarrow.csv.ParseOptions(delimiter=_delimiter(text))
        table = pyarrow.csv.read_csv(pa.BufferReader(body), parse_options=form)
        faults += _of_table(table, _threshold_beside(path))
    return faults


def is_released_table(path: Path) -> bool:
    """Tell whether a table has the columns of a released one, whatever it is called; nothing is said of its rows."""
    suffix = path.suffix.lower()
    if suffix == BOOK:
        return set(first_columns(str(path))) >= RELEASED
    try:
        if suffix == ".parquet":
            return set(pyarrow.parquet.read_schema(path).names) >= RELEASED
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            head = file.readline(READ_CHARS)
    except (OSError, pa.ArrowException):
        return False
    return suffix == ".csv" and {cell.strip('" \r\n') for cell in head.split(_delimiter(head))} >= RELEASED


def _delimiter(text: str) -> str:
    """Return what parts the cells of a table: a spreadsheet may have saved it again in its own way."""
    head = text.partition("\n")[0]
    return max(",;\t", key=head.count)


def _body(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            "TP483", path.name, f"cannot be read ({error.strerror})", "Check its name and rights."
        ) from None


def _text(path: Path, body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        cure = "Files of a release are UTF-8; name an HTML, CSV or Parquet file."
        raise InputError("TP484", path.name, "is not UTF-8 text", cure) from None


def _threshold_beside(path: Path) -> int:
    """Return the threshold that the manifest beside a table states."""
    manifest = path.parent / LISTING
    try:
        return max(FLOOR, int(json.loads(manifest.read_text(encoding="utf-8"))["min_cell"]))
    except (OSError, ValueError, KeyError, TypeError):
        return FLOOR


def _of_page(text: str) -> Iterator[str]:
    page = html.document_fromstring(text.encode("utf-8"), parser=html.HTMLParser(encoding="utf-8", huge_tree=True))
    if not text.rstrip().endswith("</html>"):
        yield "the page is not whole: it does not end as a page does, so copy it again"
    yield from _policy(page)
    story, cells = _embedded(page, "story"), _embedded(page, "cells")
    stated = json.loads("".join(page.xpath("//meta[@name='totalplace']/@content")) or "{}")
    known = {**stated, **{k: story[k] for k in ("min_cell", "edition") if isinstance(story, dict) and k in story}}
    least = max(FLOOR, int(known.get("min_cell", FLOOR)))
    if cells is None and not stated:
        yield "no released numbers were found in the page, so none could be checked"
    if cells is not None:
        yield from _of_cells(cells, least)
    yield from _of_drawn_tables(page, least)
    rest = _without_library(POLICY_HASH.sub("", text))
    yield from _identifiers(rest, allow_ids=known.get("edition") == "analyst")
    yield from _addresses(rest)


def _policy(page: Any) -> Iterator[str]:
    metas = [m for m in page.iter("meta") if (m.get("http-equiv") or "").lower() == "content-security-policy"]
    if not metas:
        yield "the content security policy is missing"
    elif not all("default-src 'none'" in (m.get("content") or "") for m in metas):
        yield "the content security policy does not begin with default-src 'none'"
    for element in page.iter("link", "iframe", "object", "embed", "base", "form"):
        yield f"a {element.tag} element may load from or send to outside"
    scripts = list(page.iter("script"))
    if any(script.get("src") for script in scripts):
        yield "a script is loaded from an address"
    allowed = " ".join(m.get("content") or "" for m in metas)
    run = (script.text or "" for script in scripts if script.get("type") not in DATA)
    if metas and any(_policy_hash(text) not in allowed for text in run):
        yield "a script is not one that the content security policy names: the page was changed after it was made"


def _policy_hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _embedded(page: Any, name: str) -> Any:
    found = page.xpath(f"//script[@type='application/json'][@id='{name}']")
    if not found:
        return None
    try:
        return json.loads(found[0].text or "null")
    except ValueError:
        return None


def _of_cells(cells: Any, least: int) -> Iterator[str]:
    """Check the explorer's cube: the numbers of people, and the numbers shown where people are not known."""
    try:
        known = unpack(cells)
    except (KeyError, IndexError, TypeError, ValueError):
        yield "the page's numbers cannot be read"
        return
    low: Counter[str] = Counter()
    for cell in known:
        number = cell.shown if cell.people is None else cell.people
        low[cell.table] += number is not None and 0 < number < least
    for table, count in sorted(low.items()):
        if count:
            yield f"table {table}: {count} numbers stand for fewer than {least} people or families"


def _of_drawn_tables(page: Any, least: int) -> Iterator[str]:
    for table in page.iter("table"):
        heads = [cell.text_content() for cell in table.iter("th")]
        if "People" not in heads:
            continue
        at = heads.index("People")
        texts = [row[at].text_content().replace(",", "") for row in table.xpath(".//tbody/tr") if len(row) > at]
        low = sum(text.isdigit() and 0 < int(text) < least for text in texts)
        if low:
            yield f"table {heads[0]}: {low} numbers stand for fewer than {least} people"


def _of_table(table: pa.Table, least: int) -> Iterator[str]:
    if not set(table.column_names) >= RELEASED:
        yield "the columns shown, people_shown and withheld are missing: this is not a released table"
        return
    shown, people, withheld = (table[name].to_pylist() for name in ("shown", "people_shown", "withheld"))
    low = sum(p is not None and 0 < p < least for p in people)
    if low:
        yield f"{low} rows stand for fewer than {least} people or families"
    told = sum(bool(w) and (s is not None or p is not None) for s, p, w in zip(shown, people, withheld, strict=True))
    if told:
        yield f"{told} withheld rows hold a number"


def _of_book(book: Book, least: int) -> Iterator[str]:
    for number, sheet in enumerate(book.sheets, start=1):
        yield from (f"sheet {number} after the notes: {fault}" for fault in _of_table(sheet, least))
    if book.odd_parts:
        yield f"{book.odd_parts} parts of the workbook are none that a release has: comments, pictures or macros"
    yield from _identifiers(book.text, allow_ids=False)
    yield from _addresses(book.text)


def _identifiers(text: str, allow_ids: bool) -> Iterator[str]:
    text = RUN_NAME.sub(r"\1", text)
    if allow_ids:  # half of an id's digits are decimal, so some hold eleven in a row
        text = PROJECT_ID.sub("", text)
    for what, pattern in PATTERNS.items():
        count = len(pattern.findall(text))
        if count:
            yield f"{count} texts look like {what}"
    numbers = sum(_is_nhs_number("".join(match.groups())) for match in NHS_NUMBER.finditer(text))
    if numbers:
        yield f"{numbers} numbers have a valid NHS check digit"
    ids = len(PROJECT_ID.findall(text))
    if ids:
        yield f"{ids} texts look like an id of a person, family or record"


def _is_nhs_number(digits: str) -> bool:
    check = 11 - sum(int(d) * w for d, w in zip(digits[:9], NHS_WEIGHTS, strict=True)) % 11
    return check != 10 and check % 11 == int(digits[9])


def _addresses(text: str) -> Iterator[str]:
    found = [address for address in ADDRESS.findall(text) if not address.startswith(NAMESPACES)]
    if found:
        yield f"{len(found)} outside addresses"


def _without_library(text: str) -> str:
    """Take out the drawing library that pyvis ships, letter for letter: its own text names addresses and licences."""
    if "vis-network" not in text:
        return text
    for part in _library_parts():
        text = text.replace(part, "")
    return text


def _library_parts() -> Iterable[str]:
    try:
        folder = resources.files("pyvis") / "templates" / "lib"
    except ModuleNotFoundError:
        return []
    files = [file for file in _files_in(folder) if file.name.endswith((".js", ".css"))]
    texts = (file.read_text(encoding="utf-8") for file in files)
    return sorted((text.strip() for text in texts if text.strip()), key=len, reverse=True)


def _files_in(folder: Any) -> Iterator[Any]:
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.is_dir():
            yield from _files_in(item)
        else:
            yield item
