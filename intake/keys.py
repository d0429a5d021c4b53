"""Keys: made from the system's random source, kept in files of mode 0600, refused when weak, known or open to others.

A key is never an option's value, an environment variable, a log line or part of a message.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import json
import os
import secrets
import stat
import string
from pathlib import Path

from totalplace.config.privacy import PrivacyRules
from totalplace.errors import ConfigError, InputError, PrivacyError, UsageError, listed, near
from totalplace.intake.keyed import hkdf

HEADER = "totalplace-key-1"
KEY_BYTES, MIN_DISTINCT_BYTES = 32, 16
KINDS = {"project": "the project key", "row": "an agency's row key", "linkage": "the linkage unit's secret"}
DEMO_KEY = hashlib.sha256(
    b"totalplace demo key: known to everybody, admitted only where the people are invented"
).digest()
KNOWN_KEYS = frozenset({DEMO_KEY, bytes(range(32)), bytes(range(1, 33)), bytes(range(31, -1, -1))})
NEW = "Make one with: totalplace keys new"


def new_key(kind: str) -> bytes:
    """Return 32 random bytes for a kind of key: project, row or linkage."""
    _check_kind(kind)
    while weakness(key := secrets.token_bytes(KEY_BYTES)):
        pass
    return key


def weakness(key: bytes) -> str:
    """Return why a key is refused, "" if it is not."""
    if len(key) < KEY_BYTES:
        return f"is shorter than {KEY_BYTES} bytes"
    if all(chr(byte) in string.printable for byte in key):
        return "holds a pass-phrase: all its bytes can be typed"
    if len(set(key)) < MIN_DISTINCT_BYTES:
        return f"has fewer than {MIN_DISTINCT_BYTES} different bytes"
    return ""


def write_key(path: Path, key: bytes, kind: str) -> None:
    """Write a new key file that only its owner may read; an existing file is never overwritten.

    Raises:
        PrivacyError: the key is weak.
        InputError: the file is there already, or cannot be written.
    """
    _check_kind(kind)
    if why := weakness(key):
        raise PrivacyError("TP531", path.name, f"{KINDS[kind]} {why}", NEW)
    text = f"{HEADER}\n{base64.b64encode(key).decode('ascii')}\n"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(text)
    except FileExistsError:
        raise InputError(
            "TP411", path.name, "is there already", "A key is never overwritten: give another name."
        ) from None
    except OSError as error:
        raise InputError(
            "TP415", path.name, f"cannot be written ({error.strerror})", "Check the folder and its rights."
        ) from None


def read_key(path: Path, kind: str, synthetic: bool) -> bytes:
    """Read a key file.

    Args:
        path: the file.
        kind: project, row or linkage; for messages.
        synthetic: whether the project's people are invented, which admits keys that are known.

    Raises:
        InputError: the file cannot be read.
        PrivacyError: others may read it, it is no key file, or its key is weak or known.
    """
    _check_kind(kind)
    try:
        mode, text = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise InputError("TP415", path.name, f"{KINDS[kind]} cannot be read ({error.strerror})", NEW) from None
    if stat.S_IMODE(mode) & 0o077:
        raise PrivacyError(
            "TP532", path.name, "may be read by others than its owner", f"Set its rights: chmod 600 {path.name}"
        )
    key = _decode(path, text, kind)
    if why := weakness(key):
        raise PrivacyError("TP531", path.name, f"{KINDS[kind]} {why}", NEW)
    if key in KNOWN_KEYS and not synthetic:
        raise PrivacyError("TP533", path.name, f"{KINDS[kind]} is one that everybody knows", NEW)
    return key


def _decode(path: Path, text: bytes, kind: str) -> bytes:
    lines = text.decode("ascii", errors="replace").split()
    if len(lines) != 2 or lines[0] != HEADER:
        raise PrivacyError("TP534", path.name, f"is no key file: it must begin with the line {HEADER}", NEW)
    try:
        return base64.b64decode(lines[1], validate=True)
    except (binascii.Error, ValueError):
        raise PrivacyError("TP534", path.name, f"{KINDS[kind]} is not whole base64", NEW) from None


def key_id(key: bytes, kind: str) -> str:
    """Return 16 hex digits that name a key without telling it: two keys are the same if they have one id."""
    _check_kind(kind)
    return hmac.digest(key, b"totalplace/1|key id|" + kind.encode(), "sha256").hex()[:16]


def retire_key(path: Path, kind: str, who: str, when: dt.date, record: Path, key_check: str = "") -> dict[str, str]:
    """Destroy a key file and write the destruction record, which is kept.

    Args:
        path: the key file; it is overwritten, then removed. (A backup of the disk may still hold it.)
        kind: project, row or linkage.
        who: the named custodian.
        when: the day.
        record: JSON file to write; never overwritten.
        key_check: of the encodings made under the key, if known.

    Returns:
        the record: what, who, when, key_id, key_check.
    """
    key = read_key(path, kind, synthetic=True)
    entry = {
        "what": KINDS[kind],
        "who": who,
        "when": when.isoformat(),
        "key_id": key_id(key, kind),
        "key_check": key_check,
    }
    try:
        with record.open("x", encoding="utf-8") as file:
            json.dump(entry, file, indent=1, sort_keys=True)
        with path.open("r+b") as file:
            file.write(b"\0" * path.stat().st_size)
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    except FileExistsError:
        raise InputError("TP411", record.name, "is there already", "Give the record another name.") from None
    except OSError as error:
        raise InputError("TP415", path.name, f"cannot be retired ({error.strerror})", "Check its rights.") from None
    return entry


def project_key(base: Path, privacy: PrivacyRules) -> bytes:
    """Return the project key that `privacy.key_file` names; the demo key in a synthetic project that names none."""
    return _named_key(base, privacy.key_file, "project", privacy)


def joint_key(project: bytes) -> bytes:
    """Return the key of joint acts, which all agencies of a project derive alike; b"" (public) without a key."""
    return hkdf(project, b"", b"totalplace/1|joint|") if project else b""


def linkage_secret(base: Path, privacy: PrivacyRules) -> bytes:
    """Return the linkage unit's secret that `privacy.linkage_key_file` names, or one derived from the demo key."""
    return _named_key(base, privacy.linkage_key_file, "linkage", privacy)


def row_key(agency: str, base: Path, privacy: PrivacyRules) -> bytes:
    """Return an agency's row key, `<agency>.key` in `privacy.row_key_folder`, or one derived from the demo key."""
    name = str(Path(privacy.row_key_folder) / f"{agency}.key") if privacy.row_key_folder else ""
    return _named_key(base, name, "row", privacy, agency)


def _named_key(base: Path, name: str, kind: str, privacy: PrivacyRules, agency: str = "") -> bytes:
    if name:
        return read_key(base / name, kind, privacy.synthetic)
    if not privacy.synthetic:
        setting = {"project": "key_file", "row": "row_key_folder", "linkage": "linkage_key_file"}[kind]
        raise ConfigError("TP325", f"key 'privacy.{setting}'", f"does not say where {KINDS[kind]} lies", NEW)
    return DEMO_KEY if kind == "project" else hkdf(DEMO_KEY, b"", f"totalplace/1|{kind}|{agency}".encode())


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        cure = near(kind, KINDS).strip() or f"Kinds: {listed(KINDS)}."
        raise UsageError("TP118", f"kind '{kind}'", "is no kind of key", cure)
