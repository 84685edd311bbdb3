"""The error tree is the one its docstring draws, and its words help."""

from __future__ import annotations

import re

from emotrace import errors


def test_the_docstring_draws_every_error():
    drawn = set(re.findall(r"\b(\w+Error)\b", errors.__doc__ or ""))
    real = {n for n, v in vars(errors).items() if isinstance(v, type) and issubclass(v, errors.EmotraceError)}
    assert drawn == real


def test_exit_codes_tell_wrong_usage_from_failure():
    assert errors.DecodeError("x").exit_code == 1
    assert errors.UnknownNameError("corpus", "x", []).exit_code == 2
    assert errors.LabelError("x").exit_code == 2


def test_a_missing_extra_says_what_to_type():
    error = errors.MissingExtraError("reading m4a", "av")
    assert str(error) == "reading m4a needs the extra 'av': pip install 'emotrace[av]'"


def test_suggestions():
    assert errors.suggest("x", []) == "known: none"
    assert errors.suggest("Emo-DB", ["emo-db", "tess"]) == "did you mean 'emo-db'? Known: emo-db, tess"
