"""Files, archives and standard input -> documents."""

from __future__ import annotations

import bz2
import glob
import gzip
import io
import lzma
import re
import struct
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from analyser.errors import InputError
from analyser.formats.addresses import Address, find, is_address, open_address
from analyser.formats.base import ReadOptions
from analyser.formats.decoding import binary_kind
from analyser.formats.document import MAX_WHOLE_BYTES, Document, Stream

# zipfile raises NotImplementedError at packing methods that it does not know
READ_FAULTS = (OSError, EOFError, zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile, NotImplementedError)
_ZIP_FAULTS = (ValueError, OverflowError, struct.error, KeyError)  # what zipfile raises on some damaged files
_DEPTH = 3  # an archive in an archive in a .gz
_MAGIC_BYTES = 512
_Member = tuple[str, Callable[[], object]]
_PACKED: dict[bytes, Callable[[BinaryIO], object]] = {
    b"\x1f\x8b": partial(gzip.open, mode="rb"),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ": lzma.LZMAFile,
}


def find_inputs(paths: Sequence[str]) -> Iterator[Path | Address | InputError]:
    """Files under the paths, each folder's in sorted order, hidden ones left out.

    Parameters
    ----------
    paths
        Files, folders (searched through and through) and globs, here or behind an address such as
        ``s3://bucket/calls``; ``-`` is passed on.

    Yields
    ------
    Paths and addresses, or an InputError for a path where nothing is.
    """
    for given in paths:
        if is_address(given):
            yield from find(given)
            continue
        path = Path(given)
        if given == "-":
            yield path
            continue
        try:
            if path.is_dir():
                yield from _folder(path)
            elif path.exists():
                yield path
            elif glob.has_magic(given):
                yield from _matches(given)
            else:
                yield InputError("no such file or folder", where=given, hint="check the path")
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            yield InputError(f"cannot be looked at: {_reason(error)}", where=given)


def _matches(pattern: str) -> Iterator[Path | InputError]:
    found = sorted(glob.glob(pattern, recursive=True))
    if not found:
        yield InputError("no file matches", where=pattern, hint="check the pattern")
    for match in found:
        path = Path(match)
        if path.is_dir():
            if "**" not in pattern:
                yield from _folder(path)
        else:
            yield path


def _folder(path: Path) -> Iterator[Path | InputError]:
    empty = True
    for entry in sorted(path.rglob("*")):
        inside = entry.relative_to(path).parts
        if any(part.startswith(".") or part == "__MACOSX" for part in inside) or entry.is_dir():
            continue
        empty = False
        yield entry
    if empty:
        yield InputError("the folder holds no files", where=path)


def _reason(error: BaseException) -> str:
    strerror = getattr(error, "strerror", None)
    return str(strerror).lower() if strerror else "not readable"


def documents(source: str | Path | Address, options: ReadOptions) -> Iterator[Document | InputError]:
    """The documents in a file: itself, or what an archive holds.

    Parameters
    ----------
    source
        A file's path or address, or ``-`` for standard input.
    """
    if isinstance(source, str) and is_address(source):
        source = Address(source)
    path = str(source)
    try:
        raw = _opened(source)
    except InputError as error:
        yield error
        return
    except OSError as error:
        hint = "check that you may read it" if isinstance(error, PermissionError) else "check the path"
        yield InputError(f"cannot be opened: {_reason(error)}", where=path, hint=hint)
        return
    except ValueError:
        yield InputError("cannot be opened: the path holds a NUL", where=path)
        return
    stream = Stream(raw)
    try:
        yield from _unpacked("stdin" if path == "-" else path, stream, options, _DEPTH)
    except READ_FAULTS as error:
        yield broken(path, error)
    finally:
        if path != "-":
            stream.close()


def _opened(source: str | Path | Address) -> BinaryIO:
    if isinstance(source, Address):
        return open_address(source)
    if str(source) == "-":
        return cast("BinaryIO", sys.stdin.buffer)
    return cast("BinaryIO", Path(source).open("rb", buffering=0))


def broken(path: str, error: BaseException) -> InputError:
    """The error for bytes that end or fail in the middle."""
    if isinstance(error, NotImplementedError):
        return InputError("the archive is packed in a way not known here", where=path, hint="unpack it first")
    if not isinstance(error, OSError) or isinstance(error, gzip.BadGzipFile):
        return InputError("the archive is cut off or damaged", where=path, hint="copy or export it again")
    return InputError(f"cannot be read: {_reason(error)}", where=path)


def _unpacked(path: str, stream: Stream, options: ReadOptions, depth: int) -> Iterator[Document | InputError]:
    head = stream.peek(_MAGIC_BYTES)
    packed = next((opener for magic, opener in _PACKED.items() if head.startswith(magic)), None)
    archive = head.startswith(b"PK\x03\x04") or head[257:262] == b"ustar"
    if (packed or archive) and depth == 0:
        yield InputError("archives in archives in archives", where=path, hint="unpack it first")
    elif packed:
        opened = cast("BinaryIO", packed(cast("BinaryIO", stream)))
        yield from _unpacked(re.sub(r"\.(gz|bz2|xz)$", "", path), Stream(opened), options, depth - 1)
    elif head.startswith(b"PK\x03\x04"):
        yield from _zip(path, stream, options, depth)
    elif archive:
        yield from _tar(path, stream, options, depth)
    elif not head:
        yield InputError("the file is empty", where=path)
    elif kind := binary_kind(stream.peek(4096)):
        yield InputError(f"this is {kind}", where=path, hint="give transcripts as text, CSV or JSON")
    else:
        yield Document(path, stream, options)


def _zip(path: str, stream: Stream, options: ReadOptions, depth: int) -> Iterator[Document | InputError]:
    data = stream.peek(MAX_WHOLE_BYTES + 1)
    if len(data) > MAX_WHOLE_BYTES:
        yield InputError(f"a zip over {MAX_WHOLE_BYTES // 2**20} MB", where=path, hint="unpack it first")
        return
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _ZIP_FAULTS as error:
        raise zipfile.BadZipFile from error
    with archive:
        names = sorted(archive.namelist())
        if "[Content_Types].xml" in names:
            yield InputError("this is an Office document", where=path, hint="save it as CSV or text")
            return
        if any(info.flag_bits & 1 for info in archive.infolist()):
            yield InputError("the archive has a password", where=path, hint="unpack it first")
            return
        wanted = [name for name in names if _wanted(name)]
        yield from _members(path, ((name, partial(_ZipMember, archive, name)) for name in wanted), options, depth)


class _ZipMember(io.RawIOBase):
    """A member of a zip; offsets that lead out of a damaged one fail as what they are, not as a ValueError."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        try:
            self._member = cast("zipfile.ZipExtFile", archive.open(name))
        except _ZIP_FAULTS as error:
            raise zipfile.BadZipFile from error

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        try:
            return self._member.read1(size)  # one read at a time, as Stream asks
        except _ZIP_FAULTS as error:
            raise zipfile.BadZipFile from error


def _tar(path: str, stream: Stream, options: ReadOptions, depth: int) -> Iterator[Document | InputError]:
    def members(archive: tarfile.TarFile) -> Iterator[_Member]:
        for member in archive:
            if member.isfile() and _wanted(member.name):
                yield member.name, partial(archive.extractfile, member)

    with tarfile.open(fileobj=cast("BinaryIO", stream), mode="r|") as archive:
        yield from _members(path, members(archive), options, depth)


def _members(
    path: str, members: Iterator[_Member], options: ReadOptions, depth: int
) -> Iterator[Document | InputError]:
    empty = True
    for name, opener in members:
        empty = False
        inside = f"{path}!{name}"
        try:
            with Stream(cast("BinaryIO", opener())) as member:
                yield from _unpacked(inside, member, options, depth - 1)
        except READ_FAULTS as error:
            yield broken(inside, error)
    if empty:
        yield InputError("the archive holds no files", where=path)


def _wanted(name: str) -> bool:
    parts = [p for p in re.split(r"[/\\]", name) if p]
    return bool(parts) and not name.endswith("/") and not any(p.startswith((".", "__MACOSX")) for p in parts)
