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
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from totalplace.errors import ReaderGoneError, UsageError
from totalplace.options import PATH, Layers, lay_setting, refuse_idle
from totalplace.pulse import LIVE_SECONDS, PLAIN_SECONDS, Pulse, named

if TYPE_CHECKING:
    from totalplace.pipeline import Made

SCHEMA = "totalplace/1"
CLEAR_LINE, LIVE_WIDTH = "\r\033[K", 79


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
            name, agency = named(stage)
            line = f"{name:<11}{agency}{text}"
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
            lay_setting(self.rules, option, key, setting)

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

    def tell_ways(self, top: int, **options: Any) -> None:
        """Run the stages that put contacts in order; with `top` all of them, and tell the commonest ways."""
        if not top:
            self.announce("journeys", self.run(last="journeys", **options))
            return
        made = self.run(**options)
        from totalplace import pipeline

        self.show("journeys", pipeline.tell_ways(made, top), made.run_id, made.config_hash)

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

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options and arguments; say of one too many where it belongs."""
        ctx.allow_extra_args = True
        super().parse_args(ctx, args)
        if ctx.args and not ctx.resilient_parsing:
            many = "s" if len(ctx.args) > 1 else ""
            raise click.UsageError(f"Got unexpected extra argument{many} ({' '.join(ctx.args)}).{self._cure(ctx)}", ctx)
        return ctx.args

    def _cure(self, ctx: click.Context) -> str:
        """Return how to name a project, or a folder of extracts, where it was named as an argument."""
        path = Path(ctx.args[0])
        if path.name == "totalplace.toml" or (path / "totalplace.toml").is_file():
            return f" For that project: totalplace -C {path} {ctx.info_name}, or go there and leave it out."
        if path.is_dir() and any(option.name == "data" for option in self.params):
            return f" For extracts that lie there: totalplace {ctx.info_name} --data {path}."
        return ""

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
