"""What the front door hands to each command: the streams, the rules that options set, and the way to the pipeline.

Data goes to stdout, all else to stderr. Nothing heavy is imported at the top (see cli.py).
"""

from __future__ import annotations

import difflib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from totalplace.errors import EngineError, ReaderGoneError, UsageError
from totalplace.pulse import LIVE_SECONDS, PLAIN_SECONDS, Pulse

if TYPE_CHECKING:
    from totalplace.pipeline import Made

PATH = click.Path(path_type=Path)
MODE = click.Choice(["clear", "tokens", "filters"])
LINK_TYPE = click.Choice(["dedupe_only", "link_only", "link_and_dedupe"])
EVENT_OPTIONS = ("case", "activity", "timestamp", "order", "time_format", "block", "gap_days", "top")
SCHEMA = "totalplace/1"
CLEAR_LINE, LIVE_WIDTH = "\r\033[K", 79
RULES = "totalplace.rules"
Layers = dict[str, dict[str, Any]]


class Door:
    """The global options, and the streams.

    Args:
        start: folder or file from which the project is found.
        rules: rules given as options, by the option that gave them: the topmost layers.
        as_json: print one JSON object on stdout instead of lines.
        quiet: print errors only.
        no_input: nobody is there: no browser is opened.
        verbose: also print when each stage begins, and the seconds since the start before every line.
        log_file: progress lines are also appended here, with all that `verbose` shows.
    """

    def __init__(
        self,
        start: Path,
        rules: Layers,
        as_json: bool,
        quiet: bool,
        log_file: Path | None,
        verbose: bool = False,
        no_input: bool = False,
    ) -> None:
        self.start, self.rules, self.as_json, self.quiet, self.verbose = start, rules, as_json, quiet, verbose
        self.no_input = no_input
        self.warnings: list[str] = []
        self._silent = True
        self._log: TextIO | None = None
        self._lock, self._began, self._live = threading.Lock(), time.monotonic(), sys.stderr.isatty()
        self._pulse = Pulse(self._sign, LIVE_SECONDS if self._live else PLAIN_SECONDS)
        if log_file is not None:
            self.log_to(log_file)

    def log_to(self, log_file: Path) -> None:
        """Also append progress lines to a file.

        Raises:
            UsageError: TP108, it cannot be written.
        """
        try:
            self._log = log_file.open("a", encoding="utf-8")
        except OSError as error:
            what = f"cannot be written ({error.strerror})"
            raise UsageError(
                "TP108", "option --log-file", what, "Name a file in a folder that you may write."
            ) from None

    def close(self) -> None:
        """End the signs of life, and close the log file."""
        self._pulse.end()
        if self._live and not self.quiet:
            click.echo(CLEAR_LINE, nl=False, err=True)
        if self._log:
            self._log.close()

    def say(self, stage: str, text: str) -> None:
        """Print one progress line on stderr, never a personal value; a stage `begin` only first, or if verbose."""
        line = shown = f"{stage:<11}{text}"
        if stage == "warning":
            self.warnings.append(text)
        if stage == "begin":
            self._pulse.begin(*text.split(" ", 1))
            if self._live and not self.verbose:
                self._sign(*text.split(" ", 1))
        # The first line says at once that something is at work, before anything heavy is loaded.
        is_first, self._silent = self._silent and stage == "begin" and not (self.verbose or self._live), False
        if is_first:
            shown = "{:<11}{}".format(*text.partition(" ")[::2])
        if not self.quiet and (self.verbose or is_first or stage != "begin"):
            since = f"{time.monotonic() - self._began:7.1f} s  " if self.verbose else ""
            self._print(since + shown, colour="yellow" if stage == "warning" else None)
        if self._log:
            print(line, file=self._log, flush=True)

    def _sign(self, stage: str, text: str) -> None:
        """Print a sign of life: over itself on a terminal, otherwise as a line."""
        if not self.quiet:
            line = f"{stage:<11}{text}"
            self._print(line[:LIVE_WIDTH] if self._live else line, ends=not self._live)

    def _print(self, line: str, *, colour: str | None = None, ends: bool = True) -> None:
        """Print on stderr, on a terminal over the last sign of life; a stage goes on though nobody reads it."""
        with self._lock:
            try:
                click.secho((CLEAR_LINE if self._live else "") + line, nl=ends, err=True, fg=colour)
            except BrokenPipeError:
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())

    def result(self, command: str, result: dict[str, Any], run_id: str = "", config_hash: str = "") -> None:
        """Print the one JSON object that `--json` asks for; without it, nothing."""
        if self.as_json:
            names = {"schema": SCHEMA, "command": command, "run_id": run_id, "config_hash": config_hash}
            body = {**names, "warnings": self.warnings, "result": result}
            click.echo(json.dumps(body, ensure_ascii=False, sort_keys=True))

    def show(self, command: str, result: dict[str, Any], run_id: str = "", config_hash: str = "") -> None:
        """Print a result: its `lines`, or all of it as JSON."""
        if self.as_json:
            self.result(command, result, run_id, config_hash)
            return
        for line in result["lines"]:
            click.echo(line)

    def lay_rule(self, option: str, key: str, setting: Any) -> None:
        """Let an option that was given set a rule over every file."""
        if setting is not None:
            _lay(self.rules, option, key, setting)

    def expect_reader(self, open_it: bool) -> None:
        """Refuse `--open` beside `--no-input`, before the work is done.

        Raises:
            UsageError: TP106.
        """
        if open_it and self.no_input:
            refuse_idle(("open_it",), "with --no-input")

    def run(self, **options: Any) -> Made:
        """Run the project's stages; options as in `pipeline.run_project`."""
        self.say("begin", "run reading the project")
        from totalplace import pipeline

        return pipeline.run_project(self.start, self.rules, self.say, **options)

    def announce(self, command: str, made: Made, page: str = "", *, open_it: bool = False) -> None:
        """Tell what a run made and which page of its folder to open; open it if asked to and somebody is there."""
        self.result(command, made.result, made.run_id, made.config_hash)
        path = made.folder / page
        if not path.is_file():
            return
        from totalplace.pipeline.run_folder import shown

        self.say("Next:", f"open {shown(path)}")
        if open_it and sys.stdout.isatty() and not self.no_input:
            click.launch(str(path))


pass_door = click.make_pass_decorator(Door)


def _set_stream(ctx: click.Context, option: click.Parameter, value: Any) -> None:
    """Do what a global option does that was written after the command's name."""
    door = ctx.find_object(Door)
    if not value or door is None:
        return
    if option.name == "log_file":
        door.log_to(value)
    elif option.name == "no_color":
        os.environ["NO_COLOR"], ctx.find_root().color = "1", False
    else:
        setattr(door, str(option.name), True)


def stream_options(**form: Any) -> list[click.Option]:
    """Return the global options about streams, which may stand before or after a command's name."""
    return [
        click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object on stdout.", **form),
        click.Option(["-q", "--quiet"], is_flag=True, help="Print errors only.", **form),
        click.Option(["-v", "--verbose"], is_flag=True, help="Also say when each stage begins.", **form),
        click.Option(["--no-color"], is_flag=True, help="No colour.", **form),
        click.Option(
            ["--no-input"], is_flag=True, help="Nobody is there: open no browser. (No command asks anything.)", **form
        ),
        click.Option(["--log-file"], type=PATH, help="Also append the progress lines to a file.", **form),
    ]


class Command(click.Command):
    """A command that also takes the global options about streams after its name; the manual lists them once."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return its own options, then those about streams."""
        *own, helped = super().get_params(ctx)
        after = stream_options(expose_value=False, callback=_set_stream, hidden=True)
        return [*own, *after, helped]


class NearestGroup(click.Group):
    """A group that lists its commands in the order of a project's life and offers the nearest name for an unknown."""

    command_class = Command

    def invoke(self, ctx: click.Context) -> Any:
        """Do a command; click itself would end with exit code 1 where the reader of the output went away."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise ReaderGoneError from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands as they were declared."""
        return list(self.commands)

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


def rule_option(
    name: str,
    key: str,
    turn: Callable[[Any], Any] = lambda value: value,
    also: dict[str, Any] | None = None,
    **form: Any,
) -> Callable[[Any], Any]:
    """Declare an option that sets a rule over every file: the command itself takes no argument for it.

    Args:
        name: the option, such as `--min-cell`; it becomes the rule's origin.
        key: the rule, such as `privacy.min_cell`.
        turn: from the option's value to the rule's.
        also: other rules that the option settles, by key.
        form: as for `click.option`.
    """

    def lay(ctx: click.Context, _: click.Parameter, value: Any) -> None:
        if value is None:
            return
        for path, setting in {key: turn(value), **(also or {})}.items():
            _lay(rules_given(ctx), name, path, setting)

    return click.option(name, callback=lay, expose_value=False, default=None, **form)


def _lay(layers: Layers, option: str, key: str, setting: Any) -> None:
    """Let an option set a rule: its layer lies over every file."""
    place = layers.setdefault(f"option {option}", {})
    *tables, last = key.split(".")
    for table in tables:
        place = place.setdefault(table, {})
    place[last] = setting


def rules_given(ctx: click.Context) -> Layers:
    """Return the rules that options have set so far; the commands of one call share them."""
    layers: Layers = ctx.meta.setdefault(RULES, {})
    return layers


def days(text: str) -> int:
    """Read a number of days, written 90 or 90d."""
    number = text.strip().lower().removesuffix("d")
    if not number.isdecimal():
        raise UsageError("TP102", "option --within", "is not a number of days", "Write it as 90 or 90d.")
    return int(number)


def workers_option(function: Any) -> Any:
    """Add `--workers`."""
    return click.option("--workers", type=click.IntRange(0), default=0, help="Threads; 0 = one per core.")(function)


def run_options(function: Any) -> Any:
    """Add what every command that runs a project's stages takes."""
    for option in (
        workers_option,
        click.option("--force", is_flag=True, help="Start afresh in a folder that holds a run."),
        click.option("--resume", is_flag=True, help="Go on with an unfinished run."),
        click.option("--data", type=PATH, default=None, help="Folder of the extracts."),
        click.option("--run-id", default=None, help="Name of the run; default from its inputs."),
        click.option("--out", type=PATH, default=None, help="Run folder; default runs/<run_id>."),
    ):
        function = option(function)
    return function


def run_folder_option(function: Any) -> Any:
    """Add `--run`: which finished run is asked about."""
    text = "Run folder; default: where you stand if it is one, else the project's last run."
    return click.option("--run", "folder", type=PATH, default=None, help=text)(function)


def encodings_option(function: Any) -> Any:
    """Add `--encodings`."""
    text = "An agency's for_linkage folder, made by protect on its own machine; may be given again."
    return click.option("--encodings", type=PATH, multiple=True, help=text)(function)


def engine_option(function: Any) -> Any:
    """Add `--engine`; one that is not there is refused at once."""

    def refuse(_: click.Context, __: click.Parameter, engine: str) -> None:
        if engine == "spark":
            cure = "Leave --engine out: this machine's cores and disk carry tables that are larger than its memory."
            raise EngineError("TP605", "option --engine", "there is no Spark engine in this version", cure)

    return click.option(
        "--engine",
        type=click.Choice(["local", "spark"]),
        default="local",
        show_default=True,
        expose_value=False,
        callback=refuse,
        help="Where the work runs; this version has local only.",
    )(function)


def event_options(function: Any) -> Any:
    """Add what says how any log of events is read and followed: `EVENT_OPTIONS` and `tables`."""
    for option in (
        click.option(
            "--table",
            "tables",
            type=click.Choice(["edges", "variants", "activities", "durations"]),
            multiple=True,
            help="Table to write, may be given again; default all (with --events).",
        ),
        click.option("--top", type=click.IntRange(0), default=0, help="Variants listed, 0 = all (with --events)."),
        click.option(
            "--gap-days",
            type=click.IntRange(0),
            default=None,
            help="Silence that begins another journey, 0 = never; default 0 with --events, else as the rules say.",
        ),
        click.option(
            "--block",
            type=click.Choice(["day", "instant", "event"]),
            default=None,
            help="What is one step; default event with --events, else as the rules say.",
        ),
        click.option("--time-format", default=None, help="How times are written, such as %d/%m/%Y (with --events)."),
        click.option("--order", default=None, help="Column that orders events of one time (with --events)."),
        click.option("--timestamp", default=None, help="Column of the time, else timestamp (with --events)."),
        click.option("--activity", default=None, help="Column of the activity, else activity (with --events)."),
        click.option("--case", default=None, help="Column of the case, else case_id (with --events)."),
    ):
        function = option(function)
    return function


def page_options(function: Any) -> Any:
    """Add what every command that ends in a page takes."""
    floor = "People behind a shown number; never under 5."
    function = click.option("--open", "open_it", is_flag=True, help="Open it in a browser.")(function)
    return rule_option("--min-cell", "privacy.min_cell", type=int, help=floor)(function)


def refuse_idle(names: Iterable[str], why: str) -> None:
    """Refuse options that were given but would change nothing.

    Args:
        names: the command's parameters that mean nothing here.
        why: completes "does nothing ...".
    """
    ctx = click.get_current_context()
    for parameter in ctx.command.params:
        given = ctx.get_parameter_source(parameter.name or "") is click.core.ParameterSource.COMMANDLINE
        if parameter.name in names and given:
            raise UsageError("TP106", f"option {parameter.opts[0]}", f"does nothing {why}", "Leave it out.")
