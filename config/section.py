"""What every section of the rules has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Frozen rules. Unknown keys are refused; defaults live in the TOML files beside this module, not in Python."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, protected_namespaces=(), defer_build=True)
