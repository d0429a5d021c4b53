"""The token schema: which field is encoded how. JSON, a superset of clkhash's linkage schema v3; unknown keys refused.

Its hash salts every key, so that two agencies with different schemas get no matches, never silently bad ones.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from totalplace.config.rules import Rules
from totalplace.errors import ConfigError, PrivacyError, listed, near
from totalplace.intake.derive import NAMES, parts_of
from totalplace.intake.extract import read_document

FIELDS = (
    "first_name", "middle_names", "surname", "former_surname", "full_name_sorted", "birth_date", "sex", "house_number",
    "flat", "street", "town", "postcode", "uprn", "dwelling", "house_number_postcode", "phone", "email", "slk581",
    "id_*",
)  # fmt: skip
TOP_KEYS = (
    "version", "encoding", "clkConfig", "reference_date", "destroy_by", "normalise", "features", "blocks", "salt_by",
)  # fmt: skip
FEATURE_KEYS = (
    "identifier", "ignored", "description", "format", "output", "bits", "derive", "key_field", "salt_by", "hashing",
    "normalise",
)  # fmt: skip
OUTPUTS = ("token", "filter", "block")
# Fields whose whole domain is under 10,000 values: a filter of them can be enumerated.
SMALL_FIELDS = ("sex", "house_number", "flat")
MAX_PER_GRAM = 16
LOOK = "See docs/privacy.md, the token schema."


@dataclass(frozen=True)
class Grams:
    """How a filter is filled: grams of n characters (0 = the whole value), `pad` marks at each end, `per_gram` bits."""

    n: int
    positional: bool
    pad: int
    per_gram: int

    @property
    def kind(self) -> str:
        """Return the word that enters the key."""
        return ("positional_" if self.positional else "") + {0: "exact", 1: "unigram", 2: "bigram", 3: "trigram"}[
            self.n
        ]


@dataclass(frozen=True)
class Feature:
    """One field of the schema."""

    identifier: str
    key_field: str
    token: bool
    derive: tuple[str, ...]
    bits: int = 0
    grams: Grams | None = None
    salted: bool = False


@dataclass(frozen=True)
class TokenSchema:
    """A checked schema.

    Args:
        text: canonical JSON: keys sorted, no spaces.
        features: fields that are encoded, in order.
        blocks: rule name to (field, part) pairs; part "" = the whole value.
        reference_date: day on which is_child is decided; None = the latest day in the records.
        destroy_by: "" or a day.
        record_bits: length of the one record-level filter of a schema imported from clkhash; 0 = field level.
    """

    text: str
    features: tuple[Feature, ...]
    blocks: Mapping[str, tuple[tuple[str, str], ...]]
    reference_date: dt.date | None
    destroy_by: str
    record_bits: int = 0

    @property
    def digest(self) -> bytes:
        """Return S, the SHA-256 of the canonical JSON."""
        return hashlib.sha256(self.text.encode()).digest()


def load_schema(rules: Rules, path: Path | None) -> TokenSchema:
    """Return the schema in a file, or the shipped one, with the project's salting and end of life laid over it.

    Raises:
        ConfigError: it is not JSON, or holds a key or value that we do not follow.
        PrivacyError: it asks for an encoding that is refused.
    """
    shipped = resources.files("totalplace.config") / "token_schema.json"
    text = read_document(path) if path else shipped.read_text(encoding="utf-8")
    where = path.name if path else "config/token_schema.json"
    try:
        table = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"{where}, line {error.lineno}, column {error.colno}"
        raise ConfigError("TP330", place, "is not valid JSON", "Mend the line.") from None
    if not isinstance(table, dict):
        raise ConfigError("TP330", where, "is no JSON object", LOOK)
    return parse_schema({**table, **_laid_over(table, rules)}, where)


def _laid_over(table: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    above: dict[str, Any] = {}
    if rules.privacy.salt_names_by_birth_year and rules.privacy.mode == "filters":
        above["salt_by"] = "birth_year"
    if rules.privacy.destroy_by and not table.get("destroy_by"):
        above["destroy_by"] = rules.privacy.destroy_by
    return above


def canonical(table: Mapping[str, Any]) -> str:
    """Return JSON with sorted keys and no spaces."""
    return json.dumps(table, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def parse_schema(table: Mapping[str, Any], where: str) -> TokenSchema:
    """Check a schema and return it typed; see `load_schema`."""
    _check_keys(table, TOP_KEYS, where)
    _check_kdf(table.get("clkConfig", {}), where)
    encoding = table.get("encoding", "record" if "l" in table.get("clkConfig", {}) else "field")
    if encoding not in ("field", "record"):
        raise ConfigError("TP331", f"{where}, key 'encoding'", "is neither field nor record", LOOK)
    if table.get("salt_by") not in (None, "", "birth_year"):
        raise PrivacyError("TP512", f"{where}, key 'salt_by'", "salts by something else than birth_year", LOOK)
    features = [_feature(f, table, f"{where}, feature {i}") for i, f in enumerate(table.get("features", []), start=1)]
    kept = tuple(feature for feature in features if feature is not None)
    _check_twice([feature.identifier for feature in kept], where)
    return TokenSchema(
        canonical(table),
        kept,
        _blocks(table.get("blocks", {}), where),
        _day(table.get("reference_date", ""), f"{where}, key 'reference_date'"),
        str(table.get("destroy_by", "")),
        _record_bits(table, where) if encoding == "record" else 0,
    )


def _check_keys(table: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            cure = near(key, known).strip() or f"Known keys here: {', '.join(known)}."
            raise ConfigError("TP331", f"{where}, key '{key}'", "unknown", cure)


def _check_kdf(config: Mapping[str, Any], where: str) -> None:
    _check_keys(config, ("l", "xor_folds", "xorFolds", "kdf"), f"{where}, clkConfig")
    if config.get("xor_folds") or config.get("xorFolds"):
        what = "asks for XOR folds, which protect nothing (measured: recovery 1.00 with and without)"
        raise PrivacyError("TP513", f"{where}, key 'clkConfig.xor_folds'", what, "Leave the key out.")
    kdf = config.get("kdf", {})
    _check_keys(kdf, ("type", "hash", "keySize", "info", "salt"), f"{where}, clkConfig.kdf")
    if kdf.get("type", "HKDF") != "HKDF" or kdf.get("hash", "SHA256") != "SHA256":
        raise ConfigError("TP331", f"{where}, key 'clkConfig.kdf'", "is not HKDF with SHA256", LOOK)


def _check_twice(names: list[str], where: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError("TP331", f"{where}, feature '{twice[0]}'", "stands twice", "Give each field once.")


def _feature(table: Mapping[str, Any], schema: Mapping[str, Any], where: str) -> Feature | None:
    _check_keys(table, FEATURE_KEYS, where)
    name = table.get("identifier", "")
    if table.get("ignored"):
        return None
    if name not in FIELDS and not str(name).startswith("id_"):
        cure = near(str(name), FIELDS).strip() or f"Fields: {', '.join(FIELDS)}."
        raise ConfigError("TP332", f"{where}, identifier '{name}'", "is no field", cure)
    where = f"{where} '{name}'"
    outputs = table.get("output", ["token"] if schema.get("encoding", "record") == "field" else ["filter"])
    _check_all(outputs, OUTPUTS, f"{where}, key 'output'")
    derive = tuple(table.get("derive", []))
    _check_all(derive, tuple(parts_of(name, {})), f"{where}, key 'derive'")
    grams = _grams(table.get("hashing", {}), where) if "filter" in outputs else None
    bits = _bits(table, name, where) if grams else 0
    salted = "birth_year" in (table.get("salt_by"), schema.get("salt_by")) and name in NAMES
    if table.get("salt_by") and not salted:
        raise PrivacyError(
            "TP512", f"{where}, key 'salt_by'", "salts a field that is no name", "Only names are salted, by birth_year."
        )
    return Feature(name, table.get("key_field", name), "token" in outputs, derive, bits, grams, salted)


def _check_all(words: Any, known: tuple[str, ...], where: str) -> None:
    for word in words:
        if word not in known:
            cure = near(str(word), known).strip() or f"Known here: {listed(known) or 'none'}."
            raise ConfigError("TP331", f"{where}, '{word}'", "unknown", cure)


def _bits(table: Mapping[str, Any], name: str, where: str) -> int:
    if name in SMALL_FIELDS:
        what = "is a filter of a field with under 10,000 values, which anybody can enumerate"
        raise PrivacyError("TP514", where, what, "Encode it as a token.")
    bits = int(table.get("bits", 512))
    if bits not in (64, 128, 256, 512, 1024, 2048):
        raise ConfigError("TP331", f"{where}, key 'bits'", "is not a power of two from 64 to 2048", "Use 512 or 256.")
    return bits


def _grams(hashing: Mapping[str, Any], where: str) -> Grams:
    _check_keys(hashing, ("comparison", "strategy", "hash", "missingValue"), f"{where}, hashing")
    if hashing.get("hash", {}).get("type") == "doubleHash":
        what = "asks for double hashing, which leaves few distinct patterns (Kroll and Steinmetzer 2015)"
        raise PrivacyError("TP513", f"{where}, key 'hashing.hash.type'", what, "Leave the key out.")
    comparison = hashing.get("comparison", {})
    _check_keys(comparison, ("type", "n", "positional", "pad"), f"{where}, hashing.comparison")
    kind = comparison.get("type", "ngram")
    if kind not in ("ngram", "exact"):
        raise ConfigError("TP331", f"{where}, key 'hashing.comparison.type'", "is not ngram or exact", LOOK)
    strategy = hashing.get("strategy", {})
    _check_keys(strategy, ("bitsPerToken",), f"{where}, hashing.strategy")
    n, per_gram = int(comparison.get("n", 2)) if kind == "ngram" else 0, int(strategy.get("bitsPerToken", 10))
    if (n not in (1, 2, 3) and kind == "ngram") or not 1 <= per_gram <= MAX_PER_GRAM:
        what = f"needs n of 1, 2 or 3 and bitsPerToken of 1 to {MAX_PER_GRAM}"
        raise ConfigError("TP331", f"{where}, key 'hashing'", what, LOOK)
    return Grams(n, bool(comparison.get("positional", False)), int(comparison.get("pad", 1 if n > 1 else 0)), per_gram)


def _blocks(table: Mapping[str, Any], where: str) -> dict[str, tuple[tuple[str, str], ...]]:
    blocks = {}
    for name, parts in sorted(table.items()):
        for field, part in parts:
            place = f"{where}, block '{name}'"
            _check_all([field], FIELDS, place)
            _check_all([part] if part else [], tuple(parts_of(field, {})), place)
        blocks[name] = tuple((field, part) for field, part in parts)
    return blocks


def _record_bits(table: Mapping[str, Any], where: str) -> int:
    bits = int(table.get("clkConfig", {}).get("l", 1024))
    if bits < 64 or bits > 65536 or bits & (bits - 1):
        raise ConfigError("TP331", f"{where}, key 'clkConfig.l'", "is not a power of two from 64 to 65536", "Use 1024.")
    return bits


def _day(text: str, where: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise ConfigError("TP331", where, "is no day such as 2009-12-31", "Correct it.") from None
