"""What stands inside a page that loads nothing: templates, JSON within a script, and the hash that a policy admits."""

from __future__ import annotations

import base64
import hashlib
import json
from importlib import resources
from typing import Any


def template(name: str) -> str:
    """Return one of the files in templates/."""
    return (resources.files("totalplace.report") / "templates" / name).read_text(encoding="utf-8")


def sha256_source(text: str) -> str:
    """Return how a content security policy names exactly this script or style, without its quotes."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def as_json(value: Any) -> str:
    """Return JSON that can stand in a script element: nothing in it can close the element or end a line of script."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text
