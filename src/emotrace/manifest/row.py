"""One row of a table as it was read, and its cells as plain Python values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emotrace.errors import ManifestError


@dataclass(frozen=True, slots=True)
class Row:
    """One row as read.

    Attributes
    ----------
    record
        The cells by the names that the file gives its columns.
    names
        The file's name for each of our columns that it has.
    place
        Where the row stands, such as ``line 2``: where errors begin.
    """

    record: Mapping[str, Any]
    names: Mapping[str, str]
    place: str

    def error(self, column: str, reason: str) -> ManifestError:
        """Say in which row and column the mistake is."""
        return ManifestError(f"{self.place}, column '{self.names.get(column, column)}': {reason}")

    def cell(self, column: str) -> Any:
        """Give what the row holds in one of our columns; None if the table has no such column."""
        return self.record[self.names[column]] if column in self.names else None

    def text(self, column: str) -> str | None:
        """Give a text, None if the cell is empty; raise `ManifestError` if it holds something else."""
        value = self.cell(column)
        if value is None or value == "":
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            # Speakers and sentences are often mere numbers.
            return str(value)
        if not isinstance(value, str):
            raise self.error(column, f"{value!r} is not text")
        return value

    def word(self, column: str) -> str | None:
        """Give a text without regard to case and outer spaces, None if nothing is left."""
        text = self.text(column)
        return text.strip().lower() or None if text else None

    def number(self, column: str) -> float | None:
        """Give a finite number, None if the cell is empty; raise `ManifestError` if it is none."""
        value = self.cell(column)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            raise self.error(column, f"'{value}' is not a number")
        return number
