"""The command line as an analyst meets it: exit codes, the form of errors, streams."""

from __future__ import annotations

import json
import random
import shutil
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from totalplace.intake.event_log import EventColumns, read_events

from .conftest import call


def test_help_names_every_command_and_loads_nothing_heavy(tmp_path: Path) -> None:
    text = call("--help", cwd=tmp_path).stdout
    for name in (
        "demo",
        "init",
        "doctor",
        "check",
        "keys",
        "protect",
        "link",
        "journeys",
        "flag",
        "count",
        "explore",
        "graph",
        "export",
        "run",
        "config",
    ):
        assert f"\n  {name} " in text
    assert "..." not in text.partition("Commands:")[2] and max(map(len, text.splitlines())) <= 80


def test_the_front_door_imports_nothing_heavy() -> None:
    import subprocess
    import sys

    heavy = "('pandas', 'numba', 'pyarrow', 'networkx', 'pydantic', 'pyvis')"
    code = f"import sys, totalplace.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_command_offers_the_nearest_name(tmp_path: Path) -> None:
    done = call("lnk", "x.parquet", cwd=tmp_path, expect=2)
    assert "No such command 'lnk'. Did you mean 'link'?" in done.stderr


def test_a_run_outside_a_project_says_how_to_start_one(tmp_path: Path) -> None:
    done = call("run", cwd=tmp_path, expect=3)
    assert "error TP309" in done.stderr and "totalplace init" in done.stderr


def test_a_project_or_a_folder_named_as_an_argument_is_told_where_it_belongs(demo: Path, tmp_path: Path) -> None:
    place = demo / "place"
    for argument, cure in ((place, f"totalplace -C {place} run"), (place / "data", f"run --data {place / 'data'}")):
        done = call("run", argument, cwd=tmp_path, expect=2)
        assert "Got unexpected extra argument" in done.stderr and cure in done.stderr
    assert "For " not in call("doctor", "no_such_place", cwd=tmp_path, expect=2).stderr


def test_the_commonest_ways_are_told_as_released(demo: Path, tmp_path: Path) -> None:
    words = ("journeys", "--top", "1", "--out", demo)
    told = json.loads(call("-C", demo / "place", "--json", *words, cwd=tmp_path).stdout)["result"]
    ways = [way["journeys"] for way in told["ways"]]
    assert len(ways) == 1 and ways[0] >= 10 and ways[0] % 5 == 0
    lines = call("-C", demo / "place", *words, cwd=tmp_path).stdout.splitlines()
    assert lines[0].startswith(f"{ways[0]:,.0f} journeys of ") and lines[0].endswith("J1")


def test_min_cell_under_the_floor_is_refused(demo: Path, tmp_path: Path) -> None:
    done = call("-C", demo / "place", "explore", "--min-cell", "3", "--out", tmp_path / "x", cwd=tmp_path, expect=5)
    assert "TP501: option --min-cell" in done.stderr and "under the floor of 5" in done.stderr
    assert not (tmp_path / "x").exists()


def small_project(demo: Path, folder: Path, rules: str) -> Path:
    """Write a project of one of the demo's agencies under rules of its own."""
    (folder / "agencies").mkdir(parents=True)
    (folder / "totalplace.toml").write_text(rules)
    (folder / "agencies" / "housing.toml").write_text((demo / "place" / "agencies" / "housing.toml").read_text())
    return folder


def test_the_analyst_edition_is_refused_at_once_where_it_is_not_allowed(demo: Path, tmp_path: Path) -> None:
    project = small_project(demo, tmp_path / "p", "[privacy]\nsynthetic = true\n")
    done = call("-C", project, "explore", "--edition", "analyst", "--out", tmp_path / "x", cwd=tmp_path, expect=5)
    assert "TP521" in done.stderr and not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--run-id", "../../elsewhere"], "TP109: option --run-id"),
        (["--run-id", ""], "TP109: option --run-id"),
        (["--resume", "--force"], "TP106: option --resume"),
        (["--from", "report", "--to", "link", "--out", "x"], "TP104: option --to"),
    ],
)
def test_options_that_cannot_mean_anything_are_refused(demo: Path, tmp_path: Path, words: list[str], code: str) -> None:
    done = call("-C", demo / "place", "run", *words, cwd=tmp_path, expect=2)
    assert code in done.stderr and "Traceback" not in done.stderr


def test_dummy_rows_are_refused_rather_than_skipped(demo: Path, tmp_path: Path) -> None:
    project = small_project(demo, tmp_path / "p", "[privacy]\nsynthetic = true\ndummy_share = 0.2\n")
    done = call("-C", project, "run", "--data", demo / "place" / "data", cwd=tmp_path, expect=5)
    assert "TP504" in done.stderr


def test_explore_of_the_share_edition_names_its_page(demo: Path, tmp_path: Path) -> None:
    done = call("-C", demo / "place", "explore", "--edition", "share", "--out", demo, cwd=tmp_path)
    assert f"open {demo / 'report' / 'explorer.html'}" in done.stderr and "unchanged" in done.stderr


def test_clear_mode_needs_a_controller(demo: Path, tmp_path: Path) -> None:
    project = small_project(demo, tmp_path / "p", '[privacy]\nmode = "clear"\n')
    done = call("-C", project, "run", "--data", demo / "place" / "data", cwd=tmp_path, expect=5)
    assert "TP502" in done.stderr


def test_json_is_one_object_and_progress_stays_on_stderr(demo: Path, tmp_path: Path) -> None:
    done = call("-C", demo / "place", "--json", "run", "--out", demo, cwd=tmp_path)
    body = json.loads(done.stdout)
    assert body["schema"] == "totalplace/1" and body["command"] == "run" and len(body["run_id"]) == 12
    assert "unchanged" in done.stderr


def test_config_show_says_where_each_value_came_from(demo: Path, tmp_path: Path) -> None:
    text = call("-C", demo / "place", "config", "show", "--origin", cwd=tmp_path).stdout
    assert "privacy.synthetic = true    # totalplace.toml" in text
    assert "privacy.min_cell = 10    # shipped config/privacy.toml" in text


def test_reading_commands_create_no_file(demo: Path, tmp_path: Path) -> None:
    for words in (("config", "show"), ("doctor",)):
        call("-C", demo / "place", *words, cwd=tmp_path, expect=None)
    assert list(tmp_path.iterdir()) == []


def test_doctor_passes_on_the_demo_and_says_each_check(demo: Path, tmp_path: Path) -> None:
    done = call("-C", demo / "place", "--json", "doctor", cwd=tmp_path)
    checks = {line["name"]: line["status"] for line in json.loads(done.stdout)["result"]["checks"]}
    assert checks["rules"] == "pass" and checks["privacy"] == "pass" and checks["housing"] == "pass"


def test_keys_are_made_shown_and_retired(tmp_path: Path) -> None:
    key = tmp_path / "place.key"
    call("keys", "new", "--kind", "project", "--out", key, cwd=tmp_path)
    assert key.stat().st_mode & 0o077 == 0
    assert key.read_text().splitlines()[1] not in call("keys", "show", key, cwd=tmp_path).stdout
    call("keys", "new", "--kind", "project", "--out", key, cwd=tmp_path, expect=2)
    call("keys", "retire", key, "--by", "the custodian", cwd=tmp_path)
    assert not key.exists() and len(list(tmp_path.iterdir())) == 1


def people_table(folder: Path, name: str, first: int) -> Path:
    """Write 300 of 600 well-spread people, from number `first` on: one number is one person everywhere."""
    firsts, lasts = (
        ["ANN", "BEN", "CARA", "DAN", "EVE"],
        ["SMITH", "JONES", "PATEL", "KOWALSKI", "EVANS", "HUGHES", "KHAN"],
    )
    rows = []
    for n in range(first, first + 300):
        draw = random.Random(n)
        rows.append(
            {
                "record_id": f"{name}{n}",
                "first_name": draw.choice(firsts),
                "surname": draw.choice(lasts),
                "dob": f"{draw.randint(1940, 2010)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
                "postcode": f"ZZ{draw.randint(1, 9)} {draw.randint(1, 9)}A{draw.choice('BDEHJ')}",
            }
        )
    pq.write_table(pa.Table.from_pylist(rows), folder / f"{name}.parquet")
    return folder / f"{name}.parquet"


def test_link_of_any_tables_writes_splinks_columns_and_says_it_runs_in_clear(tmp_path: Path) -> None:
    a, b = people_table(tmp_path, "a", 0), people_table(tmp_path, "b", 150)
    done = call("link", a, b, "--id", "record_id", "--out", tmp_path / "out", cwd=tmp_path)
    assert "running in clear" in done.stderr and "personal data" in done.stderr
    persons = pq.read_table(tmp_path / "out" / "persons.parquet")
    assert persons.column_names == ["unique_id", "source_dataset", "cluster_id", "weakest_link"]
    assert persons.num_rows == 600
    by_cluster: dict[object, set[str]] = {}
    for one in persons.to_pylist():
        by_cluster.setdefault(one["cluster_id"], set()).add(one["unique_id"][1:])
    assert sum(len(numbers) == 1 for numbers in by_cluster.values()) > 0.9 * len(by_cluster)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "persons.parquet",
        "pairs.parquet",
        "model.toml",
        "quality.json",
    }


def test_link_reuses_the_model_it_wrote(tmp_path: Path) -> None:
    a = people_table(tmp_path, "a", 0)
    call("link", a, "--id", "record_id", "--out", tmp_path / "one", cwd=tmp_path)
    call(
        "link",
        a,
        "--id",
        "record_id",
        "--model",
        tmp_path / "one" / "model.toml",
        "--out",
        tmp_path / "two",
        cwd=tmp_path,
    )
    one, two = (pq.read_table(tmp_path / name / "persons.parquet") for name in ("one", "two"))
    assert one.equals(two)


def test_dry_run_prints_a_plan_and_writes_nothing(tmp_path: Path) -> None:
    a = people_table(tmp_path, "a", 0)
    done = call("link", a, "--id", "record_id", "--dry-run", "--out", tmp_path / "out", cwd=tmp_path)
    assert "pairs" in done.stdout and "in all" in done.stdout
    assert not (tmp_path / "out").exists()


def test_link_names_the_columns_there_are(tmp_path: Path) -> None:
    a = people_table(tmp_path, "a", 0)
    done = call("link", a, "--id", "recordid", "--out", tmp_path / "out", cwd=tmp_path, expect=4)
    assert "TP463" in done.stderr and "Did you mean 'record_id'?" in done.stderr


LOG = "case,act,when\n1,a,2024-01-01\n1,b,2024-01-02\n2,a,2024-01-01\n2,b,2024-01-05\n2,c,2024-01-06\n"
XES_COLUMNS = ("case:concept:name", "concept:name", "time:timestamp")
LOG_COLUMNS = ("--case", "case", "--activity", "act", "--timestamp", "when")


def test_journeys_of_any_event_log(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOG + "3,a,some day\n")
    done = call("--json", "journeys", "--events", "log.csv", *LOG_COLUMNS, "--out", "out", cwd=tmp_path)
    edges = (tmp_path / "out" / "edges.csv").read_text().replace('"', "").splitlines()
    assert edges == ["from,to,count", "a,b,2", "b,c,1"]
    assert (tmp_path / "out" / "set_aside.csv").read_text().splitlines()[1].startswith("7,")
    result = json.loads(done.stdout)["result"]
    assert (result["events"], result["cases"], result["variants"], result["set_aside"]) == (5, 2, 2, 1)


def test_a_runs_contacts_are_followed_by_family_or_household(demo: Path, tmp_path: Path) -> None:
    contacts = demo / "analysis" / "contacts.parquet"
    columns = ("--activity", "agency", "--timestamp", "start", "--block", "day", "--table", "edges")
    for subject in ("family_id", "household_id"):
        rows = [row for row in pq.read_table(contacts, columns=[subject, "start"]).to_pylist() if row[subject]]
        days = {(row[subject], row["start"]) for row in rows}
        steps = len(days) - len({who for who, _ in days})
        words = ("--json", "journeys", "--events", contacts, "--case", subject, *columns, "--out", subject)
        result = json.loads(call(*words, cwd=tmp_path).stdout)["result"]
        assert (result["events"], result["cases"]) == (len(rows), len({who for who, _ in days}))
        edges = (tmp_path / subject / "edges.csv").read_text().splitlines()[1:]
        assert sum(float(line.rsplit(",", 1)[1]) for line in edges) == pytest.approx(steps, rel=1e-6)


def test_journeys_of_an_event_log_load_neither_pandas_nor_a_compiler(tmp_path: Path) -> None:
    import subprocess
    import sys

    table = pa.table({"case": ["1", "1"], "act": ["a", "b"], "when": pa.array([1, 2], pa.timestamp("us"))})
    pq.write_table(table, tmp_path / "log.parquet")
    arguments = ["totalplace", "journeys", "--events", "log.parquet", *LOG_COLUMNS]
    heavy = "print([m for m in ('pandas', 'numba', 'duckdb', 'pydantic') if m in sys.modules])"
    code = (
        f"import atexit, sys; atexit.register(lambda: {heavy}); sys.argv = {arguments}; "
        "from totalplace.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_log_without_a_usable_event_says_which_column_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOG)
    columns = ("--case", "case", "--activity", "act", "--timestamp", "act")
    done = call("journeys", "--events", "log.csv", *columns, cwd=tmp_path, expect=4)
    assert "TP467" in done.stderr and "5 with no time that can be read (column 'act')" in done.stderr


@pytest.mark.parametrize("page", ["explorer.html", "graph.html"])
def test_check_lets_the_finished_pages_leave(demo: Path, tmp_path: Path, page: str) -> None:
    assert "nothing found" in call("check", demo / "report" / page, cwd=tmp_path).stdout


def test_the_report_folder_holds_the_share_edition_alone(demo: Path) -> None:
    listed = {file["name"] for file in json.loads((demo / "report" / "leaves.json").read_text())["files"]}
    there = {path.name for path in (demo / "report").iterdir()}
    assert there == listed | {"leaves.json", "five_safes.md"} and not any("analyst" in name for name in there)
    assert {"explorer-analyst.html", "findings-analyst.parquet"} <= {p.name for p in (demo / "analysis").iterdir()}


def test_check_stops_a_page_that_holds_an_identifier(demo: Path, tmp_path: Path) -> None:
    page = tmp_path / "explorer.html"
    text = (demo / "report" / "explorer.html").read_text(encoding="utf-8")
    page.write_text(text.replace("</main>", "<p>someone@example.org</p></main>"), encoding="utf-8")
    assert "e-mail" in call("check", page, cwd=tmp_path, expect=5).stdout


def test_init_makes_a_project_that_reads_back(tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text(
        "ClientID,Forename,Surname,DOB,VisitDate,VisitType\n1,Ann,Smith,01/02/1980,03/04/2024,visit\n"
    )
    call("init", "proj", "--from", "visits.csv", cwd=tmp_path)
    text = (tmp_path / "proj" / "agencies" / "visits.toml").read_text()
    assert "# guessed: check" in text and "Forename" in text
    call("-C", tmp_path / "proj", "config", "show", cwd=tmp_path)
    call("init", "proj", "--from", "visits.csv", cwd=tmp_path, expect=2)


def test_init_adds_to_what_version_control_ignores_already(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("secret/\nkeys/")
    call("init", ".", cwd=tmp_path)
    assert (tmp_path / ".gitignore").read_text() == "secret/\nkeys/\ndata/\nruns/\n"


def test_the_page_names_the_first_and_the_last_day_of_the_data(demo: Path) -> None:
    window = json.loads((demo / "analysis/summary.json").read_text())["window"]
    first, last = (date.fromisoformat(window[end]) for end in ("first", "last"))
    said = f"{first.day} {first:%B %Y} to {last.day} {last:%B %Y}"
    assert said in (demo / "report/explorer.html").read_text(encoding="utf-8")


def test_init_makes_one_agency_of_its_two_extracts(tmp_path: Path) -> None:
    (tmp_path / "police_people_2022.csv").write_text("NominalRef,FORENAME1,SURNAME,DOB\n1,A,B,01/02/1980\n")
    (tmp_path / "police_events.csv").write_text("EventID,NominalRef,EventDate,EventType\n1,1,03/04/2022,visit\n")
    call("init", "proj", "--from", "police_people_2022.csv", "police_events.csv", cwd=tmp_path)
    (file,) = (tmp_path / "proj" / "agencies").glob("*.toml")
    assert file.name == "police.toml" and file.read_text().count("[[extract]]") == 2
    shutil.copy(tmp_path / "police_people_2022.csv", tmp_path / "proj" / "data")
    shutil.copy(tmp_path / "police_events.csv", tmp_path / "proj" / "data")
    doctor = call("-C", tmp_path / "proj", "doctor", cwd=tmp_path, expect=1).stdout
    assert "police_events.csv: every column named is there" in doctor


def test_export_writes_the_journeys_as_event_logs_for_analysts(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo, tmp_path / "run")
    call("export", "xes", "--out", tmp_path / "run", cwd=demo / "place")
    log = read_events(tmp_path / "run/analysis/journeys.xes", EventColumns(*XES_COLUMNS)).log
    assert len(log.case) == pq.read_metadata(tmp_path / "run/analysis/journeys.parquet").num_rows
    assert not (tmp_path / "run/analysis/journeys.ocel.json").exists()


def test_export_is_refused_where_record_level_output_is(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo / "place", tmp_path / "place")
    rules = tmp_path / "place/totalplace.toml"
    rules.write_text(rules.read_text().replace("allow_analyst_edition = true", "allow_analyst_edition = false"))
    done = call("export", "--out", tmp_path / "run", cwd=tmp_path / "place", expect=5)
    assert "TP521" in done.stderr and not (tmp_path / "run").exists()
