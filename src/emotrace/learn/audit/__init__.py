"""Audit the division of any project: who and what stands on two sides of it, and what that is worth."""

from emotrace.learn.audit.division import Outcome, audit
from emotrace.learn.audit.lists import read_division, read_list

__all__ = ["Outcome", "audit", "read_division", "read_list"]
