"""Escalation rules as a TOML file: one ``[[rule]]`` table per rule, whose keys are the fields of `Rule`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from emotrace.calls.rules.rule import Rule, refuse_twins
from emotrace.errors import RulesError
from emotrace.strict_toml import read_record

_SHIPPED = Path(__file__).parent / "escalation.toml"
_MOST_RULES = 100


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
    return read_record(_File, _SHIPPED if path is None else Path(path), RulesError).rule


@dataclass(frozen=True)
class _File:
    """A file of rules."""

    rule: tuple[Rule, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.rule) <= _MOST_RULES:
            raise RulesError(f"{len(self.rule)} tables [[rule]]; 1 to {_MOST_RULES} are allowed")
        refuse_twins(self.rule)
