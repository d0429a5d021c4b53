"""Commands that ask about what is already there: what a file holds, why, what to read by hand, what a model holds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from totalplace.door import Command, Door, pass_door
from totalplace.errors import UsageError
from totalplace.options import LINK_TYPE, PATH, refuse_idle, rule_option, run_folder_option, workers_option

FILE_OPTIONS = ("model", "id_column", "link_type")


@click.command(cls=Command)
@pass_door
def doctor(door: Door) -> None:
    """Check this machine and this project without changing anything."""
    from totalplace import pipeline

    result = pipeline.examine(door.start)
    door.show("doctor", result)
    sys.exit(1 if any(line["status"] == "fail" for line in result["checks"]) else 0)


@click.command(cls=Command)
@click.argument("files", nargs=-1, type=PATH, required=True)
@click.option("--strict", is_flag=True, help="Exit 1 if anything is found.")
@click.option("--against", type=PATH, help="An earlier release: say what it and the new one tell together.")
@pass_door
def check(door: Door, files: tuple[Path, ...], strict: bool, against: Path | None) -> None:
    """Look at extracts before a run, or pages before they leave.

    A run's folder, or its report/, stands for all that is published in it.

    With --against FILES are one new release and OLD an earlier one, each an explorer.html or the folder report/ of a
    run: numbers withheld in one that follow from the two together are named.
    """
    from totalplace import pipeline

    if against is not None and len(files) != 1:
        raise UsageError("TP137", "option --against", "compares one release with an earlier one", "Name one of each.")
    if against is not None:
        result, failed = pipeline.check_release(files[0], against)
    else:
        result, failed = pipeline.check_files(files, door.start)
    door.show("check", result)
    if failed or (strict and result["found"]):
        sys.exit(5 if failed else 1)


@click.command(cls=Command)
@click.argument("first")
@click.argument("second", required=False)
@click.argument("files", nargs=-1, type=PATH)
@click.option(
    "--model", default=None, help="A trained model: model.toml that link wrote, or Splink's JSON (with FILES)."
)
@click.option(
    "--id",
    "id_column",
    default=None,
    help="Column that names each record; default: as a Splink model says (with FILES).",
)
@click.option("--link-type", type=LINK_TYPE, default=None, help="As for link (with FILES).")
@click.option("--svg", "picture", type=PATH, default=None, help="Also draw two records' weight into this file.")
@run_folder_option
@workers_option
@pass_door
def explain(
    door: Door, first: str, second: str | None, files: tuple[Path, ...], folder: Path | None, **options: Any
) -> None:
    """Say why a finding was made, or two records are linked.

    Or why they are not. FIRST alone is a finding of the run: its id, or the beginning of it. FIRST and SECOND are
    records: of the run, or of FILES.
    """
    from totalplace import pipeline

    if files:
        refuse_idle(("folder",), "with FILES")
        if options["model"] is None:
            raise UsageError("TP133", "option --model", "is missing", "Name the model.toml that linking wrote.")
        wish = pipeline.LinkWish(
            files, options["id_column"], options["link_type"], options["model"], door.start, door.rules,
            options["workers"],
        )  # fmt: skip
        door.show("explain", pipeline.explain_files(wish, first, second or "", options["picture"]))
        return
    run = pipeline.open_run(door.start, folder)
    if second is not None:
        refuse_idle(FILE_OPTIONS, "without FILES")
        two = pipeline.explain_two_records(run, door.start, first, second, options["picture"], options["workers"])
        door.show("explain", two, run.run_id, run.config_hash)
        return
    refuse_idle((*FILE_OPTIONS, "picture", "workers"), "for a finding")
    door.show("explain", pipeline.explain_one_finding(run, door.start, first), run.run_id, run.config_hash)


@click.command(cls=Command)
@click.argument(
    "what",
    type=click.Choice(["pairs", "duplicates", "concurrent", "families", "bounces", "dropouts", "repeats", "pathways"]),
    default="pairs",
)
@click.option("--answers", type=PATH, default=None, help="A filled-in file of pairs: say how right the links are.")
@click.option("--n", "number", type=click.IntRange(1), default=None, help="How many; default findings.review.sample.")
@click.option("--csv", "out", type=PATH, default=None, help="File to write; default in the project.")
@click.option("--force", is_flag=True, help="Write over the file.")
@run_folder_option
@pass_door
def review(door: Door, what: str, answers: Path | None, folder: Path | None, **options: Any) -> None:
    """Write what reviewers judge: pairs of records, or findings.

    Pairs near the threshold, or a random draw of one kind of finding.
    """
    from totalplace import pipeline

    run = pipeline.open_run(door.start, folder)
    if what != "pairs":
        refuse_idle(("answers",), "with findings: put their file into the project's judgements/ and run again")
        made = pipeline.draw_findings(run, door.start, what, **options)
    elif answers is not None:
        refuse_idle(options, "with --answers")
        made = pipeline.read_answers(run, door.start, answers)
    else:
        made = pipeline.draw_pairs(run, door.start, **options)
    door.show("review", made, run.run_id, run.config_hash)


@click.command(cls=Command)
@click.argument("first", type=PATH)
@click.argument("second", type=PATH, required=False)
@click.option("--quarters", nargs=2, default=None, help="Two quarters of one run, such as 2023-Q1 2024-Q1.")
@click.option("--ids", is_flag=True, help="List findings that came and went, by id; as for the analyst edition.")
@pass_door
def compare(door: Door, first: Path, second: Path | None, quarters: tuple[str, str] | None, ids: bool) -> None:
    """Say how run SECOND differs from run FIRST.

    Headlines with their intervals, findings, rules and inputs.
    """
    from totalplace import pipeline

    if quarters:
        if second is not None:
            cure = "Name one run with --quarters, or two runs without."
            raise UsageError("TP134", "option --quarters", "compares quarters of one run", cure)
        refuse_idle(("ids",), "with --quarters")
        _show_comparison(door, pipeline.compare_quarters(door.start, first, quarters))
        return
    if second is None:
        raise UsageError("TP134", "SECOND", "is missing", "Name two run folders, or two --quarters of one.")
    _show_comparison(door, pipeline.compare_runs(door.start, first, second, ids=ids))


def _show_comparison(door: Door, result: dict[str, Any]) -> None:
    """Show what two runs, or two quarters of one, differ in, under the names of the runs and their rules."""
    run_id, config_hash = ("..".join(run[name] for run in result["runs"]) for name in ("run_id", "config_hash"))
    door.show("compare", result, run_id, config_hash)


@click.command(cls=Command)
@click.argument("model", type=PATH)
@click.option(
    "--out", type=PATH, default=Path("model.html"), show_default=True, help="Page to write; .svg = the weights alone."
)
@pass_door
def chart(door: Door, model: Path, out: Path) -> None:
    """Draw MODEL: its weights, m and u.

    MODEL is model.toml or Splink's JSON; beside quality.json also what each threshold gives.
    """
    from totalplace import pipeline

    door.show("chart", pipeline.chart_model(model, out))


@click.command("to-splink", cls=Command)
@click.argument("model", type=PATH)
@click.option("--id", "id_column", default="unique_id", show_default=True, help="Column that names each record.")
@click.option("--link-type", type=LINK_TYPE, default="dedupe_only", show_default=True, help="As for link.")
@click.option("--out", type=PATH, default=Path("splink.json"), show_default=True, help="File to write.")
@pass_door
def to_splink(door: Door, model: Path, id_column: str, link_type: str, out: Path) -> None:
    """Write MODEL as the JSON of Splink's settings.

    MODEL is a model.toml that link wrote.
    """
    from totalplace import pipeline

    door.show("to-splink", pipeline.model_for_splink(model, id_column, link_type, out))


def shares(text: str) -> list[float]:
    """Read shares written 1.0,0.8 or 100%,80%."""
    return [_share(word.strip()) for word in text.split(",")]


def _share(word: str) -> float:
    try:
        share = float(word.removesuffix("%")) / (100 if word.endswith("%") else 1)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        cure = "Write shares over 0 and up to 1, such as 1.0,0.8,0.5."
        raise UsageError("TP116", "option --overlap", "is not a list of shares", cure)
    return share


@click.command(cls=Command)
@click.argument("files", nargs=-1, type=PATH)
@rule_option(
    "--attackers",
    "attack.attackers",
    lambda text: [word.strip().upper() for word in text.split(",")],
    metavar="A0,A1,...",
    help="Which attackers to try; default all five.",
)
@rule_option(
    "--overlap",
    "attack.overlap",
    shares,
    metavar="SHARE,...",
    help="How much of the encoded values the attacker's list holds, such as 1.0,0.8.",
)
@click.option("--i-own-this-data", "own_data", is_flag=True, help="The people are real and this agency's own.")
@click.option("--data", type=PATH, default=None, help="Folder of the extracts.")
@click.option("--out", type=PATH, default=None, help="Folder to write; default attack in the project.")
@click.option("--force", is_flag=True, help="Write over an earlier measurement.")
@workers_option
@pass_door
def attack(door: Door, files: tuple[Path, ...], **options: Any) -> None:
    """Measure how well encodings hold against attackers.

    They work on invented people or, FILES naming it, on one's own agency.
    """
    door.say("begin", "attack reading the extracts")
    from totalplace import pipeline

    made = pipeline.measure_privacy(door.start, door.rules, door.say, agencies=files, **options)
    door.show("attack", made, config_hash=made["config_hash"])
    if not made["sound"]:
        sys.exit(5)
