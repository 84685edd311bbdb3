"""Agreements: stored with date, version and the very text; names become safe folders that nobody shares."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.app.collection.conftest import NOW

from emotrace.app.collection.consent import (
    FILE,
    VERSION,
    consent_text,
    find_consent,
    folder_name,
    give_consent,
    person_folder,
    read_people,
)
from emotrace.app.collection.folder import Collection
from emotrace.errors import UsageError


def agree(collection: Collection, person: str = "Zoë", collector: str = "Lab, lab@example.org"):
    return give_consent(collection, person, collector, "female", NOW)


def test_agreement_is_kept_with_date_version_and_text(collection):
    agree(collection)
    record = json.loads((person_folder(collection, "Zoë") / FILE).read_text("utf-8"))
    assert record["person"] == "Zoë"
    assert record["given_at"].startswith("2026-11-21T")
    assert record["version"] == VERSION
    assert record["text"] == consent_text("Lab, lab@example.org")
    assert "Who collects them: Lab, lab@example.org." in record["text"]
    assert find_consent(collection, " zoë ").sex == "female"


def test_nothing_without_agreement(collection):
    with pytest.raises(UsageError, match=r"Zoë has not agreed yet; read the text and agree to it first"):
        find_consent(collection, "Zoë")


def test_another_text_must_be_agreed_to_anew(collection):
    agree(collection)
    path = person_folder(collection, "Zoë") / FILE
    path.write_text(path.read_text("utf-8").replace(f'"version": "{VERSION}"', '"version": "0"'), "utf-8")
    with pytest.raises(UsageError, match=r"Zoë agreed to another text \(version 0\); agree to this one first"):
        find_consent(collection, "Zoë")


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"person": 1}'])
def test_damaged_agreement_is_none_but_is_seen(collection, content):
    agree(collection)
    (person_folder(collection, "Zoë") / FILE).write_text(content)
    assert read_people(collection) == {folder_name("Zoë"): None}


@pytest.mark.parametrize(
    ("person", "collector", "complaint"),
    [
        (" ", "Lab", "say who speaks: a name or a pseudonym"),
        ("Zoë", "", "say who collects the clips and how to reach them"),
        ("Z" * 121, "Lab", "a name is one line of at most 120 printable characters"),
        ("Zo\x1b[31m", "Lab", "a name is one line"),
    ],
)
def test_names_are_asked_for(collection, person, collector, complaint):
    with pytest.raises(UsageError, match=complaint):
        give_consent(collection, person, collector, None, NOW)
    assert not collection.root.exists()


def test_a_link_is_no_person(collection, tmp_path: Path):
    collection.create()
    (tmp_path / "elsewhere").mkdir()
    (collection.people / folder_name("Zoë")).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match=r"is a link; put a folder in its place"):
        agree(collection)


@given(st.text(min_size=1, max_size=60))
def test_folders_are_safe_everywhere(name):
    assert re.fullmatch(r"[a-z0-9-]{8,40}", folder_name(name))


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_two_people_share_no_folder(one, other):
    # Names that Unicode calls the same letters in another form are one name.
    assume(read_as(one) != read_as(other))
    assert folder_name(one) != folder_name(other)


def read_as(name: str) -> list[str]:
    return unicodedata.normalize("NFKC", name).casefold().split()
