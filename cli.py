"""The front door: every command with its options, in the order of a project's life; each calls one verb.

Nothing heavy is imported at the top, so that `totalplace --help` answers at once: a command imports its verb itself.
What commands are handed stands in door.py, how they end in endings.py; those that come in groups stand in groups.py,
those that ask about a finished run in questions.py.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from totalplace import __version__
from totalplace.door import Door, NearestGroup, pass_door, stream_options
from totalplace.endings import exit_code_of, rare_searches_for_rubbish
from totalplace.errors import ConfigError
from totalplace.groups import completion, config, keys
from totalplace.options import (
    EVENT_OPTIONS,
    LINK_TYPE,
    MODE,
    PATH,
    days,
    encodings_option,
    engine_option,
    event_options,
    page_options,
    refuse_idle,
    rule_option,
    rules_given,
    run_options,
    workers_option,
)
from totalplace.questions import attack, chart, check, compare, doctor, explain, review, to_splink

SHARE_PAGE, ANALYST_PAGE = "report/explorer.html", "analysis/explorer-analyst.html"
TOLD = (
    "all", "families", "duplicates", "handoffs", "dropouts", "repeats", "stories", "waits", "overlaps", "cohorts",
    "pathways", "affinity", "costs", "flows",
)  # fmt: skip


@click.group(cls=NearestGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "-C", "--config", "project", type=PATH, default=None, help="The project: a totalplace.toml or its folder."
)
@rule_option("--seed", "project.seed", type=int, help="Overrides project.seed.")
@click.version_option(__version__, prog_name="totalplace")
@click.pass_context
def totalplace(ctx: click.Context, project: Path | None, no_color: bool, **streams: Any) -> None:
    """Link a place's public-service contacts under pseudonyms, and show how its people really meet its services.

    New here?  totalplace demo

    Own extracts?  totalplace init --from FILE...
    """
    if no_color:
        os.environ["NO_COLOR"] = "1"
    if os.environ.get("NO_COLOR"):
        ctx.color = False
    if project is not None and not project.exists():
        cure = "Name a totalplace.toml or the folder it is in."
        raise ConfigError("TP301", str(project.name), "there is no such project", cure)
    ctx.obj = Door(project or Path.cwd(), rules_given(ctx), **streams)
    ctx.call_on_close(ctx.obj.close)


totalplace.params += stream_options()

# To begin: a pretend place, or one's own extracts.


@totalplace.command()
@click.option(
    "--people", type=click.IntRange(100, 5_000_000), default=10_000, show_default=True, help="People of the place."
)
@click.option("--seed", type=int, default=7, show_default=True, help="Another seed is another place.")
@click.option("--out", type=PATH, default=Path("demo"), show_default=True, help="Folder to make.")
@click.option("--extracts", type=PATH, help="Only write three agencies' CSV files into this folder, to practise on.")
@click.option("--no-open", is_flag=True, help="Do not open a browser.")
@click.option("--force", is_flag=True, help="Make it afresh.")
@click.option("--resume", is_flag=True, help="Go on where a stopped demo was.")
@workers_option
@pass_door
def demo(door: Door, people: int, seed: int, out: Path, extracts: Path | None, no_open: bool, **options: Any) -> None:
    """Make a pretend place and run every stage on it."""
    from totalplace import pipeline
    from totalplace.sample_data import make_extracts, make_place

    if extracts is not None:
        refuse_idle(("out", "no_open", "resume", "workers"), "with --extracts")
        made = pipeline.write_extracts(people, seed, extracts, make_extracts, force=options["force"])
        door.show("demo", made)
        return
    finished = pipeline.make_demo(people, seed, out, make_place, door.say, **options)
    door.announce("demo", finished, SHARE_PAGE, open_it=not no_open)


@totalplace.command()
@click.argument("folder", type=PATH, default=Path("."))
@click.option("--from", "sources", type=PATH, multiple=True, help="An extract; may be given again.")
@click.argument("more", nargs=-1, type=PATH)
@click.option("--force", is_flag=True, help="Write over existing files.")
@pass_door
def init(door: Door, folder: Path, sources: tuple[Path, ...], more: tuple[Path, ...], force: bool) -> None:
    """Start a project: its rules, and a file for each agency.

    Writes totalplace.toml and one agencies/<agency>.toml for each extract.
    """
    from totalplace import pipeline

    # `init --from a.csv b.csv`: the second file stands where a folder would.
    if sources and folder.is_file():
        folder, more = Path("."), (folder, *more)
    door.show("init", pipeline.init_project(folder, (*sources, *more), force=force))


for begun in (doctor, check, keys, config, completion):
    totalplace.add_command(begun)


# To run: all stages, or each party's own.


@totalplace.command()
@run_options
@click.option("--from", "first", default=None, help="First stage to run.")
@click.option("--to", "last", default=None, help="Last stage to run.")
@rule_option("--mode", "privacy.mode", type=MODE, help="What the linkage unit receives; overrides privacy.mode.")
@encodings_option
@click.option(
    "--contacts", type=PATH, multiple=True, help="An agency's for_analysis folder, likewise (with --encodings)."
)
@pass_door
def run(door: Door, **options: Any) -> None:
    """Run all stages of a project; what has not changed is skipped."""
    if options["encodings"]:
        refuse_idle(("data",), "with --encodings")
    door.announce("run", door.run(**options), SHARE_PAGE if options["last"] in (None, "report") else "")


@totalplace.command()
@click.argument("files", nargs=-1, type=PATH)
@rule_option("--key-file", "privacy.key_file", lambda path: str(path.resolve()), type=PATH, help="The project key.")
@rule_option("--mode", "privacy.mode", type=MODE, help="What the linkage unit receives.")
@run_options
@pass_door
def protect(door: Door, files: tuple[Path, ...], **options: Any) -> None:
    """Split who from what, and turn names into tokens.

    An agency's part. FILES: agencies/<agency>.toml; default all.
    """
    door.announce("protect", door.run(last="protect", agencies=files, **options))


@totalplace.command()
@click.argument("files", nargs=-1, type=PATH)
@click.option(
    "--id",
    "id_column",
    default=None,
    help="Column that names each record; default: as a Splink model says (with FILES).",
)
@click.option(
    "--link-type",
    type=LINK_TYPE,
    default=None,
    help="Within files, between files, or both; default: as a Splink model says, or by the number of FILES.",
)
@click.option("--model", default="auto", show_default=True, help="auto, a model file, or Splink's JSON (with FILES).")
@rule_option("--floor", "linkage.floor_probability", type=float, help="Keep no pair less probable than this.")
@engine_option
@click.option("--dry-run", is_flag=True, help="Print the plan: pairs per rule, before any pair is made.")
@encodings_option
@run_options
@pass_door
def link(
    door: Door,
    files: tuple[Path, ...],
    encodings: tuple[Path, ...],
    id_column: str | None,
    link_type: str | None,
    model: str,
    dry_run: bool,
    **options: Any,
) -> None:
    """Find who is the same person, in a project or in FILES.

    A project's tokens, or any FILES of one controller, in clear.
    """
    from totalplace import pipeline

    if not files:
        refuse_idle(("id_column", "link_type", "model"), "without FILES")
        if encodings:
            refuse_idle(("data",), "with --encodings")
        if not dry_run:
            door.announce("link", door.run(last="partitions", encodings=encodings, **options))
            return
        chosen = {"encodings": encodings, **{name: options[name] for name in ("out", "data", "workers")}}
        door.show("link", pipeline.plan_project(door.start, door.rules, door.say, **chosen))
        return
    refuse_idle(("data", "run_id", "resume", "encodings"), "with FILES")
    from totalplace.freed_memory import share_freed_memory

    share_freed_memory()
    wish = pipeline.LinkWish(files, id_column, link_type, model, door.start, door.rules, options["workers"])
    if dry_run:
        door.show("link", pipeline.plan_files(wish))
        return
    out = options["out"] or Path("linked")
    door.result("link", pipeline.link_files(wish, out, door.say, force=options["force"]))


totalplace.add_command(chart)
totalplace.add_command(to_splink)


@totalplace.command()
@click.option("--events", type=PATH, default=None, help="Any event log instead of a project: CSV, Parquet, Excel, XES.")
@event_options
@run_options
@pass_door
def journeys(door: Door, events: Path | None, tables: tuple[str, ...], **options: Any) -> None:
    """Put contacts in order, or follow what any event log holds.

    In a project people's contacts are put in order; with --top the commonest ways through its agencies are told too,
    as they may be shown. With --events what follows what is counted in any log.
    """
    log = {name: options.pop(name) for name in EVENT_OPTIONS}
    if events is None:
        refuse_idle((*set(EVENT_OPTIONS) - {"block", "gap_days", "top"}, "tables"), "without --events")
        door.lay_rule("--block", "findings.journey.block", log["block"])
        door.lay_rule("--gap-days", "findings.journey.gap_days", log["gap_days"])
        door.tell_ways(log["top"], **options)
        return
    door.say("begin", "journeys reading the log")
    from totalplace.freed_memory import keep_freed_memory

    keep_freed_memory()  # half the processor time of a large log
    from totalplace import pipeline

    refuse_idle(("data", "run_id", "resume", "workers"), "with --events")
    columns = {name: log.pop(name) for name in ("case", "activity", "timestamp", "order", "time_format")}
    log = {"block": log["block"] or "event", "gap_days": log["gap_days"] or 0, "top": log["top"]}
    chosen = {**log, "force": options["force"], **({"tables": tables} if tables else {})}
    door.result(
        "journeys", pipeline.follow_events(events, columns, options["out"] or Path("journeys"), door.say, **chosen)
    )


# To see: findings on the terminal, why each was made, and the pages.

for seen in (explain, review, compare, attack):
    totalplace.add_command(seen)


@totalplace.command()
@click.argument("what", type=click.Choice(TOLD), default="all")
@rule_option(
    "--min-interventions",
    "findings.families.min_interventions",
    lambda number: [number],
    type=click.IntRange(1),
    help="Families at or over this number.",
)
@rule_option(
    "--months",
    "findings.families.window_months",
    also={"findings.families.window_days": 0},
    type=click.IntRange(1),
    help="Length of the window.",
)
@rule_option(
    "--within",
    "findings.duplicates.validity_days",
    days,
    metavar="DAYS",
    help="Validity of an assessment, such as 90d.",
)
@run_options
@pass_door
def flag(door: Door, what: str, **options: Any) -> None:
    """Flag duplicates, families, bounces, drop-outs and more.

    Also repeats and stories told again; tells waits, overlaps, cohorts, rules, costs and flows.
    """
    from totalplace import pipeline

    made = door.run(**options)
    door.show("flag", pipeline.tell_findings(made, what), made.run_id, made.config_hash)


@totalplace.command()
@click.argument("files", nargs=-1, type=PATH)
@rule_option(
    "--population",
    "counting.population",
    also={"counting.population_source": "given with --population", "counting.population_year": ""},
    type=click.IntRange(1),
    help="People of the whole place, for money per head.",
)
@rule_option("--price-year", "findings.price_year", help="Also state money in this year, such as 2013/14.")
@click.option(
    "--tier", type=click.Choice(["local", "regional", "national"]), default=None, help="Count only this tier."
)
@click.option("--out", type=PATH, default=None, help="Folder to write; default counting in the project.")
@click.option("--force", is_flag=True, help="Write over an earlier count.")
@pass_door
def count(door: Door, files: tuple[Path, ...], **options: Any) -> None:
    """Count spend by body, theme, tier and head.

    FILES: spend tables; default those that counting.spend names.
    """
    from totalplace import pipeline

    made = pipeline.count_files(door.start, door.rules, files, door.say, **options)
    door.show("count", made, made["run_id"], made["config_hash"])


@totalplace.command()
@click.argument("files", nargs=-1, type=PATH)
@run_options
@pass_door
def scenario(door: Door, files: tuple[Path, ...], **options: Any) -> None:
    """Try redesigns on history: before and after, with ranges.

    FILES, and those in the project's scenarios/.
    """
    from totalplace import pipeline

    made = door.run(scenarios=files, **options)
    door.show("scenario", pipeline.tell_redesigns(made.result), made.run_id, made.config_hash)


@totalplace.command()
@click.option(
    "--edition",
    type=click.Choice(["share", "analyst"]),
    default="share",
    show_default=True,
    help="The page to open; analyst needs report.allow_analyst_edition.",
)
@page_options
@run_options
@pass_door
def explore(door: Door, edition: str, open_it: bool, **options: Any) -> None:
    """Write explorer.html, the tables and the graph."""
    door.expect_reader(open_it)
    made = door.run(edition=edition, **options)
    page = ANALYST_PAGE if edition == "analyst" else SHARE_PAGE
    door.announce("explore", made, page, open_it=open_it)


@totalplace.command()
@page_options
@run_options
@pass_door
def graph(door: Door, open_it: bool, **options: Any) -> None:
    """Write graph.html, GraphML and GEXF of the service graph."""
    door.expect_reader(open_it)
    door.announce("graph", door.run(**options), "report/graph.html", open_it=open_it)


@totalplace.command()
@click.argument("formats", nargs=-1, type=click.Choice(["xes", "ocel"]))
@run_options
@pass_door
def export(door: Door, formats: tuple[str, ...], **options: Any) -> None:
    """Write journeys as event logs for process-mining tools.

    XES and OCEL 2.0: personal data, for analysts only.
    """
    from totalplace import pipeline

    made = door.run(last="journeys", edition="analyst", **options)
    result = pipeline.export_events(made, formats or ("xes", "ocel"), door.say)
    door.result("export", result, made.run_id, made.config_hash)


def main() -> None:
    """Run the command and turn every end into its exit code."""
    # Nothing here multiplies matrices; without this each start wakes a thread per core for it, a tenth of a second.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with rare_searches_for_rubbish():
        code = exit_code_of(lambda: totalplace.main(standalone_mode=False))
    sys.exit(code)


if __name__ == "__main__":
    main()
