"""Addresses such as ``s3://bucket/calls/*.json`` -> files to read (the only importer of fsspec)."""

from __future__ import annotations

import errno
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, BinaryIO, cast

from analyser.errors import InputError

_BLOCK = 4 * 1024 * 1024  # read at once; a store's own default may be many times that
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_MAGIC = re.compile(r"[*?\[]")
_WEB = frozenset({"http", "https"})  # there a question mark begins a query, and any page may be a file
_QUERY = re.compile(r"[?#].*", re.DOTALL)
_SIGNED = re.compile(r"\?.*?(sig|signature|token|secret|password|credential|key)=.*", re.DOTALL | re.IGNORECASE)
_ACCOUNTS = frozenset({"abfs", "abfss", "wasb", "wasbs"})  # there what stands before the @ is a container
_EXTRAS = {"s3": "s3", "s3a": "s3", "http": "remote", "https": "remote"}  # scheme -> extra of this package
_CONTENT = ("ETag", "etag", "md5Hash", "md5", "content_md5", "Content-MD5", "generation", "checksum")
_CHANGED = ("mtime", "LastModified", "last_modified", "Last-Modified", "updated", "modified", "created")
_NO_ENTRY = frozenset(
    "PermissionError NoCredentialsError PartialCredentialsError NoAuthTokenError ProfileNotFound".split()
)
_NO_ROAD = frozenset(
    "ConnectionError ClientConnectionError ClientPayloadError HTTPClientError IncompleteReadError "
    "ResponseStreamingError TimeoutError gaierror".split()
)
_Entry = tuple[str, str, str | None]  # name, file or directory, mark


@dataclass(frozen=True, slots=True)
class Address:
    """A file in a store that fsspec reads; shown, logged and kept without what could be a credential.

    Parameters
    ----------
    url
        As it is opened, with whatever names or tokens the user wrote into it.
    mark
        What the listing said of its content; see ``fingerprint``.
    """

    url: str
    mark: str | None = None

    def __str__(self) -> str:
        return shown(self.url)

    def __repr__(self) -> str:
        return f"Address({shown(self.url)!r})"


def is_address(given: str) -> bool:
    """Whether it begins with a scheme (``s3://``) and so is no path of this machine."""
    return _SCHEME.match(given) is not None


def shown(url: str) -> str:
    """An address without user, password and query (signed links carry their key there).

    Elsewhere than on the web a question mark may stand in a name: what follows goes only where it looks like a key.
    """
    scheme, rest = url.split("://", 1)
    rest = (_QUERY if scheme.lower() in _WEB else _SIGNED).sub("", rest)
    host, slash, path = rest.partition("/")
    if scheme.lower() in _ACCOUNTS:
        host = re.sub(r":[^@]*@", "@", host)
    elif "@" in host:
        host = host.rpartition("@")[2]
    return f"{scheme}://{host}{slash}{path}"


def find(url: str) -> Iterator[Address | InputError]:
    """Files under an address: itself, a folder's (through and through) or those that a pattern meets.

    Folders are listed one by one, each in sorted order, hidden files left out, so that memory holds the names of
    one folder at each depth.

    Yields
    ------
    Addresses, or an InputError for what is not there or cannot be listed.
    """
    try:
        store, path = _store(url)
        store.invalidate_cache()
        if _MAGIC.search(path if _scheme(url) not in _WEB else path.replace("?", "")):
            yield from _matches(store, url)
        elif _scheme(url) in _WEB and not path.endswith("/"):
            yield Address(url)
        elif (path.endswith("/") and _scheme(url) in _WEB) or (info := store.info(path))["type"] == "directory":
            yield from _folder(store, url)
        else:
            yield Address(url, _mark(info))
    except InputError as error:
        yield error
    except Exception as error:  # stores raise what their libraries raise
        yield _fault(url, error)


def open_address(address: Address) -> BinaryIO:
    """Open for reading from the start, a block at a time; what fails later is an OSError.

    Raises
    ------
    InputError
        Where it cannot be opened.
    """
    try:
        store, path = _store(address.url)
        return cast("BinaryIO", _Remote(store.open(path, "rb", block_size=_BLOCK)))
    except InputError:
        raise
    except Exception as error:
        raise _fault(address.url, error) from None


def fingerprint(source: str | Path | Address) -> str | None:
    """What changes when a file's content does: its size, and its tag or time; None where it cannot be known.

    Parameters
    ----------
    source
        A path, an address, or what ``find_inputs`` gave: there the listing has said it, and nothing is asked again.
    """
    try:
        if isinstance(source, str) and is_address(source):
            source = Address(source)
        if isinstance(source, Address):
            if source.mark is not None:
                return source.mark
            store, path = _store(source.url)
            store.invalidate_cache()
            return _mark(store.info(path))
        stat = Path(source).stat()
    except Exception:  # whoever reads the file will say what is wrong with it
        return None
    return f"{stat.st_size}:{stat.st_mtime_ns}"


class _Remote(io.RawIOBase):
    """A remote file whose library's many errors all come out as OSError, without an address in them."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        try:
            return cast("bytes", self._file.read(size))
        except Exception as error:
            raise OSError(errno.EIO, _reason(error)[0]) from None

    def close(self) -> None:
        """Close what is read from."""
        if not self.closed:
            self._file.close()
        super().close()


def _scheme(url: str) -> str:
    return url.split("://", 1)[0].lower()


def _store(url: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it."""
    scheme = _scheme(url)
    if "::" in url:
        raise InputError("an address with :: in it cannot be read", where=shown(url), hint="rename it or copy it first")
    try:
        from fsspec.core import url_to_fs

        store, path = url_to_fs(url)
    except ImportError:
        extra = _EXTRAS.get(scheme)
        hint = f"pip install 'call-analyser[{extra}]'" if extra else _package(scheme)
        raise InputError(f"{scheme}:// needs a package that is not installed", where=shown(url), hint=hint) from None
    except ValueError as error:
        if "protocol not known" not in str(error).lower():
            raise
        hint = "give a path, s3://, gs://, az://, https:// or another scheme of fsspec"
        raise InputError(f"{scheme}:// is no known kind of address", where=shown(url), hint=hint) from None
    return store, str(path)


def _package(scheme: str) -> str:
    from fsspec.registry import known_implementations

    said = str(known_implementations.get(scheme, {}).get("err", ""))
    return said[:1].lower() + said[1:] if said else "install fsspec's package for it"


def _entries(store: Any, url: str) -> list[_Entry] | InputError:
    """What stands in a folder, in order; an error where it may not be listed, which costs only itself."""
    found = []
    try:
        _, folder = _store(url)
        for entry in store.ls(folder, detail=True):
            name, kind = str(entry["name"]), str(entry["type"])
            if kind == "file" and name.endswith("/"):
                continue  # the empty object by which some tools mark a folder
            own = name.rstrip("/") == folder.rstrip("/")
            found.append(("" if own else name.rstrip("/").rsplit("/", 1)[-1], kind, _mark(entry)))
        store.invalidate_cache()
    except InputError as error:
        return error
    except Exception as error:
        return _fault(url, error)
    return sorted(found, key=lambda entry: entry[0])


def _under(url: str, name: str, kind: str) -> str:
    return f"{url.rstrip('/')}/{name}" + ("/" if kind == "directory" and _scheme(url) in _WEB else "")


def _hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def _folder(store: Any, url: str) -> Iterator[Address | InputError]:
    empty = True
    for found in _deep(store, url):
        empty = False
        yield found
    if empty:
        yield InputError("the folder holds no files", where=shown(url))


def _deep(store: Any, url: str) -> Iterator[Address | InputError]:
    entries = _entries(store, url)
    if isinstance(entries, InputError):
        yield entries
        return
    for name, kind, mark in entries:
        if _hidden(name):
            continue
        if not name:
            yield InputError("a folder without a name cannot be listed", where=f"{shown(url).rstrip('/')}//")
        elif kind == "directory":
            yield from _deep(store, _under(url, name, kind))
        else:
            yield Address(_under(url, name, kind), mark)


def _matches(store: Any, url: str) -> Iterator[Address | InputError]:
    """Files that a pattern meets; ``*`` stays within a folder, ``**`` does not, a folder met stands for its files."""
    scheme, rest = url.split("://", 1)
    parts = rest.split("/")
    fixed = next(i for i, part in enumerate(parts) if _MAGIC.search(part))
    found = False
    for match in _expand(store, f"{scheme}://" + "/".join(parts[:fixed]), parts[fixed:], deep="**" in parts):
        found = True
        yield match
    if not found:
        yield InputError("no file matches", where=shown(url), hint="check the pattern")


def _expand(
    store: Any, url: str, parts: list[str], *, deep: bool, known: list[_Entry] | None = None
) -> Iterator[Address | InputError]:
    entries = _entries(store, url) if known is None else known
    if isinstance(entries, InputError):
        yield entries
        return
    first, rest = parts[0], parts[1:]
    if first == "**" and rest:
        yield from _expand(store, url, rest, deep=deep, known=entries)
    for name, kind, mark in entries:
        under = _under(url, name, kind)
        if not name or (_hidden(name) and not first.startswith(".")):
            continue
        if first == "**":
            if kind == "directory":
                yield from _expand(store, under, parts, deep=deep)
            elif not rest:
                yield Address(under, mark)
        elif not fnmatchcase(name, first):
            continue
        elif rest and kind == "directory":
            yield from _expand(store, under, rest, deep=deep)
        elif not rest and kind == "file":
            yield Address(under, mark)
        elif not rest and not deep:
            yield from _deep(store, under)


def _mark(info: dict[str, Any]) -> str | None:
    size = info.get("size", info.get("Size"))
    what = next((info[key] for key in (*_CONTENT, *_CHANGED) if info.get(key)), None)
    if what is None:
        return None
    text = what.isoformat() if hasattr(what, "isoformat") else str(what).strip('"')
    return f"{size}:{text}"


def _kinds(error: BaseException | None) -> set[str]:
    return {kind.__name__ for kind in type(error).__mro__}


def _reason(error: BaseException) -> tuple[str, str | None]:
    """What is said of a library's error, and the hint; never its own words, which may hold an address or a key."""
    cause = error.__cause__
    if isinstance(error, FileNotFoundError) and (_kinds(cause) & _NO_ROAD or hasattr(cause, "status")):
        error = cause or error  # over the web every refusal is wrapped as this one
    kinds, status = _kinds(error), getattr(error, "status", None)
    if isinstance(error, FileNotFoundError):
        return "nothing is there", "check the address"
    if kinds & _NO_ENTRY or status in {401, 403}:
        return "you may not read it", "check the credentials in the environment, and what they allow"
    if kinds & _NO_ROAD:
        return "the connection could not be made or was lost", "check the network and the address, and run again"
    if isinstance(status, int):
        return f"the server answered with status {status}", None
    return f"the store failed ({type(error).__name__})", "check the address"


def _fault(url: str, error: BaseException) -> InputError:
    what, hint = _reason(error)
    return InputError(what, where=shown(url), hint=hint)
