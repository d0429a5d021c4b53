"""Commands that come in groups, `totalplace keys ...` and `totalplace config ...`, and the one about the shell."""

from __future__ import annotations

from pathlib import Path

import click

from totalplace.door import Command, Door, NearestGroup, pass_door
from totalplace.options import PATH

KIND = click.option("--kind", type=click.Choice(["project", "row", "linkage"]), default="project", show_default=True)


@click.group(cls=NearestGroup)
def keys() -> None:
    """Make, show and retire keys. A key is a file; it is never an option's value."""


@keys.command("new")
@KIND
@click.option("--out", type=PATH, required=True, help="File to write, mode 0600.")
@pass_door
def keys_new(door: Door, kind: str, out: Path) -> None:
    """Make a key from the operating system's random source."""
    from totalplace import pipeline

    door.show("keys new", pipeline.make_key(kind, out))


@keys.command("show")
@click.argument("file", type=PATH)
@KIND
@pass_door
def keys_show(door: Door, file: Path, kind: str) -> None:
    """Show a key's id, which is safe to compare aloud."""
    from totalplace import pipeline

    door.show("keys show", pipeline.show_key(kind, file))


@keys.command("retire")
@click.argument("file", type=PATH)
@KIND
@click.option("--by", required=True, help="The role or body that destroys it.")
@pass_door
def keys_retire(door: Door, file: Path, kind: str, by: str) -> None:
    """Destroy a key and write the record of its destruction beside it."""
    from totalplace import pipeline

    door.show("keys retire", pipeline.retire(kind, file, by))


@click.group(cls=NearestGroup)
def config() -> None:
    """Show the rules."""


@config.command("show")
@click.option("--origin", is_flag=True, help="Say where each value came from.")
@pass_door
def config_show(door: Door, origin: bool) -> None:
    """Print every rule of the project."""
    from totalplace import pipeline

    door.show("config show", pipeline.show_rules(door.start, door.rules, origin=origin))


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@pass_door
@click.pass_context
def completion(context: click.Context, door: Door, shell: str) -> None:
    """Print what makes SHELL complete commands and options.

    For bash: totalplace completion bash >> ~/.bashrc
    """
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    assert made is not None
    script = made(context.find_root().command, {}, "totalplace", "_TOTALPLACE_COMPLETE").source()
    door.show("completion", {"shell": shell, "lines": script.splitlines()})
