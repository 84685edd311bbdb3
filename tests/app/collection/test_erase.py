"""Forgetting a person: files, rows, agreement, derived tables; the others stay."""

from __future__ import annotations

import pytest

from emotrace.app.collection.clips import read_clips
from emotrace.app.collection.consent import folder_name
from emotrace.app.collection.erase import erase_person
from emotrace.errors import UsageError


def everything(collection) -> str:
    return "\n".join(
        f"{path.relative_to(collection.root)} {path.read_bytes()!r}"
        for path in sorted(collection.root.rglob("*"))
        if path.is_file()
    )


def test_nothing_of_a_person_is_left(collection, contribute):
    for person in ("Zoë", "Bo", "Zoë"):
        contribute(person, text="said by " + person)
    (collection.people / folder_name("Zoë") / "notes.txt").write_text("hers")
    erased = erase_person(collection, folder_name("Zoë"))
    assert erased == (2, 2, True, 1)
    left = everything(collection)
    assert "zoe" not in left.lower()
    assert "Zo" not in left
    assert len(read_clips(collection)) == 1
    assert (collection.people / folder_name("Bo")).is_dir()


def test_the_last_one_leaves_an_empty_collection(collection, contribute):
    contribute("Zoë")
    erase_person(collection, folder_name("Zoë"))
    assert sorted(each.name for each in collection.root.rglob("*")) == ["emotrace-collection.json", "people"]


def test_whoever_is_half_forgotten_can_be_forgotten_again(collection, contribute):
    contribute("Zoë")
    (collection.people / folder_name("Zoë") / "consent.json").unlink()
    assert erase_person(collection, folder_name("Zoë")) == (1, 1, False, 0)


@pytest.mark.parametrize("name", ["..", ".", "", "../people", "zoe/../x", "nobody-123456"])
def test_only_people_are_deleted(collection, contribute, name):
    contribute("Zoë")
    before = everything(collection)
    with pytest.raises(UsageError, match="there is no such person here"):
        erase_person(collection, name)
    assert everything(collection) == before


def test_a_foreign_folder_is_left_alone(collection, contribute, tmp_path):
    contribute("Zoë")
    (collection.people / folder_name("Zoë") / "album").mkdir()
    with pytest.raises(
        UsageError, match=r"album: is a folder that emotrace did not make; move it elsewhere first"
    ):
        erase_person(collection, folder_name("Zoë"))
    assert len(read_clips(collection)) == 1


def test_a_link_is_not_followed(collection, contribute, tmp_path):
    contribute("Zoë")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "photo.flac").touch()
    (collection.people / "bo-123456").symlink_to(tmp_path / "mine")
    with pytest.raises(UsageError, match="there is no such person"):
        erase_person(collection, "bo-123456")
    assert (tmp_path / "mine" / "photo.flac").exists()
