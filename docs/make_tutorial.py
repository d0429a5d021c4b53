"""Do what a page says and put what its commands really print into it: python docs/make_tutorial.py [PAGE [FOLDER]]

Without a page it is every page of `PAGES`. A page is its own script. Every line of a `console` or `text` block that
begins with "$ " is run, in order, in an empty folder, and the lines under it become what was printed.
A comment before another block edits a file:

    <!-- edit agencies/police.toml after "outcome" -->     the block goes below the first line that begins so
    <!-- edit agencies/police.toml from "[types]" -->      it takes the place of everything from that line on
    <!-- edit totalplace.toml at "destroy_by" -->          it takes the place of that line
    <!-- edit agencies/advice.toml end -->                 it goes to the end
    <!-- edit visits.csv new -->                           it is the whole of a new file

Keys are random, and so would be the ends of intervals. After each `keys new` the new file therefore gets a known key.
`tests/docs/test_tutorial.py` compares what is printed today with the pages, all but times, sizes and ids.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).parent
PAGES = ("tutorial.md", "how-to/event-logs.md")
BLOCK = re.compile(r"(?:<!-- edit (?P<edit>.+?) -->\n\n)?^```(?P<kind>\w+)\n(?P<body>.*?)^```$", flags=re.M | re.S)
EDIT = re.compile(r'(?P<file>\S+) (?P<how>after|from|at|end|new)(?: "(?P<line>.+)")?')
SIGN_OF_LIFE = " at work for "  # a stage says so after some seconds: only slow machines print it
# What differs from day to day, from machine to machine, or with every measure that is added; compared by name alone.
CHANGING = [
    (r"\d+\.\d s\b(   [\d,]+ rows/s)?", "SECONDS"),
    (r"\bid [0-9a-f]{16}", "ID"), (r"runs/[0-9a-f]{12}", "RUN"), (r"\b\d+ KB", "SIZE"),
    (r"\b\d+ notes on what", "N notes on what"), (r"[\d,]+ cells withheld", "N cells withheld"),
    (r"Numbers: [\d,]+; withheld: [\d,]+, [\d,]+ to", "Numbers: N; withheld: N, N to"),
    (r"(pass|warn)  (python|memory|disk|clock|browser|packages|cores|room) .*(\n {17}.*)?", r"\2 MACHINE"),
]  # fmt: skip


def masked(text: str) -> str:
    """Return a transcript without what is not to be compared."""
    for pattern, name in CHANGING:
        text = re.sub(pattern, name, text)
    return text


def retell(page: str, folder: Path) -> str:
    """Return the page with what its commands print today, run in an empty folder.

    Raises:
        RuntimeError: a command cannot be started, or the page edits a line that is not there.
    """
    here, pieces, end = folder, [], 0
    for block in BLOCK.finditer(page):
        pieces.append(page[end : block.start("body")])
        body, end = block["body"], block.end("body")
        if block["kind"] in ("console", "text"):
            body, here = _told(body, here)
        elif block["edit"]:
            _edit(here, block["edit"], body)
        pieces.append(body)
    return "".join(pieces) + page[end:]


def _told(body: str, here: Path) -> tuple[str, Path]:
    """Run the commands of a block; return them with what they print, and the folder where they end."""
    lines: list[str] = []
    for command in (line[2:] for line in body.splitlines() if line.startswith("$ ")):
        lines.append(f"$ {command}")
        if command.startswith("cd "):
            here = (here / command[3:]).resolve()
            continue
        printed = _printed(command, here)
        lines += [line.rstrip() for line in printed.rstrip().splitlines() if SIGN_OF_LIFE not in line]
    return "".join(f"{line}\n" for line in lines), here


def _printed(command: str, here: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", command], cwd=here, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        env={**os.environ, "PATH": path, "NO_COLOR": "1", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    if done.returncode in (126, 127):
        raise RuntimeError(f"{command}: {done.stdout}")
    if command.startswith("totalplace keys new"):
        _make_known(here / shlex.split(command)[-1])
    return done.stdout


def _make_known(path: Path) -> None:
    header = path.read_text(encoding="ascii").splitlines()[0]
    key = hashlib.sha256(f"the tutorial's {path.name}".encode()).digest()
    path.write_text(f"{header}\n{base64.b64encode(key).decode()}\n", encoding="ascii")


def _edit(here: Path, what: str, body: str) -> None:
    asked = EDIT.fullmatch(what)
    if not asked:
        raise RuntimeError(f"the page asks for an edit that nobody understands: {what}")
    path, new = here / asked["file"], body.splitlines()
    lines = [] if asked["how"] == "new" else path.read_text(encoding="utf-8").splitlines()
    if asked["how"] in ("end", "new"):
        lines += ["", *new] if lines else new
    else:
        place = next((k for k, line in enumerate(lines) if line.startswith(asked["line"])), None)
        if place is None:
            raise RuntimeError(f"{what}: no line begins so")
        kept = lines[: place + 1] if asked["how"] == "after" else lines[:place]
        lines = [*kept, *new, *([] if asked["how"] == "from" else lines[place + 1 :])]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def merged(page: str, told: str) -> str:
    """Return what is told today, with the page's own line wherever only its times, sizes or ids differ."""
    known = {masked(line): line for line in page.splitlines()}
    return "".join(f"{known.get(masked(line), line)}\n" for line in told.splitlines())


def write_anew(page: Path, folder: Path) -> None:
    """Do a page in an empty folder and write it anew."""
    was = page.read_text(encoding="utf-8")
    page.write_text(merged(was, retell(was, folder.resolve())), encoding="utf-8")


def main() -> None:
    """Write the pages anew; with a page and a folder, do that one there and leave what it made."""
    if len(sys.argv) > 2:
        Path(sys.argv[2]).mkdir(parents=True)
        write_anew(DOCS / sys.argv[1], Path(sys.argv[2]))
        return
    for name in sys.argv[1:] or PAGES:
        with tempfile.TemporaryDirectory() as folder:
            write_anew(DOCS / name, Path(folder))


if __name__ == "__main__":
    main()
