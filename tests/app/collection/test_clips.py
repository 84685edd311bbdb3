"""Clips: files and rows together, sides by person, one deleted, nothing outside touched."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import soundfile
from tests.app.collection.conftest import NOW

from emotrace.app.collection import clips as room
from emotrace.app.collection.clips import clip_name, delete_clip, find_clip, read_clips
from emotrace.app.collection.consent import find_consent
from emotrace.errors import LabelError, ManifestError, UsageError
from emotrace.manifest import read_manifest


def test_a_clip_is_a_file_and_a_row(collection, contribute):
    contribute("Zoë", "angry", "  that is\n enough ", sex="female")
    (clip,) = read_manifest(collection.manifest)
    assert (clip.emotion, clip.text, clip.sex, clip.corpus) == ("anger", "that is enough", "female", "contributed")
    assert clip.speaker.startswith("contributed:zoe-")
    facts = soundfile.info(clip.file)
    assert (facts.format, facts.subtype, facts.channels) == ("FLAC", "PCM_16", 1)
    assert ",people/" not in collection.manifest.read_text("utf-8").splitlines()[0]
    assert collection.manifest.read_text("utf-8").splitlines()[1].startswith("people/zoe-")


def test_a_person_keeps_their_side(collection, contribute):
    people = ["a", "b", "c", "d", "e", "f", "g", "a", "b"]
    for person in people:
        contribute(person)
    sides = [clip.split for clip in read_clips(collection)]
    assert sides == ["train", "test", "train", "train", "train", "train", "test", "train", "test"]


def test_wrong_words_leave_nothing(collection, contribute):
    with pytest.raises(LabelError, match="unknown emotion 'grumpy'"):
        contribute("Zoë", "grumpy")
    with pytest.raises(UsageError, match="what was said must be at most 500 printable characters"):
        contribute("Zoë", "anger", "x" * 501)
    assert list(collection.people.rglob("*.flac")) == []


def test_a_damaged_table_takes_no_clip(collection, contribute):
    contribute("Zoë")
    collection.manifest.write_text("nonsense\n")
    with pytest.raises(ManifestError, match=r"manifest\.csv: no column 'file'"):
        contribute("Zoë")
    assert len(list(collection.people.rglob("*.flac"))) == 1


def test_one_is_deleted(collection, contribute):
    first, second = contribute("Zoë"), contribute("Zoë", "fear")
    delete_clip(collection, clip_name(collection, first))
    assert [clip.emotion for clip in read_clips(collection)] == ["fear"]
    assert not Path(first.file).exists()
    delete_clip(collection, clip_name(collection, second))
    assert sorted(each.name for each in collection.root.iterdir()) == ["emotrace-collection.json", "people"]


def test_nothing_outside_is_read_or_deleted(collection, contribute, tmp_path: Path):
    contribute("Zoë")
    secret = tmp_path / "secret.flac"
    secret.write_bytes(b"mine")
    with collection.manifest.open("a", encoding="utf-8") as table:
        table.write("../secret.flac,anger,x,contributed,train\n")
    for name in ("../secret.flac", str(secret), "people/../../secret.flac", "manifest.csv"):
        with pytest.raises(UsageError, match="there is no such clip"):
            find_clip(collection, name)
        with pytest.raises(UsageError, match="there is no such clip"):
            delete_clip(collection, name)
    assert secret.read_bytes() == b"mine"


def test_two_windows_lose_nothing(collection, contribute, flac):
    contribute("Zoë")
    given = find_consent(collection, "Zoë")
    keep = [
        threading.Thread(target=room.keep_clip, args=(collection, given, flac[0], "fear", "", NOW))
        for _ in range(8)
    ]
    for thread in keep:
        thread.start()
    for thread in keep:
        thread.join()
    assert len(read_clips(collection)) == len(list(collection.people.rglob("*.flac"))) == 9
