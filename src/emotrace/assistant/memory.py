"""Where a policy keeps what it has learned: one SQLite file that several processes may share.

Every call opens the file, does one transaction and closes it: nothing is held that a fork, a thread or a crash
could break. A transaction that changes something takes the write lock first, so that what it read is still true
when it writes. Write-ahead logging lets readers go on meanwhile; it needs a disk of this machine, not a network's.
"""

from __future__ import annotations

import contextlib
import math
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from emotrace.assistant.evidence import Evidence
from emotrace.errors import PolicyError

APPLICATION_ID = 0x656D7470
"""Tells our files from other SQLite files: ``emtp``, at byte 68 of the file."""

SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE evidence (
    context TEXT NOT NULL,
    approach TEXT NOT NULL,
    good REAL NOT NULL CHECK (good >= 0),
    bad REAL NOT NULL CHECK (bad >= 0),
    n_rewards INTEGER NOT NULL CHECK (n_rewards > 0),
    updated REAL NOT NULL,
    PRIMARY KEY (context, approach)
) WITHOUT ROWID
"""
_WAIT_SECONDS = 10.0
_RETRY_SECONDS = 0.01


class Memory:
    """The evidence of every approach in every context, in the file ``path``, which is made if there is none.

    Raises
    ------
    PolicyError
        If the file cannot be opened, is damaged, belongs to something else, was made by a later emotrace, or is
        locked for more than ten seconds. All methods may raise it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._connected() as connection:
            # Looked at before anything is changed: the file may be somebody else's.
            if self._is_new(connection):
                _use_write_ahead_log(connection)
                with _transaction(connection):
                    self._make(connection)

    def read(self, context: str, approaches: Sequence[str]) -> list[Evidence]:
        """Give what is known of each of the approaches in a context."""
        with self._connected() as connection, _transaction(connection, "DEFERRED"):
            return [_read(connection, context, approach) for approach in approaches]

    def change(self, context: str, approach: str, change: Callable[[Evidence], Evidence]) -> Evidence:
        """Replace what is known of one approach by ``change`` of it, on the disk when this returns."""
        with self._connected() as connection, _transaction(connection):
            evidence = change(_read(connection, context, approach))
            connection.execute(
                "INSERT OR REPLACE INTO evidence VALUES (?, ?, ?, ?, ?, ?)",
                (context, approach, evidence.good, evidence.bad, evidence.n_rewards, evidence.updated),
            )
            return evidence

    @contextlib.contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            # Autocommit: transactions are begun by hand, since Python would begin them too late.
            connection = sqlite3.connect(self._path.absolute(), timeout=_WAIT_SECONDS, isolation_level=None)
            with contextlib.closing(connection):
                yield connection
        except (sqlite3.Error, ValueError) as error:
            raise PolicyError(f"{self._path}: {_reason(error)}") from None

    def _make(self, connection: sqlite3.Connection) -> None:
        # Another process may have been quicker.
        if self._is_new(connection):
            connection.execute(_SCHEMA)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")

    def _is_new(self, connection: sqlite3.Connection) -> bool:
        """Say whether the file is still empty; raise unless it is that or ours."""
        owner, version, n_tables = (
            connection.execute(query).fetchone()[0]
            for query in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
        )
        if owner == 0 and n_tables == 0:
            return True
        if owner != APPLICATION_ID:
            raise PolicyError(f"{self._path}: a SQLite database, but not a policy; give another file name")
        if version != SCHEMA_VERSION:
            raise PolicyError(
                f"{self._path}: a policy of version {version}, this emotrace knows version {SCHEMA_VERSION}; "
                "update emotrace or give another file name"
            )
        return False


def _reason(error: Exception) -> str:
    text = str(error)
    if "locked" in text:
        return f"another program has kept the policy locked for {_WAIT_SECONDS:g} s; end it, or try again"
    if "unable to open" in text or "readonly" in text:
        return f"the policy cannot be written here ({text}); give a file in a folder that you may write to"
    if isinstance(error, sqlite3.OperationalError) and "no such" not in text:
        # A full disk, a failing one: SQLite says it well.
        return text
    return f"not a policy, or damaged ({text}); move the file away to begin anew, or give another name"


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection, kind: str = "IMMEDIATE") -> Iterator[None]:
    connection.execute(f"BEGIN {kind}")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _read(connection: sqlite3.Connection, context: str, approach: str) -> Evidence:
    row = connection.execute(
        "SELECT good, bad, n_rewards, updated FROM evidence WHERE context = ? AND approach = ?",
        (context, approach),
    ).fetchone()
    if row is None:
        return Evidence()
    good, bad, updated = float(row[0]), float(row[1]), float(row[3])
    if not all(math.isfinite(number) for number in (good, bad, updated)):
        raise ValueError("a count is not a finite number")
    return Evidence(good, bad, int(row[2]), updated)


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch the file to its log, for good; SQLite itself does not wait for others here."""
    give_up = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(_RETRY_SECONDS)
