"""The way to a database: its address, Django's settings (once a process), its tables' version."""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import DatabaseError, InterfaceError

from analyser.errors import NoStoreError, StoreAddressError, StoreError

BUSY_S = 30.0  # how long a writer waits for another
_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32768; PRAGMA secure_delete=ON;"


def database(address: str) -> dict[str, Any]:
    """Django's settings for a store's address.

    Raises
    ------
    StoreAddressError
        Where it is wrong.
    """
    if "://" not in address:
        if not address.strip() or "\0" in address:
            raise StoreAddressError("the database's address is empty", hint="give a file, or postgresql://...")
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.path.abspath(address),
            "OPTIONS": {"timeout": BUSY_S, "transaction_mode": "IMMEDIATE", "init_command": _PRAGMAS},
        }
    scheme = address.partition("://")[0]
    if scheme not in {"postgresql", "postgres"}:
        raise StoreAddressError(
            f"there is no store of the kind {scheme}://", hint="give a file, or postgresql://user@host/name"
        )
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise StoreAddressError(
            "the database's address cannot be read", hint="postgresql://user@host:port/name"
        ) from None
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise StoreAddressError("the database's address names no database", hint="postgresql://user@host:port/name")
    options: dict[str, Any] = {"connect_timeout": 10, "application_name": "analyser", **dict(parse_qsl(parts.query))}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", None) or unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        "OPTIONS": options,
    }


def connect(address: str, *, create: bool) -> str:
    """Make sure that Django knows a database; gives Django's name for it.

    Raises
    ------
    StoreAddressError
        Where the address is wrong, or nothing can be reached there.
    """
    wanted = database(address)
    if "sqlite3" in wanted["ENGINE"]:
        _look_at_file(Path(wanted["NAME"]), create=create)
    else:
        _need_psycopg()
    if not settings.configured:
        settings.configure(
            DATABASES={DEFAULT_DB_ALIAS: wanted}, INSTALLED_APPS=["analyser.store"], USE_TZ=True, TIME_ZONE="UTC"
        )
    if not apps.ready:
        django.setup()
    alias = _alias(wanted)
    try:
        connections[alias].ensure_connection()
    except (DatabaseError, InterfaceError) as error:
        connections[alias].close()
        if getattr(error.__cause__, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
            raise StoreAddressError("this file is no store", where=shown(alias), hint="give another name") from None
        raise StoreAddressError(f"the store cannot be opened: {reason(error)}", where=shown(alias)) from None
    return alias


def _alias(wanted: dict[str, Any]) -> str:
    same = ("ENGINE", "NAME", "USER", "HOST", "PORT", "OPTIONS")
    for alias, known in connections.settings.items():
        if all(str(known.get(k) or "") == str(wanted.get(k) or "") for k in same):
            return str(alias)
    alias = f"store{len(connections.settings)}"
    connections.settings[alias] = connections.configure_settings({DEFAULT_DB_ALIAS: wanted})[DEFAULT_DB_ALIAS]
    return alias


def _look_at_file(path: Path, *, create: bool) -> None:
    if not path.exists():
        if not create:
            raise NoStoreError("there is no store here", where=path, hint="`analyser batch` makes one")
        if not path.parent.is_dir():
            raise StoreAddressError("there is no such folder for the store", where=path.parent, hint="make it first")
        return
    if path.is_dir():
        raise StoreAddressError("the store's place is a folder", where=path, hint="give a file")
    if not os.access(path, os.R_OK):
        raise StoreAddressError("you may not read the store", where=path)
    # The file itself is left to SQLite: closing it here would drop the locks of all connections of this process, and
    # another process, believing itself alone, would take the log away from under them.


def _need_psycopg() -> None:
    try:
        import_module("psycopg")
    except ImportError:
        raise StoreAddressError(
            "PostgreSQL needs psycopg", hint="install it with: pip install 'call-analyser[postgresql]'"
        ) from None


def shown(alias: str) -> str:
    """A store's address as it may be shown: without a password."""
    known = connections.settings[alias]
    if is_sqlite(alias):
        return str(known["NAME"])
    user = f"{known['USER']}@" if known.get("USER") else ""
    port = f":{known['PORT']}" if known.get("PORT") else ""
    return f"postgresql://{user}{known.get('HOST') or ''}{port}/{known['NAME']}"


def is_sqlite(alias: str) -> bool:
    """Whether the store is one file."""
    return bool(connections[alias].vendor == "sqlite")


def reason(error: BaseException) -> str:
    """A database's complaint in one clause: never the statement or its values, which may hold a call's words."""
    cause = error.__cause__ or error
    if isinstance(cause, sqlite3.Error):
        return str(cause).splitlines()[0] if str(cause) else "no reason given"
    primary = getattr(getattr(cause, "diag", None), "message_primary", None)
    text = primary or next((line for line in str(cause).splitlines() if line.strip()), "no reason given")
    return text.removeprefix("connection failed: ").strip()


@contextmanager
def reading(alias: str) -> Iterator[None]:
    """Say in one line what the database says while the block reads.

    Raises
    ------
    StoreError
        Where it is damaged, gone or refuses, or what was kept cannot be opened.
    """
    try:
        yield
    except (DatabaseError, InterfaceError, zlib.error, ValueError) as error:
        database = isinstance(error, (DatabaseError, InterfaceError))
        told = reason(error) if database else "what was kept of a call cannot be opened"
        # not chained: what could not be opened holds words of a call
        raise StoreError(
            f"the store cannot be read: {told}", where=shown(alias), hint="see `analyser db check`"
        ) from None


def is_empty(alias: str) -> bool:
    """Whether the database has no store in it yet."""
    with reading(alias):
        return not any(t.startswith("store_") for t in connections[alias].introspection.table_names())


def require_current(alias: str) -> None:
    """Refuse a store whose tables are of another version.

    Raises
    ------
    StoreError
        Saying what to do.
    """
    with reading(alias):
        executor = MigrationExecutor(connections[alias])
        ahead = set(executor.loader.applied_migrations) - set(executor.loader.graph.nodes)
        behind = executor.migration_plan(executor.loader.graph.leaf_nodes("store"))
    if any(app == "store" for app, _ in ahead):
        raise StoreAddressError("the store was made by a later version", where=shown(alias), hint="update the analyser")
    if behind:
        hint = "make a copy of it, then run `analyser db upgrade`"
        raise StoreAddressError("the store was made by an earlier version", where=shown(alias), hint=hint)


def migrate(alias: str) -> list[str]:
    """Bring the tables up to date; gives the steps taken.

    Raises
    ------
    StoreError
        Where the database refuses.
    """
    try:
        executor = MigrationExecutor(connections[alias])
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes("store"))
        if plan:
            call_command("migrate", "store", database=alias, verbosity=0, interactive=False)
    except DatabaseError as error:
        raise StoreError(f"the store's tables cannot be made: {reason(error)}", where=shown(alias)) from None
    return [f"{migration.app_label} {migration.name}" for migration, _ in plan]


def close(alias: str) -> None:
    """Close the connection of this thread."""
    connections[alias].close()
