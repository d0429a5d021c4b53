"""What an agency handed over, looked at before it is taken in: parcels made by `totalplace protect` on another machine.

A parcel is a folder: `for_linkage` (records, residences, relations) or `for_analysis` (contacts, people). Each of its
files says in its own metadata what it is, so that a parcel needs no list beside it that could be lost or exchanged.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from totalplace import __version__
from totalplace.config import AgencyRules, Rules
from totalplace.config.hidden import refuse_hidden
from totalplace.config.privacy import PrivacyRules
from totalplace.errors import InputError, PrivacyError, UsageError, listed
from totalplace.pipeline.run_folder import canonical, digest
from totalplace.tables import CONTACTS, PEOPLE, RELATIONS, RESIDENCES, TOKENS, Shape

FOR_LINKAGE = {"records": TOKENS, "residences": RESIDENCES, "relations": RELATIONS}
FOR_ANALYSIS = {"contacts": CONTACTS, "people": PEOPLE}
FOR_LINKAGE_FOLDER, FOR_ANALYSIS_FOLDER = "for_linkage", "for_analysis"
ABOUT = b"totalplace"
SAID = ("agency", "agency_name", "mode", "destroy_by", "synthetic")
ALIKE = {"schema_hash": "TP506", "key_check": "TP507", "mode": "TP508"}
DIFFERS = {
    "schema_hash": "was encoded by another schema than {other}",
    "key_check": "was encoded under another key than {other}",
    "mode": "is of another mode than {other}",
}


@dataclass(frozen=True)
class Parcel:
    """One agency's parcel.

    Args:
        folder: where it lies.
        about: agency, agency_name, mode, schema_hash, key_check, destroy_by, synthetic, version.
        files: table's name to the hash of its file.
    """

    folder: Path
    about: Mapping[str, str]
    files: Mapping[str, str]

    @property
    def side(self) -> str:
        """Return the name of its folder in a run: for_linkage or for_analysis."""
        return FOR_LINKAGE_FOLDER if "records" in self.files else FOR_ANALYSIS_FOLDER

    @property
    def agency(self) -> str:
        """Return the code of the agency that made it."""
        return self.about["agency"]


def about_parcel(agency: AgencyRules, rules: Rules) -> dict[str, str]:
    """Return what both parcels of an agency say of themselves."""
    return {
        "agency": agency.agency.code,
        "agency_name": agency.agency.name,
        "mode": rules.privacy.mode,
        "destroy_by": rules.privacy.destroy_by,
        "synthetic": json.dumps(rules.privacy.synthetic),
        "version": __version__,
    }


def about_bytes(about: Mapping[str, str]) -> dict[str, str]:
    """Return what a file of a parcel says of itself, as metadata of Parquet."""
    return {ABOUT.decode(): canonical(dict(about)).strip()}


def receive(
    encodings: Sequence[Path], contacts: Sequence[Path], rules: PrivacyRules, today: date
) -> tuple[Parcel, ...]:
    """Return every agency's parcels: for linkage, and for analysis if any are given.

    Raises:
        TotalplaceError: as `open_parcels`; or an agency gave one parcel and not the other.
    """
    for_linkage = open_parcels(encodings, FOR_LINKAGE, today)
    for_analysis = open_parcels(contacts, FOR_ANALYSIS, today) if contacts else ()
    refuse_trials((*for_linkage, *for_analysis), rules)
    alone = {p.agency for p in for_linkage} ^ {p.agency for p in for_analysis} if contacts else set()
    if alone:
        cure = "Name the encodings and the contacts of every agency, or leave the agency out."
        raise UsageError("TP110", f"agency {listed(sorted(alone))}", "gave only one of its two parcels", cure)
    return for_linkage + for_analysis


def open_parcels(folders: Sequence[Path], shapes: Mapping[str, Shape], today: date) -> tuple[Parcel, ...]:
    """Return the parcels in some folders, sorted by agency.

    Args:
        folders: parcels, or folders of parcels.
        shapes: the tables of a parcel: FOR_LINKAGE or FOR_ANALYSIS.
        today: parcels past their `destroy_by` are refused.

    Raises:
        InputError: a folder holds no parcel, or a file is not one that `protect` made.
        PrivacyError: encodings and contacts lie together, a column crossed the wall, keys or schemas differ, or the
            day is past.
        UsageError: two parcels are of one agency.
    """
    parcels = [_opened(folder, shapes, today) for given in folders for folder in _parcel_folders(given, shapes)]
    parcels.sort(key=lambda parcel: parcel.agency)
    for one, other in zip(parcels[:-1], parcels[1:], strict=True):
        if one.agency == other.agency:
            cure = "Name one parcel for each agency."
            raise UsageError("TP110", f"folder {other.folder.name}", f"is a second parcel of {one.agency}", cure)
    for parcel in parcels[1:] if shapes is FOR_LINKAGE else ():
        _refuse_unlike(parcel, parcels[0])
    return tuple(parcels)


def _parcel_folders(given: Path, shapes: Mapping[str, Shape]) -> list[Path]:
    side = FOR_LINKAGE_FOLDER if shapes is FOR_LINKAGE else FOR_ANALYSIS_FOLDER
    inside = sorted(path for pattern in ("*", f"*/{side}") for path in given.glob(pattern) if path.is_dir())
    found = [folder for folder in (given, *inside) if any((folder / f"{name}.parquet").is_file() for name in shapes)]
    if not found:
        cure = "Name a folder for_linkage or for_analysis that totalplace protect wrote, or a folder of such."
        raise InputError("TP417", f"folder {given.name}", f"holds no {' or '.join(shapes)}.parquet", cure)
    return found


def _opened(folder: Path, shapes: Mapping[str, Shape], today: date) -> Parcel:
    other_side = FOR_ANALYSIS if shapes is FOR_LINKAGE else FOR_LINKAGE
    if any((folder / f"{name}.parquet").exists() for name in other_side):
        cure = "Whoever links holds no contacts, and whoever analyses no encodings: take the other files away."
        raise PrivacyError("TP505", f"folder {folder.name}", "holds encodings and contacts together", cure)
    abouts = [_checked(folder / f"{name}.parquet", shape) for name, shape in shapes.items()]
    if any(about != abouts[0] for about in abouts):
        cure = "Ask the agency for the whole folder as one run of totalplace protect wrote it."
        raise InputError("TP418", f"folder {folder.name}", "holds files of different runs", cure)
    if abouts[0]["destroy_by"] and today > date.fromisoformat(abouts[0]["destroy_by"]):
        cure = "Destroy them; a new project begins with new keys."
        raise PrivacyError("TP503", f"folder {folder.name}", "the encodings are past the day on which they end", cure)
    return Parcel(folder, abouts[0], {name: digest(folder / f"{name}.parquet") for name in shapes})


def _checked(path: Path, shape: Shape) -> dict[str, str]:
    """Return what a file says of itself, once its columns are those of its shape and nothing more."""
    where = f"{path.parent.name}/{path.name}"
    try:
        schema = pq.read_schema(path)
        about = json.loads((schema.metadata or {})[ABOUT])
        _check_said(about, SAID if shape in FOR_ANALYSIS.values() else (*SAID, *ALIKE), where)
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError):
        cure = "Ask the agency for the file as totalplace protect wrote it."
        raise InputError("TP418", where, "is missing or was not made by totalplace protect", cure) from None
    for name in schema.names:
        if not _belongs(schema.field(name), shape, about["mode"]):
            cure = "Only what the table is declared to hold may cross the wall: make the parcel again."
            raise PrivacyError("TP509", f"{where}, column '{name}'", f"does not belong in {shape.name}", cure)
    lacking = [name for name in shape.names if name not in schema.names] if about["mode"] != "clear" else []
    if lacking:
        raise InputError("TP418", f"{where}, column '{lacking[0]}'", "is missing", "Make the parcel again.")
    return dict(about)


def _check_said(about: object, wanted: Sequence[str], where: str) -> None:
    """Refuse what a file says of itself unless all that is wanted is there and can be read.

    Raises:
        ValueError: something is missing or is no such text.
        ConfigError: a text holds a character that nobody sees.
    """
    if not isinstance(about, dict) or not all(isinstance(about.get(name), str) for name in wanted):
        raise ValueError("incomplete")
    refuse_hidden(about, {}, where)
    if about["destroy_by"]:
        date.fromisoformat(about["destroy_by"])
    if about["synthetic"] not in ("true", "false"):
        raise ValueError("neither true nor false")


def _belongs(field: pa.Field, shape: Shape, mode: str) -> bool:
    """Say whether a column is a declared one, or of bytes and counts where encodings are welcome."""
    declared = {column.name: column.dtype for column in shape.columns}
    if field.name in declared:
        return bool(field.type == declared[field.name])
    if shape is TOKENS and mode == "clear":
        return True
    encoded = pa.types.is_fixed_size_binary(field.type) or pa.types.is_integer(field.type)
    return encoded and field.name.startswith(shape.open_prefixes or ("\0",))


def _refuse_unlike(parcel: Parcel, first: Parcel) -> None:
    for name, code in ALIKE.items():
        if parcel.about[name] != first.about[name]:
            what = DIFFERS[name].format(other=first.agency)
            cure = "Agencies of one project share its key, schema and mode: encode again, or nothing would match."
            raise PrivacyError(code, f"parcel of {parcel.agency}", what, cure)


def parcel_files(parcels: Iterable[Parcel]) -> dict[str, list[Path]]:
    """Return each agency's files, as a run's manifest lists them."""
    files: dict[str, list[Path]] = {}
    for parcel in parcels:
        files.setdefault(parcel.agency, []).extend(parcel.folder / f"{name}.parquet" for name in parcel.files)
    return files


def refuse_trials(parcels: Iterable[Parcel], rules: PrivacyRules) -> None:
    """Refuse parcels in clear, or of invented people, where the project does not say so itself."""
    for parcel in parcels:
        if parcel.about["mode"] == "clear" and rules.mode != "clear":
            cure = "Ask for encodings; or set privacy.mode, controller and lawful_basis for clear text."
            raise PrivacyError("TP502", f"parcel of {parcel.agency}", "is in clear", cure)
        if json.loads(parcel.about["synthetic"]) and not rules.synthetic:
            cure = (
                "Such a parcel is for trials: set privacy.synthetic, or ask for one made under the project's own key."
            )
            raise PrivacyError("TP533", f"parcel of {parcel.agency}", "is of invented people, under a known key", cure)
