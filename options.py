"""Options that several commands share: those that set a rule, those of a run, of a log of events and of a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from totalplace.errors import EngineError, UsageError

PATH = click.Path(path_type=Path)
MODE = click.Choice(["clear", "tokens", "filters"])
LINK_TYPE = click.Choice(["dedupe_only", "link_only", "link_and_dedupe"])
EVENT_OPTIONS = ("case", "activity", "timestamp", "order", "time_format", "block", "gap_days", "top")
RULES = "totalplace.rules"
Layers = dict[str, dict[str, Any]]


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
            lay_setting(rules_given(ctx), name, path, setting)

    return click.option(name, callback=lay, expose_value=False, default=None, **form)


def lay_setting(layers: Layers, option: str, key: str, setting: Any) -> None:
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
        click.option(
            "--top",
            type=click.IntRange(0),
            default=0,
            help="Ways told, the commonest first; 0: with --events all, else none.",
        ),
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
