"""The text that callers are told."""

from __future__ import annotations

import pytest

from emotrace.calls.notice import LANGUAGES, write_notice
from emotrace.errors import UnknownNameError, UsageError


@pytest.mark.parametrize("language", LANGUAGES)
def test_says_all_that_must_be_said(language: str) -> None:
    plain = write_notice(language)
    assert len(plain.splitlines()) == 4
    assert "2024/1689" in plain
    assert "{" not in plain
    full = write_notice(language, "Example Ltd", "privacy@example.org", "30 d")
    assert len(full.splitlines()) == 6
    for filled_in in ("Example Ltd", "privacy@example.org", "30 d"):
        assert full.count(filled_in) == 1
    assert "{" not in full


def test_languages_differ_and_regions_are_passed_over() -> None:
    assert len({write_notice(language) for language in LANGUAGES}) == len(LANGUAGES) >= 4
    assert write_notice("de-AT") == write_notice("DE")


def test_nothing_is_said_of_storage_that_is_not_known() -> None:
    assert "stored" not in write_notice("en")
    assert "Neither your voice nor the result is stored." in write_notice("en", kept="nothing")
    assert "deleted after 30 days" in write_notice("en", kept="30 days")
    assert "stored" not in write_notice("en", kept="30 days")


def test_braces_in_a_name_are_only_letters() -> None:
    assert "Welcome to {contact} & Co." in write_notice("en", "{contact} & Co", "a@b.c")


@pytest.mark.parametrize("company", ["", "  ", "a\x00b", "x" * 201])
def test_what_cannot_be_filled_in_is_refused(company: str) -> None:
    with pytest.raises(UsageError, match="--company must be one line of 1 to 200 printable characters"):
        write_notice("en", company)


def test_a_language_that_is_not_there() -> None:
    with pytest.raises(UnknownNameError, match="no language of the notice named 'klingon'; known: de, en, es, fr"):
        write_notice("klingon")
