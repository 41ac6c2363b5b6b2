"""What is kept of every call, on SQLite or PostgreSQL. Importing this does not import Django; opening a store does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from analyser.store.kept import (
    Counts,
    FileState,
    Judged,
    KeptCall,
    Known,
    KnownCall,
    PackedCall,
    RunInfo,
    RunState,
    StoreFigures,
    Trouble,
)  # fmt: skip

if TYPE_CHECKING:
    from analyser.store.opened import Store as Store  # opening one brings Django in

__all__ = [
    "Counts",
    "FileState",
    "Judged",
    "KeptCall",
    "Known",
    "KnownCall",
    "PackedCall",
    "RunInfo",
    "RunState",
    "StoreFigures",
    "Trouble",
    "open_store",
]


def open_store(address: str | Path, *, create: bool = True, current: bool = True) -> Store:
    """Open the store at an address; its tables are made or brought up to date by ``Store.upgrade``.

    Parameters
    ----------
    address
        A file's path (SQLite) or ``postgresql://user:password@host:port/name``.
    create
        Whether a store that is not there yet is made (SQLite: its file; both: its tables).
    current
        Whether tables of another version are refused; they are anyway of no use but to ``Store.upgrade``.

    Raises
    ------
    StoreAddressError
        Where the address is wrong, nothing can be reached there, or there is no store and none is to be made.
    StoreError
        Where it was made by a later version, or needs ``analyser db upgrade``.
    """
    from analyser.store.connection import connect

    alias = connect(str(address), create=create)
    from analyser.store.opened import Store

    return Store(alias, create=create, current=current)
