"""``--format``: every file in ``reports/``, and what other packages add, is found by its name."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import Emotrace

from emotrace import reports
from emotrace.cli._formats import format_names, load_format
from emotrace.errors import UnknownNameError

TIMELINES = ["audacity", "csv", "emotionml", "json", "jsonl", "rttm", "table", "textgrid", "vtt"]
CLIPS = ["csv", "json", "jsonl", "table"]

LOUD = """
SUFFIX = ".txt"
DESCRIPTION = "emotions in capitals"

def write_timelines(timelines, stream):
    for timeline in timelines:
        write_predictions(timeline.predictions, stream)

def write_predictions(predictions, stream):
    for prediction in predictions:
        stream.write(f"{prediction.emotion.upper()}!\\n")
"""


@pytest.fixture
def new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A new file in the folder of formats; give its name."""
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "very_loud.py").write_text(LOUD)
    monkeypatch.setattr(reports, "__path__", [*reports.__path__, str(tmp_path / "reports")])
    yield "very-loud"
    sys.modules.pop("emotrace.reports.very_loud", None)


@pytest.fixture
def new_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Another package that adds a format, one that it cannot import, and one for timelines only."""
    site = tmp_path / "site"
    info = site / "loud_reports-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "loud_reports.py").write_text(LOUD)
    (site / "loud_timelines.py").write_text(LOUD.split("def write_predictions")[0])
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: loud-reports\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[emotrace.reports]\nloud = loud_reports\nbroken = loud_nowhere\nloud-line = loud_timelines\n"
    )
    monkeypatch.syspath_prepend(str(site))
    yield "loud"
    for name in ("loud_reports", "loud_timelines"):
        sys.modules.pop(name, None)


def test_what_each_command_can_write() -> None:
    assert set(CLIPS) <= set(format_names("write_predictions"))
    assert set(TIMELINES) <= set(format_names("write_timelines"))
    assert not {"rttm", "textgrid", "audacity", "vtt", "emotionml"} & set(format_names("write_predictions"))


@pytest.mark.parametrize("command", ["predict", "analyze"])
@pytest.mark.parametrize("source", ["new_file", "new_package"])
def test_a_new_format_needs_no_list(
    emotrace_command: Emotrace,
    silence: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    source: str,
) -> None:
    name = request.getfixturevalue(source)
    done = emotrace_command(command, silence, "--format", name)
    assert (done.code, done.err, done.out) == (0, "", "NO SPEECH!\n")
    monkeypatch.setenv("COLUMNS", "300")
    assert re.search(rf"\|{name}[|\]]", emotrace_command(command, "--help").out)
    refused = emotrace_command(command, silence, "--format", "nope")
    assert refused.code == 2
    assert name in refused.complaint.partition("nown: ")[2].split(", ")


@pytest.mark.usefixtures("new_package")
def test_a_foreign_format_is_offered_where_it_fits() -> None:
    assert "loud-line" in format_names("write_timelines")
    assert "loud-line" not in format_names("write_predictions")
    assert "broken" not in format_names("write_timelines")


@pytest.mark.parametrize(("command", "known"), [("predict", CLIPS), ("analyze", TIMELINES)])
def test_the_help_lists_the_names(
    emotrace_command: Emotrace, monkeypatch: pytest.MonkeyPatch, command: str, known: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    assert f"[{'|'.join(known)}]" in emotrace_command(command, "--help").out


@pytest.mark.parametrize(
    ("command", "name", "sentence"),
    [
        ("predict", "xml", "no format for clips named 'xml'; known: csv, json, jsonl, table"),
        ("predict", "rttm", "no format for clips named 'rttm'; known: csv, json, jsonl, table"),
        ("predict", "jsn", "no format for clips named 'jsn'; did you mean 'json'? Known: csv, json, jsonl, table"),
        ("predict", "", "no format for clips named ''; known: csv, "),
        ("predict", "_records", "no format for clips named '_records'; known: csv, "),
        ("predict", "../json", "no format for clips named '../json'; did you mean 'json'? Known: csv, "),
        ("analyze", "mp3", "no format for timelines named 'mp3'; known: audacity, csv, emotionml, json, jsonl, "),
        ("analyze", "text-grid", "no format for timelines named 'text-grid'; did you mean 'textgrid'? Known: "),
    ],
)
def test_a_format_that_is_none(
    emotrace_command: Emotrace, tmp_path: Path, command: str, name: str, sentence: str
) -> None:
    done = emotrace_command(command, tmp_path / "none.wav", "-f", name, "-o", tmp_path / "result")
    assert (done.code, done.out) == (2, "")
    assert done.complaint.startswith(sentence)
    assert not (tmp_path / "result").exists()


def test_an_unknown_format_is_an_error_of_its_own() -> None:
    with pytest.raises(UnknownNameError, match="no format for clips named 'vtt'; known: csv, json, jsonl, table"):
        load_format("vtt", "write_predictions")
    assert load_format("JSON", "write_predictions").SUFFIX == ".json"


def test_formats_that_are_not_wanted_cost_nothing(silence: Path) -> None:
    run = "import sys; from emotrace.cli import build_app; build_app('predict')(standalone_mode=False)"
    code = f"{run}; print(*sys.modules)"
    command = [sys.executable, "-c", code, "predict", str(silence), "-f", "jsonl"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "emotrace.reports.jsonl" in loaded
    assert not {"emotrace.reports.csv", "emotrace.reports.table", "importlib.metadata"} & loaded
