"""The pretend place, made and run, or a few of its extracts to practise on: `totalplace demo`."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from totalplace import __version__
from totalplace.errors import UsageError
from totalplace.pipeline.project import Made, run_project
from totalplace.pipeline.run_folder import make_folder, write_text
from totalplace.pipeline.stages import Say

PLACE, MADE_OF = "place", "made_of.json"


def make_demo(
    people: int,
    seed: int,
    out: Path,
    make_place: Callable[[int, int, Path], object],
    say: Say,
    *,
    force: bool = False,
    resume: bool = False,
    workers: int = 0,
) -> Made:
    """Make a pretend place under `out/place` and run every stage with `out` as the run folder.

    Args:
        people: inhabitants.
        seed: another seed is another place; the same seed gives the same bytes.
        out: folder to make.
        make_place: the maker of pretend places; the front door hands it in.
        say: prints one line.
        force: make it afresh.
        resume: go on where a stopped demo was.
        workers: threads; 0 = one per core.
    """
    _place(people, seed, out, make_place, say, force)
    return run_project(
        out / PLACE, {}, say, out=out, force=force, resume=resume, workers=workers, beside=(PLACE, f".{PLACE}.part")
    )


def write_extracts(
    people: int,
    seed: int,
    folder: Path,
    make_extracts: Callable[[int, int, Path], Mapping[Path, int]],
    *,
    force: bool,
) -> dict[str, Any]:
    """Write extracts to practise on into a folder; return the files with their rows, and lines to print.

    Raises:
        UsageError: something is in the folder already, or there are too few people.
    """
    if folder.exists() and not force and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError("TP124", folder.name, "is there already", "Add --force to write over it.")
    made = make_extracts(people, seed, folder)
    lines = [f"wrote {path}   {rows:,} rows" for path, rows in made.items()]
    again = " ".join(str(path) for path in made)
    lines += ["Nobody in them exists.", f"Next: totalplace init my_place --from {again}"]
    return {"files": {path.name: rows for path, rows in made.items()}, "lines": lines}


def _place(
    people: int, seed: int, out: Path, make_place: Callable[[int, int, Path], object], say: Say, force: bool
) -> None:
    place, wanted = out / PLACE, {"people": people, "seed": seed, "version": __version__}
    made_of = place / MADE_OF
    if made_of.is_file() and not force:
        if json.loads(made_of.read_text(encoding="utf-8")) != wanted:
            raise UsageError(
                "TP128", f"folder {out.name}", "holds another pretend place", "Choose another --out, or add --force."
            )
        say("synthetic", "the pretend place is there already")
        return
    if place.exists() and not made_of.is_file():
        raise UsageError(
            "TP127",
            f"folder {out.name}/{PLACE}",
            "is not one of our pretend places",
            "Choose an empty folder for --out.",
        )
    part = out / f".{PLACE}.part"
    shutil.rmtree(part, ignore_errors=True)
    make_folder(out)
    part.mkdir()
    made = make_place(people, seed, part)
    write_text(part / MADE_OF, json.dumps(wanted))
    shutil.rmtree(place, ignore_errors=True)
    os.replace(part, place)
    counts = vars(made)
    say(
        "synthetic",
        f"made {counts['people']:,} people, {counts['contacts']:,} contacts, "
        f"{counts['agencies']} agencies (seed {seed})",
    )
