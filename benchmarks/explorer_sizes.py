"""The explorer of a small and of a large place against its budgets: explorer_sizes.py DEMO_FOLDER [--times 1 100]

Takes the cells of a finished demo as they are, and scaled up: every count, and the people behind it, so many times;
they pass the same disclosure control and the same writer, with the demo's own scenarios and spend. Scaled cells are the
heavier case: nothing is small any more, so almost nothing is withheld and almost everything is drawn. With --cells
FILE ... other cells are taken as they are, such as those of a place of a million people.

Prints, for each size and edition, what the file weighs and, in an installed Chromium on this machine, the first paint,
the load event, the slowest and the middle answer to a filter on any page and the longest task while answering (each the
least of three rounds: another process on the machine is not the page's), elements of the largest page, requests and
console errors. Budgets: design of the explorer, section 6.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import statistics
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from totalplace.config import load_project
from totalplace.engine import LocalEngine
from totalplace.pipeline.spending.count import spend_rows
from totalplace.pipeline.trying import scenarios_of
from totalplace.report import Redesigned, Release, Story, release, release_redesign, scenario_story, write_explorer
from totalplace.tables import CELLS

BUDGETS = {
    "KB": 600,
    "KB gzipped": 150,
    "first paint ms": 1000,
    "load ms": 1000,
    "filter ms": 100,
    "longest task ms": 150,
}
PAGES = ("summary", "families", "duplicates", "journeys", "together", "followup", "counting", "redesign", "trust")
ROUNDS = 3
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Each filter on each page: time until the page is laid out again, and tasks over 50 ms meanwhile.
ANSWERS = """async pages => {
  const tasks = [0], times = [];
  new PerformanceObserver(list => list.getEntries().forEach(e => tasks.push(e.duration))).observe({ type: 'longtask' });
  const box = document.getElementById('chip');
  const wait = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  const values = [...box.options].map(option => option.value).filter((value, i) => i % 7 === 1);
  for (const page of pages) {
    document.querySelector(`nav a[data-page="${page}"]`).click();
    await wait();
    for (const value of [...values, '']) {
      const start = performance.now();
      box.value = value;
      box.dispatchEvent(new Event('change'));
      document.body.getBoundingClientRect();
      times.push(performance.now() - start);
      await wait();
    }
  }
  await wait();
  return { times, longest: Math.max(...tasks) }; }"""
PAINTED = """() => ({ paint: performance.getEntriesByName('first-contentful-paint')[0].startTime,
  load: performance.getEntriesByType('navigation')[0].loadEventEnd })"""


def scaled(cells: pa.Table, times: int) -> pa.Table:
    """Return CELLS with every count and the people behind it so many times as large; shares of one person shrink."""
    values = {name: np.asarray(cells[name].to_numpy()) for name in ("value", "people", "largest_share")}
    columns = {name: cells[name] for name in cells.column_names}
    columns["value"] = pa.array(values["value"] * times)
    columns["people"] = pa.array(values["people"] * times, pa.int64())
    columns["largest_share"] = pa.array(values["largest_share"] / times)
    return CELLS.check(pa.table(columns).cast(CELLS.schema), "benchmark")


def story_of(demo: Path) -> Story:
    """Return the words round the cells, as a run of this place tells them."""
    project = load_project(demo / "place")
    summary = json.loads((demo / "analysis/summary.json").read_text(encoding="utf-8"))
    rules = project.rules.findings
    return Story(
        place=project.rules.project.name,
        synthetic=True,
        run_id="benchmark",
        config_hash=project.config_hash,
        data_hash="benchmark",
        convention=project.rules.privacy.convention,
        min_cell=project.rules.privacy.min_cell,
        round_to=project.rules.privacy.round_to,
        window_from=date.fromisoformat(summary["window"]["first"]),
        window_to=date.fromisoformat(summary["window"]["last"]),
        agencies=tuple((a.agency.code, a.agency.name) for a in project.agencies),
        validity_days=rules.duplicates.validity_days,
        window_months=rules.families.window_months,
        min_agencies=rules.families.min_agencies,
        min_interventions=tuple(rules.families.min_interventions),
        max_gap_days=rules.handoff.max_gap_days,
        spend=spend_rows(project),
    )


def written(demo: Path, cells: pa.Table, path: Path) -> Release:
    """Release cells and the demo's redesigns, and write their explorer."""
    project = load_project(demo / "place")
    rules = project.rules
    with LocalEngine() as engine:
        made = release(engine.hold(cells), rules.privacy, rules.report, engine)
        table = engine.load(str(demo / "analysis/redesign.parquet"))
        safe = release_redesign(table, made, rules.privacy, rules.report, engine)
    stories = tuple(scenario_story(scenario, rules.findings) for scenario in scenarios_of(project, ()))
    redesigned = Redesigned(safe, stories, rules.findings.redesign.target_share)
    write_explorer(made, story_of(demo), path, rules.report, redesigned=redesigned)
    return made


def measured(browser: Any, path: Path) -> dict[str, float]:
    """Return what a finished page weighs and how quickly it answers."""
    faults: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    tab = context.new_page()
    tab.on("request", lambda r: faults.append(r.url) if not r.url.startswith("file:") else None)
    tab.on("console", lambda m: faults.append(m.text) if m.type in ("error", "warning") else None)
    tab.on("pageerror", lambda e: faults.append(str(e)))
    tab.goto(path.as_uri(), wait_until="load")
    tab.locator("html[data-ready]").wait_for(state="attached")
    tab.wait_for_timeout(300)
    begun = tab.evaluate(PAINTED)
    rounds = [tab.evaluate(ANSWERS, list(PAGES)) for _ in range(ROUNDS)]
    least = [min(times) for times in zip(*(answers["times"] for answers in rounds), strict=True)]
    nodes = []
    for page in PAGES:
        tab.locator(f'nav a[data-page="{page}"]').click()
        nodes.append(tab.evaluate("document.querySelectorAll('*').length"))
    context.close()
    body = path.read_bytes()
    return {
        "KB": len(body) / 1000,
        "KB gzipped": len(gzip.compress(body)) / 1000,
        "first paint ms": begun["paint"],
        "load ms": begun["load"],
        "filter ms": max(least),
        "filter ms, middle": statistics.median(least),
        "longest task ms": min(answers["longest"] for answers in rounds),
        "elements": max(nodes),
        "requests and errors": len(faults),
    }


def main() -> None:
    """Print one row per size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("demo", type=Path, help="folder of a finished `totalplace demo`")
    parser.add_argument("--times", type=int, nargs="+", default=[1, 100])
    parser.add_argument("--cells", type=Path, nargs="*", default=[], help="other CELLS, such as of a larger demo")
    parser.add_argument("--keep", type=Path, help="folder to keep the pages in")
    args = parser.parse_args()
    from playwright.sync_api import sync_playwright

    base = pq.read_table(args.demo / "analysis/cells.parquet")
    sizes = [(f"{times} times", scaled(base, times)) for times in args.times]
    sizes += [(str(path), pq.read_table(path)) for path in args.cells]
    rows = {}
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        found = next(path for name in BROWSERS if (path := shutil.which(name)))
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        for number, (name, cells) in enumerate(sizes):
            path = (args.keep or Path(scratch)) / f"explorer-{number}.html"
            made = written(args.demo, cells, path)
            people = (
                f"{made.cells.meta['people']:,} people, {made.audit['withheld']:,} of {made.audit['cells']:,} withheld"
            )
            rows[f"{name}: {people}"] = measured(browser, path.resolve())
        browser.close()
    print("| measure | budget | " + " | ".join(rows) + " |")
    print("|---|---|" + "---|" * len(rows))
    for measure in next(iter(rows.values())):
        print(
            f"| {measure} | {BUDGETS.get(measure, '')} | "
            + " | ".join(f"{r[measure]:,.0f}" for r in rows.values())
            + " |"
        )


if __name__ == "__main__":
    main()
