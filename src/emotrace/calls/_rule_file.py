"""Escalation rules as a TOML file: one ``[[rule]]`` table per rule, whose keys are the fields of `Rule`."""

from __future__ import annotations

import dataclasses
import sys
import typing
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from emotrace.calls._rule import Rule
from emotrace.errors import LabelError, RulesError, suggest
from emotrace.labels import canonical

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover
    import tomli as tomllib

_SHIPPED = Path(__file__).parent / "escalation.toml"
_MAX_BYTES = 1 << 20
_MAX_RULES = 100
_TYPES = {str: "a string", float: "a number", bool: "true or false", tuple[str, ...]: "a list of strings"}


def load_rules(path: Path | None = None) -> tuple[Rule, ...]:
    """Read escalation rules from a TOML file.

    Parameters
    ----------
    path
        The file; None for the rules shipped with emotrace.

    Raises
    ------
    RulesError
        If the file cannot be read, is not TOML, or a key is unknown, missing, of the wrong type or out of range.

    Examples
    --------
    >>> [rule.name for rule in load_rules() if rule.severity == "critical"]
    ['sustained anger']
    """
    file = _SHIPPED if path is None else Path(path)
    try:
        rules = _rules(_read(file))
    except RulesError as error:
        name = str(file)
        raise RulesError(f"{name if name.isprintable() else ascii(name)}: {error}") from None
    return rules


def refuse_twins(rules: Iterable[Rule]) -> None:
    """Raise `RulesError` if two rules have the same name: nobody could tell their events apart."""
    names = [rule.name for rule in rules]
    twin = next((name for name in names if names.count(name) > 1), None)
    if twin is not None:
        raise RulesError(f"two rules are named '{twin}'; give each a name of its own")


def _read(file: Path) -> Mapping[str, Any]:
    try:
        if file.exists() and not file.is_file():
            raise RulesError("is not a file; give a TOML file with [[rule]] tables")
        with file.open("rb") as stream:
            content = stream.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        raise RulesError("no such file; check the path, or leave it out for the shipped rules") from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise RulesError(f"cannot be read ({reason}); check the path") from None
    if len(content) > _MAX_BYTES:
        raise RulesError(f"is larger than {_MAX_BYTES:,} bytes, which no file of rules is")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise RulesError("is not UTF-8 text; save the rules with UTF-8 encoding") from None
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise RulesError(f"is not TOML: {' '.join(str(error).split())[:200]}") from None


def _rules(table: Mapping[str, Any]) -> tuple[Rule, ...]:
    for key in table:
        if key != "rule":
            raise RulesError(f"unknown key {key!r}; {suggest(key, ['rule'])}: each rule is a table [[rule]]")
    tables = table.get("rule", [])
    if not isinstance(tables, list) or not all(isinstance(item, dict) for item in tables):
        raise RulesError("each rule must be a table with double brackets: [[rule]]")
    if not 1 <= len(tables) <= _MAX_RULES:
        raise RulesError(f"holds {len(tables)} rules; allowed are 1 to {_MAX_RULES} tables [[rule]]")
    rules = tuple(_rule(item, f"rule {i}") for i, item in enumerate(tables, start=1))
    refuse_twins(rules)
    return rules


def _rule(table: Mapping[str, Any], where: str) -> Rule:
    name = table.get("name")
    if isinstance(name, str) and name.isprintable():
        where = f"{where} ('{name[:60]}')"
    hints = typing.get_type_hints(Rule)
    known = {field.name: field for field in dataclasses.fields(Rule)}
    for key in table:
        if key not in known:
            raise RulesError(f"{where}: unknown key {key!r}; {suggest(key, known)}")
    values = {}
    for key, field in known.items():
        if key in table:
            values[key] = _value(hints[key], table[key], f"{where}: key '{key}'")
        elif field.default is dataclasses.MISSING:
            raise RulesError(f"{where}: key '{key}' is missing; it must be {_TYPES[hints[key]]}")
    try:
        return Rule(**values)
    except RulesError as error:
        raise RulesError(f"{where}: {error}") from None


def _value(hint: Any, value: Any, where: str) -> Any:
    is_bool = isinstance(value, bool)
    if hint is float and isinstance(value, int | float) and not is_bool and abs(value) < 1e9:
        return float(value)
    if hint == tuple[str, ...]:
        if isinstance(value, list) and all(isinstance(word, str) for word in value):
            return _emotions(value, where)
    elif hint in (str, bool) and isinstance(value, hint):
        return value
    raise RulesError(f"{where} must be {_TYPES[hint]}, got {ascii(value)[:60]}")


def _emotions(words: Sequence[str], where: str) -> tuple[str, ...]:
    try:
        return tuple(canonical(word) for word in words)
    except LabelError as error:
        raise RulesError(f"{where}: {error}") from None
