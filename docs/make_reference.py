"""Write the reference pages that must never drift: config.md from config/*.toml, commands.md from cli.py.

Run it after changing a key or an option: .venv/bin/python docs/make_reference.py
"""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import click

from totalplace.cli import totalplace
from totalplace.config.load import SECTIONS

REFERENCE = Path(__file__).parent / "reference"
KEY = re.compile(r"^(?P<key>[\w.\"-]+)\s*=\s*(?P<value>.*?)(?:\s+#\s*(?P<reason>.*))?$")
TABLE = re.compile(r"^\[(?P<name>[\w.]+)\](?:\s+#\s*(?P<reason>.*))?")


def config_page() -> str:
    """Return the page of all keys: default and reason as they stand in the shipped files."""
    lines = [
        "# Configuration keys",
        "",
        "A project's `totalplace.toml` may set any of them; unknown keys are refused. "
        "`totalplace config show --origin` prints the value in force and where it came from.",
        "",
    ]
    for section in SECTIONS:
        text = (resources.files("totalplace.config") / f"{section}.toml").read_text(encoding="utf-8")
        lines += [f"## {section}", "", "| key | default | why |", "|---|---|---|", *_rows(section, text), ""]
    return "\n".join(lines).rstrip() + "\n"


def _rows(section: str, text: str) -> list[str]:
    rows, prefix, above, common = [], section, "", ""
    for line in _logical_lines(text):
        table, key = TABLE.match(line), KEY.match(line)
        if table:
            prefix, above, common = f"{section}.{table['name']}", "", table["reason"] or ""
        elif line.startswith("#"):
            above = f"{above} {line.lstrip('# ')}".strip()
        elif key:
            reason = key["reason"] or above or common
            rows.append(f"| `{prefix}.{key['key']}` | `{_short(key['value'])}` | {reason.replace('|', '/')} |")
            above = ""
        else:
            above = ""
    return rows


def _logical_lines(text: str) -> list[str]:
    """Join the lines of a list that runs over several."""
    lines: list[str] = []
    open_list = False
    for line in text.splitlines():
        if open_list:
            lines[-1] += " " + line.strip()
        else:
            lines.append(line.rstrip())
        body = lines[-1].split("#")[0]
        open_list = bool(KEY.match(body)) and body.count("[") > body.count("]")
    return lines


def _short(value: str) -> str:
    value = re.sub(r"\s+", " ", value).replace("|", "\\|")
    return value if len(value) <= 60 else value[:57] + "..."


def commands_page() -> str:
    """Return the page of all commands, arguments and options."""
    lines = [
        "# Commands",
        "",
        "Data goes to stdout, all else to stderr. Exit codes: 0 done; 1 a quality gate failed; 2 usage; "
        "3 configuration; 4 input data; 5 a privacy gate refused; 6 engine or resource; 70 our fault; 130 stopped.",
        "",
        "## totalplace",
        "",
        *_options(totalplace),
    ]
    for path, command in _walk(totalplace, ""):
        usage = " ".join(
            p.make_metavar(click.Context(command)) for p in command.params if isinstance(p, click.Argument)
        )
        lines += [
            f"## {path}",
            "",
            f"`totalplace {path}{' ' + usage if usage else ''}`",
            "",
            (command.help or "").strip(),
            "",
            *_options(command),
        ]
    return "\n".join(lines).rstrip() + "\n"


def _walk(group: click.Group, prefix: str) -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            found += _walk(command, f"{prefix}{name} ")
        else:
            found.append((f"{prefix}{name}", command))
    return found


def _options(command: click.Command) -> list[str]:
    rows = []
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            names = ", ".join([*parameter.opts, *parameter.secondary_opts])
            default = (
                ""
                if parameter.default in (None, False, ()) or not parameter.show_default
                else f" Default: {parameter.default}."
            )
            rows.append(f"| `{names}` | {parameter.help or ''}{default} |")
    return ["| option | what it does |", "|---|---|", *rows, ""] if rows else []


PAGES = {"config.md": config_page, "commands.md": commands_page}

if __name__ == "__main__":
    REFERENCE.mkdir(exist_ok=True)
    for page, make in PAGES.items():
        (REFERENCE / page).write_text(make(), encoding="utf-8")
