"""The memory: many writers lose nothing, a crash breaks nothing, and other people's files stay theirs."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

import emotrace.assistant.memory as memory_module
from emotrace.assistant import Policy
from emotrace.assistant.evidence import Evidence
from emotrace.assistant.memory import APPLICATION_ID, SCHEMA_VERSION, Memory
from emotrace.errors import PolicyError

STYLES = ["brief", "detailed"]
_WRITER = """
import sys
from emotrace.assistant import Policy
path, style, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
policy = Policy(path, ["brief", "detailed"], half_life_days=float("inf"))
for number in range(n):
    policy.feedback(style, 1.0, when=float(number))
    print(number + 1, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "policy.db"


def start_writer(path: Path, style: str, n: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path), style, str(n)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def check_integrity(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_two_processes_lose_nothing(path):
    # Neither file nor log is there: they race for making them, too. Both write the same row.
    writers = [start_writer(path, "brief", 60), start_writer(path, "brief", 60)]
    for writer in writers:
        _, err = writer.communicate(timeout=300)
        assert (writer.returncode, err) == (0, "")
    (brief, detailed) = Policy(path, STYLES).statistics(now=60.0)
    assert (brief.n_rewards, detailed.n_rewards) == (120, 0)
    assert brief.good > 100.0
    check_integrity(path)


def test_threads_lose_nothing(path):
    policy = Policy(path, STYLES, half_life_days=float("inf"))

    def write(style: str) -> None:
        for _ in range(20):
            policy.feedback(style, -1.0, when=0.0)

    threads = [threading.Thread(target=write, args=(style,)) for style in (*STYLES, "brief")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(style.n_rewards, style.bad) for style in policy.statistics(now=0.0)] == [(40, 40.0), (20, 20.0)]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_killed_writer_breaks_nothing(path):
    writer = start_writer(path, "brief", 100_000)
    assert writer.stdout is not None
    for _ in range(25):
        acknowledged = int(writer.stdout.readline())
    writer.send_signal(signal.SIGKILL)
    rest = writer.communicate(timeout=60)[0].split()
    acknowledged = int(rest[-1]) if rest else acknowledged
    (brief, _) = Policy(path, STYLES).statistics(now=0.0)
    # What was told to be kept is kept; one more may have been, of which nobody could be told.
    assert acknowledged <= brief.n_rewards <= acknowledged + 1
    check_integrity(path)


def test_a_change_that_fails_changes_nothing(path):
    memory = Memory(path)
    memory.change("", "brief", lambda _: Evidence(1.0, 2.0, 3, 4.0))

    def fail(_: Evidence) -> Evidence:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        memory.change("", "brief", fail)
    assert memory.read("", ["brief", "other"]) == [Evidence(1.0, 2.0, 3, 4.0), Evidence()]


def test_text_that_looks_like_sql_is_text(path):
    memory = Memory(path)
    name = "x'); DROP TABLE evidence; --"
    memory.change(name, name, lambda _: Evidence(1.0, 0.0, 1, 0.0))
    assert memory.read(name, [name]) == [Evidence(1.0, 0.0, 1, 0.0)]


def test_a_name_that_sqlite_takes_for_something_else_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Memory(Path(":memory:")).change("", "brief", lambda _: Evidence(1.0, 0.0, 1, 0.0))
    assert Memory(Path(":memory:")).read("", ["brief"]) == [Evidence(1.0, 0.0, 1, 0.0)]
    assert (tmp_path / ":memory:").is_file()


# -- files that are no policy -----------------------------------------------------------------------------


def test_an_empty_file_becomes_a_policy(path):
    path.touch()
    Policy(path, STYLES).feedback("brief", 1.0)
    check_integrity(path)


def test_a_file_of_something_else_is_left_alone(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE songs (title)")
        connection.commit()
    before = path.read_bytes()
    with pytest.raises(
        PolicyError, match=r"policy\.db: a SQLite database, but not a policy; give another file name"
    ):
        Policy(path, STYLES)
    assert path.read_bytes() == before


def test_a_later_version_is_left_alone(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(PolicyError, match="a policy of version 2, this emotrace knows version 1; update emotrace"):
        Policy(path, STYLES)


@pytest.mark.parametrize(
    "content", [b"RIFF....WAVEfmt " * 100, b"SQLite format 3\0" + b"\xff" * 4000, os.urandom(5000)]
)
def test_a_file_that_is_no_database(path, content):
    path.write_bytes(content)
    with pytest.raises(PolicyError, match=r"policy\.db: not a policy, or damaged \(.*\); move the file away"):
        Policy(path, STYLES)
    assert path.read_bytes() == content


def test_damage_that_comes_later(path):
    policy = Policy(path, STYLES)
    policy.feedback("brief", 1.0)
    content = bytearray(path.read_bytes())
    content[200:] = b"\xff" * (len(content) - 200)
    path.write_bytes(content)
    for act in (lambda: policy.feedback("brief", 1.0), policy.choose, policy.statistics):
        with pytest.raises(PolicyError, match="not a policy, or damaged"):
            act()


@pytest.mark.parametrize("value", ["'many'", "9e999"])
def test_counts_that_are_none(path, value):
    policy = Policy(path, STYLES)
    policy.feedback("brief", 1.0)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"UPDATE evidence SET good = {value}")
        connection.commit()
    with pytest.raises(PolicyError, match="not a policy, or damaged"):
        policy.choose()


def test_a_table_that_is_gone(path):
    policy = Policy(path, STYLES)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE evidence")
        connection.commit()
    with pytest.raises(
        PolicyError, match=r"damaged \(no such table: evidence\); move the file away to begin anew"
    ):
        policy.choose()


def test_places_that_cannot_be(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere" / "policy.db"):
        with pytest.raises(PolicyError, match=r"cannot be written here .*; give a file in a folder"):
            Policy(path, STYLES)


def test_a_lock_that_stays(path, monkeypatch):
    monkeypatch.setattr(memory_module, "_WAIT_SECONDS", 0.1)
    policy = Policy(path, STYLES)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(PolicyError, match=r"another program has kept the policy locked for 0\.1 s; end it"):
            policy.feedback("brief", 1.0)
        # Who only reads does not wait for who writes.
        assert policy.choose() in STYLES
    policy.feedback("brief", 1.0)
