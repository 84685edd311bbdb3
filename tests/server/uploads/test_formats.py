"""Formats by name and by ``Accept``."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.errors import UnknownNameError
from emotrace.server.problems import Problem
from emotrace.server.uploads.accept import choose_format
from emotrace.server.uploads.formats import format_names, load_writer, media_type


def test_names_are_those_of_the_command_line() -> None:
    from emotrace.cli._formats import format_names as of_command_line

    assert sorted(format_names("predict")) == of_command_line("write_predictions")
    assert sorted(format_names("analyze")) == of_command_line("write_timelines")
    assert format_names("analyze")[0] == "json"


@pytest.mark.parametrize("name", format_names("analyze"))
def test_every_format_has_a_writer_and_a_media_type(name: str) -> None:
    assert callable(load_writer(name, "analyze"))
    assert media_type(name).count("/") == 1


def test_unknown_name() -> None:
    with pytest.raises(UnknownNameError, match=r"no format for clips named 'csw'; did you mean 'csv'\?"):
        choose_format("csw", None, "predict")


def test_a_name_wins_over_accept() -> None:
    assert choose_format("rttm", "application/json", "analyze") == "rttm"


@given(st.text(max_size=60))
def test_any_accept_header_gives_a_format_or_a_clear_refusal(accept: str) -> None:
    try:
        chosen = choose_format(None, accept, "analyze")
    except Problem as problem:
        status = problem.status
    else:
        status = 200 if chosen in format_names("analyze") else 500
    assert status in (200, 406)
