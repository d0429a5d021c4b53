"""The plan of a linkage as an analyst reads it before any pair is made."""

from __future__ import annotations

from typing import Any

import pyarrow as pa


def plan_lines(plan: pa.Table) -> dict[str, Any]:
    """Return a PLAN as rows for `--json` and as lines for people."""
    rows = plan.to_pylist()
    lines = [f"{'pairs':>15}  {'largest block':>13}  {'its share':>9}  rule"]
    for row in rows:
        mark = f"   capped: {row['pairs_left_out']:,} pairs left out" if row["capped"] else ""
        lines.append(
            f"{row['pairs']:>15,}  {row['largest_block']:>13,}  {row['largest_share']:>9.1%}  {row['rule']}{mark}"
        )
    lines.append(f"{sum(row['pairs'] for row in rows):>15,}  in all")
    return {"plan": rows, "lines": lines}
