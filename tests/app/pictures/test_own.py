"""One's own pictures: known by their bytes, named by their folders; every mistake is one line."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.app.pictures.own import MOST_BYTES, choose_pictures
from emotrace.errors import EmotraceError, LabelError, UsageError

PNG, JPEG = b"\x89PNG\r\n\x1a\n" + bytes(8), b"\xff\xd8\xff\xe0" + bytes(12)


def file(path: str, head: bytes = PNG, n_bytes: int = 1000) -> dict[str, object]:
    return {"path": path, "n_bytes": n_bytes, "head": base64.b64encode(head).decode()}


def test_folders_name_emotions_in_many_words():
    choice = choose_pictures(
        [
            file("p/angry/bike.png"),
            file("p/Joy/cake.jpg", JPEG),
            file("p/.DS_Store", b""),
            file("p/notes.txt", b"hi"),
        ]
    )
    assert [(p.index, p.expected, p.title) for p in choice.pictures] == [
        (0, "anger", "bike"),
        (1, "happiness", "cake"),
    ]
    assert choice.left_out == ()


def test_a_picture_is_known_by_its_bytes_not_its_name():
    choice = choose_pictures(
        [file("p/sad/a.png"), file("p/sad/b.png", b"MZ\x90\x00"), file("p/sad/c.jpg", b"", 0)]
    )
    assert len(choice.pictures) == 1
    assert choice.left_out == ("p/sad/b.png: neither PNG nor JPEG, whatever its name says", "p/sad/c.jpg: empty")


def test_pictures_are_bounded():
    choice = choose_pictures([file("p/sad/a.png"), file("p/sad/b.png", n_bytes=MOST_BYTES + 2**20)])
    assert choice.left_out == ("p/sad/b.png: 21 MiB; a picture may have 20",)
    with pytest.raises(UsageError, match=r"61 pictures are too many for one session; at most 60"):
        choose_pictures([file(f"p/sad/{n}.png") for n in range(61)])
    with pytest.raises(UsageError, match=r"the folder holds 2,001 files; choose one that holds nothing but"):
        choose_pictures([file("p/sad/a.png")] * 2001)


def test_a_folder_that_names_no_emotion_is_refused():
    with pytest.raises(
        LabelError, match=r"p/happines/a\.png: its folder's name should .*'happines'; did you mean 'happiness'"
    ):
        choose_pictures([file("p/happines/a.png")])
    with pytest.raises(UsageError, match=r"^a\.png: lies in no folder"):
        choose_pictures([file("a.png")])


def test_no_pictures_says_what_to_choose():
    with pytest.raises(UsageError, match=r"no pictures there; choose a folder that has a sub-folder per emotion"):
        choose_pictures([file("p/readme.md", b"# hi")])
    with pytest.raises(UsageError, match=r"no pictures there \(p/sad/a\.png: empty\); choose a folder"):
        choose_pictures([file("p/sad/a.png", b"", 0)])


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["path", "n_bytes", "head"]), inner)
    ),
    max_leaves=6,
)


@given(st.lists(ANYTHING, max_size=4))
def test_whatever_comes_is_read_or_refused_in_words(files):
    with pytest.raises(EmotraceError):
        choose_pictures(files)
