"""Escalation rules: told of predictions one by one, they tell when a call gets out of hand, and when it is over.

`Rule` says exactly when a rule holds; ``escalation.toml`` has those that are used where no others are given.
"""

from emotrace.calls.rules.engine import RuleEngine, check_labels
from emotrace.calls.rules.escalation import Escalation
from emotrace.calls.rules.file import load_rules
from emotrace.calls.rules.rule import Rule

__all__ = ["Escalation", "Rule", "RuleEngine", "check_labels", "load_rules"]
