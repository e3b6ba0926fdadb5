"""One file of SQLite: rows by name and key, and queues of messages. Each write is durable when it returns.

Write-ahead, so that a killed process loses nothing that it had written; a machine that loses its power may lose the
last moments.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from local.serve.codec import dumped, loaded

FILE = "alertrelay.sqlite3"
_TABLES = """
CREATE TABLE IF NOT EXISTS rows (name TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (name, key))
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, body TEXT NOT NULL,
    due REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS due ON messages (queue, due);
"""


class UnreadableData(Exception):
    """Raised where the file is none of ours, or another process has it open."""


class QueuedMessage(NamedTuple):
    """A message of a queue; `tries`: how often it was taken before."""

    id: int
    body: str
    tries: int


class DataFile:
    """A context manager. Safe under threads."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._lock = threading.RLock()

    def __enter__(self) -> DataFile:
        self.path.touch(mode=0o600)
        for one in (self.path, *self.path.parent.glob(f"{FILE}-*")):  # its log beside it, too
            one.chmod(0o600)
        self._connection = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None, timeout=1)
        try:
            self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # two relays would notify twice
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(_TABLES)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise self.unreadable(error) from None
        return self

    def unreadable(self, error: sqlite3.DatabaseError) -> UnreadableData:
        """Returns what to say of an error of SQLite, with its mend."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte: the rest is detail
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            mend = "another `alertrelay serve` has it: stop that, or name another --data folder"
        elif code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            mend = (
                f"a database was expected, got damaged data ({error}): move {FILE} away, and what it held begins anew"
            )
        else:
            mend = f"cannot be used ({error}): check the rights and the space of its folder, or name another --data"
        return UnreadableData(f"{self.path}: {mend}")

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Makes the writes within it one."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def execute(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Runs one statement and returns its rows."""
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def send(self, queue: str, body: str, *, due: datetime) -> None:
        """Puts a message into a queue, where it is seen from `due` on."""
        self.execute("INSERT INTO messages (queue, body, due) VALUES (?, ?, ?)", queue, body, due.timestamp())

    def take(self, queue: str, *, now: datetime) -> QueuedMessage | None:
        """Returns the first message of a queue that is due; it stays there until `done`."""
        found = self.execute(
            "SELECT id, body, tries FROM messages WHERE queue = ? AND due <= ? ORDER BY due, id LIMIT 1",
            queue,
            now.timestamp(),
        )
        return QueuedMessage(*found[0]) if found else None

    def done(self, message: QueuedMessage) -> None:
        """Deletes a message."""
        self.execute("DELETE FROM messages WHERE id = ?", message.id)

    def again(self, message: QueuedMessage, *, due: datetime, queue: str = "") -> None:
        """Puts a message back, or into another queue."""
        self.execute(
            "UPDATE messages SET tries = tries + 1, due = ?, queue = coalesce(nullif(?, ''), queue) WHERE id = ?",
            due.timestamp(),
            queue,
            message.id,
        )

    def next_due(self, queues: tuple[str, ...]) -> float | None:
        """Returns when the first message of these queues is due, in seconds since the epoch."""
        marks = ",".join("?" * len(queues))
        found = self.execute(f"SELECT min(due) FROM messages WHERE queue IN ({marks})", *queues)
        return float(found[0][0]) if found and found[0][0] is not None else None


class Rows(MutableMapping[Any, Any]):
    """A dictionary whose entries are rows: read once, written through. `inner`: its values are such dictionaries."""

    def __init__(self, database: DataFile, name: str) -> None:
        self._database = database
        self._name = name
        try:
            found = database.execute("SELECT key, value FROM rows WHERE name = ?", name)
        except sqlite3.DatabaseError as error:
            raise database.unreadable(error) from None
        try:
            self._found = {loaded(key): loaded(value) for key, value in found}
        except (ValueError, KeyError, TypeError) as error:
            why = f"{database.path}: a row of {name} cannot be read ({type(error).__name__} {error})"
            raise UnreadableData(f"{why}; another version wrote it: begin with an empty --data folder") from None

    def __getitem__(self, key: Any) -> Any:
        return self._found[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        text = dumped(value)
        self._database.execute("INSERT OR REPLACE INTO rows VALUES (?, ?, ?)", self._name, dumped(key), text)
        self._found[key] = value

    def __delitem__(self, key: Any) -> None:
        del self._found[key]
        self._database.execute("DELETE FROM rows WHERE name = ? AND key = ?", self._name, dumped(key))

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._found))

    def __len__(self) -> int:
        return len(self._found)


class NestedRows(MutableMapping[Any, Any]):
    """A dictionary of dictionaries whose inner entries are rows, by (outer, inner) key."""

    def __init__(self, database: DataFile, name: str) -> None:
        self._rows = Rows(database, name)
        self._found: dict[Any, _Inner] = {}
        for outer, inner in self._rows:
            self._of(outer).found[inner] = self._rows[outer, inner]

    def _of(self, outer: Any) -> _Inner:
        return self._found.setdefault(outer, _Inner(self._rows, outer))

    def __getitem__(self, outer: Any) -> MutableMapping[Any, Any]:
        return self._found[outer]

    def setdefault(self, outer: Any, default: Any = None) -> Any:
        """Returns the dictionary under a key; a new one is empty, whatever the default."""
        assert not default
        return self._of(outer)

    def __setitem__(self, outer: Any, values: Any) -> None:
        inner = self._of(outer)
        for key, value in values.items():
            inner[key] = value

    def __delitem__(self, outer: Any) -> None:
        for key in list(self._found.pop(outer)):
            del self._rows[outer, key]

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._found))

    def __len__(self) -> int:
        return len(self._found)


class _Inner(MutableMapping[Any, Any]):
    def __init__(self, rows: Rows, outer: Any) -> None:
        self._rows = rows
        self._outer = outer
        self.found: dict[Any, Any] = {}

    def __getitem__(self, key: Any) -> Any:
        return self.found[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._rows[self._outer, key] = value
        self.found[key] = value

    def __delitem__(self, key: Any) -> None:
        del self.found[key]
        del self._rows[self._outer, key]

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self.found))

    def __len__(self) -> int:
        return len(self.found)
