"""The front door: reads options, calls one verb, words the refusal, sets the exit code.

Nothing heavy is imported at the top, so that `totalplace --help` answers at once.
"""

from __future__ import annotations

import difflib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import click

from totalplace import __version__
from totalplace.errors import ConfigError, TotalplaceError, UsageError

BUG, INTERRUPTED = 70, 130


class Door:
    """The global options, and the streams: data to stdout, all else to stderr.

    Args:
        start: folder or file from which the project is found.
        as_json: print one JSON object on stdout instead of lines.
        quiet: print errors only.
        no_input: ask nothing.
        seed: overrides `project.seed`.
    """

    def __init__(
        self, start: Path, as_json: bool, quiet: bool, no_input: bool, seed: int | None, log_file: Path | None
    ) -> None:
        self.start, self.as_json, self.quiet, self.no_input, self.seed = start, as_json, quiet, no_input, seed
        self._log = log_file.open("a", encoding="utf-8") if log_file else None
        self.warnings: list[str] = []

    def say(self, stage: str, text: str) -> None:
        """Print one progress line on stderr: never a personal value."""
        line = f"{stage:<11}{text}"
        if stage == "warning":
            self.warnings.append(text)
        if not self.quiet:
            click.secho(line, err=True, fg="yellow" if stage == "warning" else None)
        if self._log:
            print(line, file=self._log, flush=True)

    def result(self, command: str, result: dict[str, Any], run_id: str = "", config_hash: str = "") -> None:
        """Print the one JSON object that `--json` asks for."""
        if self.as_json:
            body = {"schema": "totalplace/1", "command": command, "run_id": run_id, "config_hash": config_hash}
            click.echo(
                json.dumps({**body, "warnings": self.warnings, "result": result}, ensure_ascii=False, sort_keys=True)
            )

    def options(self, **sections: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """Return option values as the topmost layer of rules; None means that an option was not given."""
        if self.seed is not None:
            sections["project"] = {**sections.get("project", {}), "seed": self.seed}
        given = {
            name: {key: value for key, value in keys.items() if value is not None} for name, keys in sections.items()
        }
        given = {name: keys for name, keys in given.items() if keys}
        return {"option": given} if given else {}


class NearestGroup(click.Group):
    """A group that offers the nearest name for an unknown command."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command, or refuse with the nearest name."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and self.get_command(ctx, name) is None:
            found = difflib.get_close_matches(name, self.list_commands(ctx), n=1, cutoff=0.5)
            hint = f" Did you mean '{found[0]}'?" if found else " See totalplace --help."
            raise click.UsageError(f"No such command '{name}'.{hint}", ctx)
        return super().resolve_command(ctx, args)


PATH = click.Path(path_type=Path)
MODE = click.Choice(["clear", "tokens", "filters"])
pass_door = click.make_pass_decorator(Door)


@click.group(cls=NearestGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("-C", "--config", "config", type=PATH, default=None, help="The project: a totalplace.toml or its folder.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@click.option("--no-color", is_flag=True, help="No colour.")
@click.option("--no-input", is_flag=True, help="Never ask; fail instead.")
@click.option("--seed", type=int, default=None, help="Overrides project.seed.")
@click.option("--log-file", type=PATH, default=None, help="Also write the progress lines to a file.")
@click.version_option(__version__, prog_name="totalplace")
@click.pass_context
def totalplace(
    ctx: click.Context,
    config: Path | None,
    as_json: bool,
    quiet: bool,
    no_color: bool,
    no_input: bool,
    seed: int | None,
    log_file: Path | None,
) -> None:
    """Link a place's public-service contacts under pseudonyms, and show how its people really meet its services.

    New here?  totalplace demo       Own extracts?  totalplace init --from FILE...
    """
    if no_color or os.environ.get("NO_COLOR"):
        ctx.color = False
    if config is not None and not config.exists():
        raise ConfigError(
            "TP301", str(config.name), "there is no such project", "Name a totalplace.toml or the folder it is in."
        )
    ctx.obj = Door(config or Path.cwd(), as_json, quiet, no_input, seed, log_file)


def workers_option(function: Any) -> Any:
    """Add `--workers`."""
    return click.option("--workers", type=click.IntRange(0), default=0, help="Threads; 0 = one per core.")(function)


def out_options(function: Any) -> Any:
    """Add what every command that writes a run folder takes."""
    for option in (
        click.option("--out", type=PATH, default=None, help="Run folder; default runs/<run_id>."),
        click.option("--run-id", default=None, help="Name of the run; default from its inputs."),
        click.option("--data", type=PATH, default=None, help="Folder of the extracts."),
        click.option("--resume", is_flag=True, help="Go on with an unfinished run."),
        click.option("--force", is_flag=True, help="Start afresh in a folder that holds a run."),
        workers_option,
    ):
        function = option(function)
    return function


@totalplace.command()
@click.option(
    "--people",
    type=click.IntRange(100, 5_000_000),
    default=10_000,
    show_default=True,
    help="People of the pretend place.",
)
@click.option("--seed", type=int, default=7, show_default=True, help="Another seed is another place.")
@click.option("--out", type=PATH, default=Path("demo"), show_default=True, help="Folder to make.")
@click.option("--no-open", is_flag=True, help="Do not open a browser.")
@click.option("--force", is_flag=True, help="Make it afresh.")
@click.option("--resume", is_flag=True, help="Go on where a stopped demo was.")
@workers_option
@pass_door
def demo(door: Door, people: int, seed: int, out: Path, no_open: bool, force: bool, resume: bool, workers: int) -> None:
    """Make a pretend place and run every stage on it."""
    from totalplace import pipeline
    from totalplace.sample_data import make_place

    made = pipeline.make_demo(people, seed, out, make_place, door.say, force=force, resume=resume, workers=workers)
    _announce(door, "demo", made, open_it=not no_open)


@totalplace.command()
@out_options
@click.option("--from", "first", default=None, help="First stage to run.")
@click.option("--to", "last", default=None, help="Last stage to run.")
@click.option("--mode", type=MODE, default=None, help="What the linkage unit receives; overrides privacy.mode.")
@pass_door
def run(door: Door, first: str | None, last: str | None, mode: str | None, **options: Any) -> None:
    """Run all stages of a project; what has not changed is skipped."""
    _announce(door, "run", _run(door, first, last, privacy={"mode": mode}, **options))


@totalplace.command()
@click.argument("files", nargs=-1, type=PATH)
@click.option("--id", "id_column", default=None, help="Column that names each record (with FILES).")
@click.option(
    "--link-type",
    type=click.Choice(["dedupe_only", "link_only", "link_and_dedupe"]),
    default=None,
    help="Within files, between files, or both; default: both, or dedupe_only for one file.",
)
@click.option("--model", "model", default="auto", show_default=True, help="auto, or a model file.")
@click.option("--dry-run", is_flag=True, help="Print the plan: pairs per rule, before any pair is made.")
@out_options
@pass_door
def link(
    door: Door,
    files: tuple[Path, ...],
    id_column: str | None,
    link_type: str | None,
    model: str,
    dry_run: bool,
    **options: Any,
) -> None:
    """Find who is the same person: the project's tokens, or any FILES of one controller, in clear."""
    from totalplace import pipeline

    if not files:
        if dry_run:
            chosen = {name: options[name] for name in ("out", "data", "workers")}
            result = pipeline.plan_project(door.start, door.options(), door.say, **chosen)
            _table(door, "link", result)
            return
        _announce(door, "link", _run(door, None, "households", **options))
        return
    if not id_column:
        raise UsageError(
            "TP101", "option --id", "is missing", "Name the column that holds each record's id, such as --id record_id."
        )
    if dry_run:
        _table(
            door,
            "link",
            pipeline.plan_files(files, id_column, link_type, model, door.start, door.options(), options["workers"]),
        )
        return
    out = options["out"] or Path("linked")
    made = pipeline.link_files(
        files,
        id_column,
        out,
        link_type=link_type,
        model=model,
        start=door.start,
        options=door.options(),
        say=door.say,
        force=options["force"],
        workers=options["workers"],
    )
    door.result("link", made)


@totalplace.command()
@click.argument("files", nargs=-1, type=PATH)
@click.option("--key-file", type=PATH, default=None, help="The project key.")
@click.option("--mode", type=MODE, default=None, help="What the linkage unit receives.")
@out_options
@pass_door
def protect(door: Door, files: tuple[Path, ...], key_file: Path | None, mode: str | None, **options: Any) -> None:
    """Split who from what, and turn names into tokens: an agency's part. FILES: agencies/<agency>.toml; default all."""
    privacy = {"mode": mode, "key_file": str(key_file.resolve()) if key_file else None}
    _announce(door, "protect", _run(door, None, "protect", privacy=privacy, agencies=files, **options))


@totalplace.command()
@click.option("--events", type=PATH, default=None, help="Any event log instead of a project.")
@click.option("--case", default="case_id", show_default=True, help="Column of the case (with --events).")
@click.option("--activity", default="activity", show_default=True, help="Column of the activity (with --events).")
@click.option("--timestamp", default="timestamp", show_default=True, help="Column of the time (with --events).")
@click.option("--order", default=None, help="Column that orders events of one time (with --events).")
@out_options
@pass_door
def journeys(
    door: Door, events: Path | None, case: str, activity: str, timestamp: str, order: str | None, **options: Any
) -> None:
    """Put people's contacts in order; or count what follows what in any event log."""
    if events is None:
        _announce(door, "journeys", _run(door, None, "journeys", **options))
        return
    from totalplace import pipeline

    columns = {"case": case, "activity": activity, "timestamp": timestamp, "order": order}
    made = pipeline.follow_events(
        events,
        columns,
        options["out"] or Path("journeys"),
        door.say,
        force=options["force"],
        workers=options["workers"],
    )
    door.result("journeys", made)


@totalplace.command()
@click.argument("what", type=click.Choice(["all", "families", "duplicates", "handoffs"]), default="all")
@click.option("--min-interventions", type=click.IntRange(1), default=None, help="Families at or over this number.")
@click.option("--months", type=click.IntRange(1), default=None, help="Length of the window.")
@click.option("--within", default=None, metavar="DAYS", help="Validity of an assessment, such as 90d.")
@out_options
@pass_door
def flag(
    door: Door, what: str, min_interventions: int | None, months: int | None, within: str | None, **options: Any
) -> None:
    """Flag duplicated assessments, high-demand families and bounces."""
    findings: dict[str, Any] = {"families": {}, "duplicates": {}}
    if min_interventions:
        findings["families"]["min_interventions"] = [min_interventions]
    if months:
        findings["families"]["window_months"] = months
    if within:
        findings["duplicates"]["validity_days"] = _days(within)
    made = _run(door, None, "report", findings={name: keys for name, keys in findings.items() if keys}, **options)
    from totalplace import pipeline

    _table(door, "flag", pipeline.tell_findings(made, what))


@totalplace.command()
@click.option(
    "--edition",
    type=click.Choice(["share", "analyst"]),
    default=None,
    help="analyst needs report.allow_analyst_edition.",
)
@click.option("--min-cell", type=int, default=None, help="People behind a shown number; never under 5.")
@click.option("--open", "open_it", is_flag=True, help="Open it in a browser.")
@out_options
@pass_door
def explore(door: Door, edition: str | None, min_cell: int | None, open_it: bool, **options: Any) -> None:
    """Write explorer.html, the tables and the graph."""
    report = {"edition": edition}
    made = _run(door, None, "report", report=report, privacy={"min_cell": min_cell}, **options)
    _announce(door, "explore", made, open_it=open_it)


@totalplace.command()
@out_options
@pass_door
def graph(door: Door, **options: Any) -> None:
    """Write graph.html, GraphML and GEXF of the service graph."""
    _announce(door, "graph", _run(door, None, "report", **options), page="graph.html")


@totalplace.command()
@click.argument("files", nargs=-1, type=PATH, required=True)
@click.option("--strict", is_flag=True, help="Exit 1 if anything is found.")
@pass_door
def check(door: Door, files: tuple[Path, ...], strict: bool) -> None:
    """Look at extracts before a run, or at a finished page before it leaves."""
    from totalplace import pipeline

    result, failed = pipeline.check_files(files, door.start)
    _table(door, "check", result)
    if failed or (strict and result["found"]):
        sys.exit(5 if failed else 1)


@totalplace.command()
@click.argument("folder", type=PATH, default=Path("."))
@click.option("--from", "sources", type=PATH, multiple=True, help="An extract; may be given again.")
@click.argument("more", nargs=-1, type=PATH)
@click.option("--force", is_flag=True, help="Write over existing files.")
@pass_door
def init(door: Door, folder: Path, sources: tuple[Path, ...], more: tuple[Path, ...], force: bool) -> None:
    """Start a project: totalplace.toml and one agencies/<agency>.toml for each extract."""
    from totalplace import pipeline

    if sources and folder.is_file():
        folder, more = Path("."), (folder, *more)
    _table(door, "init", pipeline.init_project(folder, (*sources, *more), force=force))


@totalplace.command()
@pass_door
def doctor(door: Door) -> None:
    """Check this machine and this project without changing anything."""
    from totalplace import pipeline

    result = pipeline.examine(door.start)
    _table(door, "doctor", result)
    sys.exit(1 if any(line["status"] == "fail" for line in result["checks"]) else 0)


@totalplace.group()
def keys() -> None:
    """Make, show and retire keys. A key is a file; it is never an option's value."""


@keys.command("new")
@click.option("--kind", type=click.Choice(["project", "row", "linkage"]), default="project", show_default=True)
@click.option("--out", type=PATH, required=True, help="File to write, mode 0600.")
@pass_door
def keys_new(door: Door, kind: str, out: Path) -> None:
    """Make a key from the operating system's random source."""
    from totalplace import pipeline

    _table(door, "keys new", pipeline.make_key(kind, out))


@keys.command("show")
@click.argument("file", type=PATH)
@click.option("--kind", type=click.Choice(["project", "row", "linkage"]), default="project", show_default=True)
@pass_door
def keys_show(door: Door, file: Path, kind: str) -> None:
    """Show a key's id, which is safe to compare aloud."""
    from totalplace import pipeline

    _table(door, "keys show", pipeline.show_key(kind, file))


@keys.command("retire")
@click.argument("file", type=PATH)
@click.option("--kind", type=click.Choice(["project", "row", "linkage"]), default="project", show_default=True)
@click.option("--by", required=True, help="The role or body that destroys it.")
@pass_door
def keys_retire(door: Door, file: Path, kind: str, by: str) -> None:
    """Destroy a key and write the record of its destruction beside it."""
    from totalplace import pipeline

    _table(door, "keys retire", pipeline.retire(kind, file, by))


@totalplace.group()
def config() -> None:
    """Show the rules."""


@config.command("show")
@click.option("--origin", is_flag=True, help="Say where each value came from.")
@pass_door
def config_show(door: Door, origin: bool) -> None:
    """Print every rule of the project."""
    from totalplace import pipeline

    result = pipeline.show_rules(door.start, door.options())
    if door.as_json:
        door.result("config show", result)
        return
    for row in result["rules"]:
        click.echo(f"{row['key']} = {row['value']}" + (f"    # {row['origin']}" if origin else ""))


def _run(door: Door, first: str | None, last: str | None, **options: Any) -> Any:
    from totalplace import pipeline

    sections = {name: options.pop(name) for name in ("privacy", "findings", "report") if name in options}
    return pipeline.run_project(door.start, door.options(**sections), door.say, first=first, last=last, **options)


def _announce(door: Door, command: str, made: Any, *, open_it: bool = False, page: str = "explorer.html") -> None:
    """Say which file to open; open it where that was asked for and a browser is there."""
    door.result(command, made.result, made.run_id, made.config_hash)
    path = made.folder / "report" / page
    if not path.exists():
        return
    door.say("Next:", f"open {path}")
    if open_it and sys.stdout.isatty():
        click.launch(str(path))


def _table(door: Door, command: str, result: dict[str, Any]) -> None:
    """Print a result as lines, or as JSON."""
    if door.as_json:
        door.result(command, result)
        return
    for line in result["lines"]:
        click.echo(line)


def _days(text: str) -> int:
    number = text.strip().lower().removesuffix("d")
    if not number.isdigit():
        raise UsageError("TP102", "option --within", "is not a number of days", "Write it as 90 or 90d.")
    return int(number)


def main() -> None:
    """Run the command and turn every end into its exit code."""
    started = time.perf_counter()
    try:
        totalplace.main(standalone_mode=False)
    except click.exceptions.Abort:
        _interrupted()
    except KeyboardInterrupt:
        _interrupted()
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except TotalplaceError as error:
        click.secho(f"error {error}", err=True, fg="red")
        sys.exit(error.exit_code)
    except MemoryError:
        click.secho(
            "error TP603: this machine: memory ran out.\n"
            "  Close other programs, or use fewer --workers; then run again with --resume.",
            err=True,
        )
        sys.exit(6)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:  # noqa: BLE001 the last line of defence: no value may reach the terminal
        _report_bug(error, time.perf_counter() - started)


def _interrupted() -> None:
    click.echo("stopped. Whole stages are kept; go on with the same command and --resume.", err=True)
    sys.exit(INTERRUPTED)


def _report_bug(error: BaseException, seconds: float) -> None:
    """Write where it broke, without any value: no message, no variable, only files, lines and names."""
    import tempfile
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"totalplace {__version__}, python {sys.version.split()[0]}, after {seconds:.0f} s", type(error).__name__]
    lines += [f"  {Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    with tempfile.NamedTemporaryFile(
        "w", prefix="totalplace-fault-", suffix=".txt", delete=False, encoding="utf-8"
    ) as report:
        report.write("\n".join(lines) + "\n")
    click.secho(
        f"error TP700: totalplace: a fault of ours ({type(error).__name__}).\n"
        f"  Please report it with {report.name}: it holds no record.",
        err=True,
        fg="red",
    )
    sys.exit(BUG)


if __name__ == "__main__":
    main()
