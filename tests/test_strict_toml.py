"""Files of TOML as records: what fits is read, and everything else is one sentence that says where."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.errors import EmotraceError
from emotrace.strict_toml import MAX_BYTES, parse_record, read_record, read_table


class ShelfError(EmotraceError):
    """Of these tests."""


@dataclass(frozen=True)
class Book:
    name: str
    pages: int = 100
    price: float | None = None

    def __post_init__(self) -> None:
        if self.pages < 1:
            raise ShelfError(f"key 'pages' is {self.pages}; it must be at least 1")


@dataclass(frozen=True)
class Light:
    is_on: bool = True
    hours: tuple[float, ...] = ()


@dataclass(frozen=True)
class Shelf:
    book: tuple[Book, ...]
    light: Light = field(default_factory=Light)
    owners: tuple[str, ...] = ()
    heights: Mapping[str, float] = field(default_factory=dict)
    lamps: Mapping[str, Light] = field(default_factory=dict)


ONE = "[[book]]\nname = 'Emma'\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "shelf.toml"


def test_a_file_becomes_a_record(file: Path) -> None:
    head = '\ufeffowners = ["Ä", "b"]\nheights = { left = 2 }\n[light]\nhours = [1, 2.5]\n'
    head += "[lamps.left]\nis_on = false\n"
    file.write_text(f"{head}{ONE}pages = 7\n{ONE}price = 3\n", encoding="utf-8")
    shelf = read_record(Shelf, file, ShelfError)
    assert shelf == Shelf(
        (Book("Emma", 7), Book("Emma", 100, 3.0)),
        Light(True, (1.0, 2.5)),
        ("Ä", "b"),
        {"left": 2.0},
        {"left": Light(False)},
    )
    assert [type(number) for number in (shelf.book[1].price, *shelf.light.hours, shelf.heights["left"])] == 4 * [
        float
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "key 'book' is missing; it must be tables [[book]]"),
        ("book = 1", "key 'book' must be tables [[book]], got 1"),
        ("book = [1]", "key 'book', entry 1 must be a table [[book]] 1, got 1"),
        ("[book]", "key 'book' must be tables [[book]], got a table"),
        ("[[book]]", "[[book]] 1: key 'name' is missing; it must be text in quotes"),
        (
            ONE + ONE + "pags = 1",
            "[[book]] 2 ('Emma'): unknown key 'pags'; did you mean 'pages'? Known: name, pages",
        ),
        (ONE + "pages = 0", "[[book]] 1 ('Emma'): key 'pages' is 0; it must be at least 1"),
        (ONE + "pages = 1.0", "[[book]] 1 ('Emma'): key 'pages' must be a whole number, got 1.0"),
        (ONE + "pages = true", "[[book]] 1 ('Emma'): key 'pages' must be a whole number, got true"),
        (
            ONE + f"pages = {2**63}",
            "[[book]] 1 ('Emma'): key 'pages' must be a whole number, got 9223372036854775808",
        ),
        (
            ONE + f"pages = {10**500}",
            "[[book]] 1 ('Emma'): key 'pages' must be a whole number, got a very large number",
        ),
        (ONE + "price = nan", "[[book]] 1 ('Emma'): key 'price' must be a number, got nan"),
        (ONE + "price = -inf", "[[book]] 1 ('Emma'): key 'price' must be a number, got -inf"),
        (ONE + f"price = {10**400}", "[[book]] 1 ('Emma'): key 'price' must be a number, got a very large number"),
        (
            ONE + "price = 2000-01-01",
            "[[book]] 1 ('Emma'): key 'price' must be a number, got datetime.date(2000, 1, 1)",
        ),
        ("[[book]]\nname = 3", "[[book]] 1: key 'name' must be text in quotes, got 3"),
        ("[[book]]\nname = '" + 99 * "x" + "'\npages = ''", f"[[book]] 1 ('{60 * 'x'}'): key 'pages' must be"),
        ('[[book]]\nname = "a\\nb"\npages = ""', "[[book]] 1: key 'pages' must be a whole number, got ''"),
        ("light = 3\n" + ONE, "key 'light' must be a table [light], got 3"),
        ("light = { is_on = 1 }\n" + ONE, "[light]: key 'is_on' must be true or false, got 1"),
        ("light = { hours = 1 }\n" + ONE, "[light]: key 'hours' must be a list of numbers, got 1"),
        ("light = { hours = [1, '2'] }\n" + ONE, "[light]: key 'hours', entry 2 must be a number, got '2'"),
        ("owners = 'me'\n" + ONE, "key 'owners' must be a list of texts in quotes, got 'me'"),
        ("owners = {}\n" + ONE, "key 'owners' must be a list of texts in quotes, got a table"),
        ("heights = []\n" + ONE, "key 'heights' must be a table of numbers, got a list"),
        ("lamps = 1\n" + ONE, "key 'lamps' must be a table of tables, got 1"),
        ("lamps = { left = 1 }\n" + ONE, "key 'lamps'.left must be a table [lamps.left], got 1"),
        ("lamps = { 'a b' = { is_on = 1 } }\n" + ONE, "[lamps.a b]: key 'is_on' must be true or false, got 1"),
        ('heights = { "a\\nb" = "" }\n' + ONE, r"key 'heights'.a\nb must be a number, got ''"),
        ('"\\u0000' + 60 * "k" + '" = 1', r"unknown key '\x00" + 33 * "k" + "...'; known: book, heights"),
        ("a = 1\na = 2", "is not TOML: Cannot overwrite a value"),
        ("a = " + 100_000 * "[", "is not TOML"),
        ("\0", "is not TOML: "),
    ],
)
def test_what_does_not_fit_is_one_sentence(file: Path, text: str, sentence: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ShelfError, match=re.escape(f"shelf.toml: {sentence}")) as caught:
        read_record(Shelf, file, ShelfError)
    assert str(caught.value).isprintable()


def test_what_cannot_be_read_is_one_sentence(tmp_path: Path, file: Path) -> None:
    def complaint(path: Path) -> str:
        with pytest.raises(ShelfError) as caught:
            read_table(path, ShelfError)
        assert str(caught.value).isprintable()
        return str(caught.value)

    assert complaint(file) == f"{file}: no such file; check the path"
    assert complaint(tmp_path) == f"{tmp_path}: is not a file; give a TOML file"
    assert complaint(tmp_path / ("x" * 300)).endswith("x: cannot be read (file name too long); check the path")
    assert "cannot be read (" in complaint(tmp_path / "a\0b")
    file.write_bytes("a = 'ä'".encode("latin-1"))
    assert complaint(file) == f"{file}: is not UTF-8 text; save it with UTF-8 encoding"
    file.write_bytes(b"#" * (MAX_BYTES + 1))
    assert complaint(file) == f"{file}: is larger than 1 MB, which no such file is"
    odd = tmp_path / "od\nd.toml"
    odd.write_text("=")
    assert complaint(odd).startswith(f"{str(tmp_path / 'od')!r}"[:-1] + r"\nd.toml'")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_a_pipe_is_not_waited_for(file: Path) -> None:
    os.mkfifo(file)
    with pytest.raises(ShelfError, match="is not a file; give a TOML file"):
        read_table(file, ShelfError)


def test_other_errors_are_not_touched() -> None:
    @dataclass(frozen=True)
    class Broken:
        def __post_init__(self) -> None:
            raise KeyError("x")

    with pytest.raises(KeyError):
        parse_record(Broken, {}, "x", ShelfError)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=6)
KEYS = st.sampled_from(["book", "light", "owners", "heights", "x\n"])
BOOKS = st.fixed_dictionaries(
    {"book": st.lists(st.dictionaries(st.sampled_from(["name", "pages", "price"]), SCALARS))}
)


@given(st.dictionaries(KEYS, VALUES, max_size=5) | BOOKS)
def test_any_table_is_a_record_or_one_sentence(table: dict[str, object]) -> None:
    said = "my.toml: fits"
    try:
        assert isinstance(parse_record(Shelf, table, "my.toml", ShelfError), Shelf)
    except ShelfError as error:
        said = str(error)
    assert said.startswith("my.toml: ")
    assert said.isprintable()
