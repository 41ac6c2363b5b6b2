"""A document: bytes from a file, an archive or standard input, read once, as lines, as text or as JSON values."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import orjson

from analyser.errors import InputError
from analyser.formats.base import Place, ReadOptions, Sample, Shape
from analyser.formats.decoding import decode, encoding_of
from analyser.records import Problem

HEAD_BYTES = 64 * 1024
MAX_WHOLE_BYTES = 256 * 1024 * 1024  # a document that must be held at once; lines are read one by one
MAX_LINE_BYTES = 64 * 1024 * 1024
_CHUNK = 1024 * 1024
_HOLLOW = 0.25  # share of opening brackets past which a document would take up far more memory than it says

_BREAK = re.compile(r"\r\n|\r|\n")
_JSON_START = re.compile(r"\s*(\{\s*[\"}]|\[\s*[\[{\"\]])")


class Stream(io.RawIOBase):
    """Bytes that can be looked at before they are read.

    Parameters
    ----------
    raw
        What to read from; closed with this.
    """

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        # One read at a time: where a packed file is cut, what was unpacked before the cut is not lost.
        self._read: Callable[[int], bytes] = getattr(raw, "read1", raw.read)
        self._ahead = bytearray()

    def readable(self) -> bool:
        """Always."""
        return True

    def peek(self, size: int) -> bytes:
        """The next bytes, at most ``size`` of them, without taking them."""
        while len(self._ahead) < size:
            more = self._read(min(_CHUNK, size - len(self._ahead)))
            if not more:
                break
            self._ahead += more
        with memoryview(self._ahead) as ahead:
            return bytes(ahead[:size])

    def drain(self, limit: int) -> bytes:
        """All that is left, taken; more than ``limit`` bytes where there are more."""
        parts, size = [bytes(self._ahead)], len(self._ahead)
        self._ahead.clear()
        while size <= limit and (more := self._read(_CHUNK)):
            parts.append(more)
            size += len(more)
        return b"".join(parts)

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer``, from what was looked at first."""
        size = len(buffer)
        data = bytes(self._ahead[:size]) if self._ahead else self._read(size)
        if self._ahead:
            del self._ahead[:size]
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close what is read from."""
        if not self.closed:
            self._raw.close()
        super().close()


class Document:
    """One document and what the user said of it.

    Parameters
    ----------
    path
        Its name as errors show it; members of archives as ``archive.zip!member``.
    stream
        Its bytes.
    """

    def __init__(self, path: str, stream: Stream, options: ReadOptions) -> None:
        self.path = path
        self.options = options
        self.head = stream.peek(HEAD_BYTES)
        self.encoding = encoding_of(self.head)
        self.problem: Problem | None = None
        self._stream = stream
        self._values: list[tuple[int | None, Any]] | None = None
        self._whole: bytes | None = None
        self._sampled = False

    @property
    def stem(self) -> str:
        """The file's name without folders and endings."""
        name = re.split(r"[/\\!]", self.path)[-1]
        return re.sub(r"(\.(gz|bz2|xz|jsonl|ndjson|json|csv|tsv|txt|vtt|srt))+$", "", name, flags=re.IGNORECASE)

    def place(self, line: int | None = None) -> Place:
        """A place in this document."""
        return Place(self.path, line)

    def data(self) -> bytes:
        """All bytes.

        Raises
        ------
        InputError
            Where they are more than may be held at once.
        """
        if self._whole is None:
            data = self._stream.drain(MAX_WHOLE_BYTES)
            if len(data) > MAX_WHOLE_BYTES:
                raise InputError(
                    f"over {MAX_WHOLE_BYTES // 2**20} MB in one document",
                    where=self.path,
                    hint="split it, or write one call a line (JSON Lines)",
                )
            self._whole = data
        return self._whole

    def text(self) -> str:
        """All of it, decoded; a guess is noted in ``problem``."""
        text, self.problem = decode(self.data(), self.encoding)
        return text

    def text_lines(self) -> list[str]:
        """All lines, whatever ends them."""
        return _BREAK.split(self.text())

    def raw_lines(self) -> Iterator[tuple[int, bytes | InputError]]:
        """Lines as UTF-8 bytes with their numbers, in flat memory; an error in place of one that is too long."""
        for number, line in enumerate(_byte_lines(self._plain_stream()), 1):
            if len(line) > MAX_LINE_BYTES:
                yield number, self.place(number).error(f"a line over {MAX_LINE_BYTES // 2**20} MB")
            else:
                yield number, line

    def lines(self) -> Iterator[tuple[int, str | InputError]]:
        """Lines decoded one by one, in flat memory, with their ends; a guess is noted in ``problem``."""
        for number, line in self.raw_lines():
            if isinstance(line, InputError):
                yield number, line
                continue
            try:
                yield number, line.decode("utf-8")
            except UnicodeDecodeError:
                text, self.problem = decode(line, "utf-8")
                yield number, text

    def _plain_stream(self) -> io.BufferedIOBase:
        """The bytes as UTF-8 lines that end in a line feed."""
        buffered = io.BufferedReader(self._stream, _CHUNK)
        cr_only = b"\r" in self.head and b"\n" not in self.head
        if self.encoding == "utf-8" and not cr_only:
            return buffered
        if self.encoding == "utf-8-sig" and not cr_only:
            buffered.read(3)
            return buffered
        return io.BufferedReader(_Transcoded(buffered, self.encoding), _CHUNK)

    def sample(self) -> Sample:
        """What sniffing may see; finds out whether this is JSON, JSON Lines or text.

        Raises
        ------
        InputError
            Where it can only be JSON and is broken.
        """
        self._sampled = True
        text, _ = decode(self.head, self.encoding)
        if len(self.head) == HEAD_BYTES:
            text = text.rstrip("\ufffd")
        name = re.split(r"[/\\!]", self.path)[-1]
        first = self._first_json_lines(text)
        if first:
            return Sample(name, text, Shape.JSON_LINES, first)
        if not _JSON_START.match(text):
            return Sample(name, text)
        value = self._whole_value()
        self._values = [(None, value)]
        return Sample(name, text, Shape.JSON, (value,))

    def _first_json_lines(self, text: str) -> tuple[Any, ...]:
        """The values of the first lines that are objects, where the document is a value a line; else none."""
        lines = [line for line in text.split("\n") if line.strip()]
        if not lines or ("{" not in text[:4096] and "[" not in text[:4096]):
            return ()
        if len(lines) == 1 and len(self.head) == HEAD_BYTES:  # one long line: look further for its end
            size = HEAD_BYTES
            while size < MAX_LINE_BYTES and b"\n" not in (ahead := self._stream.peek(size)) and len(ahead) == size:
                size *= 4
            line, _, rest = self._stream.peek(size).partition(b"\n")
            if not rest.strip():
                return ()
            lines = [decode(line, self.encoding)[0]]
        elif len(lines) < 2:
            return ()
        found, tried = [], 0
        begun = isinstance(_loads(lines[0].strip("\ufeff \t\r")), dict)
        for text_line in lines[:20]:
            if text_line.lstrip("\ufeff \t")[:1] != "{":
                continue
            tried += 1
            value = _loads(text_line.strip("\ufeff \t\r"))
            if isinstance(value, dict):
                found.append(value)
        # A bad line among good ones is its own fault; a pretty-printed document has hardly a line that is an object.
        whole = len(lines[:20])
        if not found or not (begun or tried >= 0.5 * whole):
            return ()
        return tuple(found[:5])

    def _whole_value(self) -> Any:
        data, self._whole = self.data(), None  # the values take many times its room
        hollow = data.count(b"{") + data.count(b"[")
        if hollow > _HOLLOW * len(data) and len(data) > _CHUNK:
            raise InputError("JSON of hardly anything but brackets", where=self.path)
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:
            text, self.problem = decode(data, self.encoding)
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError as error:
            value = _lenient(text)
            if value is not None:
                return value
            cut = error.pos >= len(text.rstrip()) - 1
            raise InputError(
                "the JSON is cut off" if cut else f"the JSON is not valid at column {error.colno}",
                where=self.path,
                line=error.lineno,
                hint="export it again" if cut else "look at that line, or export it again",
            ) from None

    def values(self) -> Iterator[tuple[int | None, Any]]:
        """JSON values with their lines (None for a document of one value); an InputError in place of a bad line."""
        if not self._sampled:
            self.sample()  # a reader that the user named has not looked yet
        if self._values is not None:
            yield from self._values
            return
        for number, line in self.raw_lines():
            if isinstance(line, InputError):
                yield number, line
                continue
            if not line.strip():
                continue
            try:
                yield number, orjson.loads(line)
            except orjson.JSONDecodeError as error:
                text, problem = decode(line, "utf-8")
                value = _loads(text.strip()) if problem else _lenient(text)
                if value is None:
                    hint = "the line is cut off" if error.pos >= len(line.rstrip()) - 1 else "look at that line"
                    yield number, self.place(number).error(f"not valid JSON at column {error.colno}", hint)
                else:
                    self.problem = problem or self.problem
                    yield number, value


def _loads(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return _lenient(text)


def _lenient(text: str) -> Any:
    r"""JSON with halves of surrogate pairs (``\ud83d``), which orjson refuses; None if it is not that."""
    if "\\ud" not in text and "\\uD" not in text:
        return None
    try:
        value = json.loads(text, parse_constant=_refuse)
        return orjson.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def _refuse(name: str) -> Any:
    raise ValueError(name)


class _Transcoded(io.RawIOBase):
    """Text in another encoding as UTF-8, lines ended by line feeds."""

    def __init__(self, source: io.BufferedReader[Stream], encoding: str) -> None:
        errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
        self._text = io.TextIOWrapper(source, encoding, errors=errors, newline=None)
        self._ahead = b""

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer``."""
        if not self._ahead:
            self._ahead = self._text.read(65536).encode("utf-8", "surrogateescape")
        data, self._ahead = self._ahead[: len(buffer)], self._ahead[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


def _byte_lines(source: io.BufferedIOBase) -> Iterator[bytes]:
    """Lines; of one past the limit, only its beginning (longer than the limit, so that it shows)."""
    while line := source.readline(MAX_LINE_BYTES + 1):
        if len(line) > MAX_LINE_BYTES:
            rest = line
            while rest and not rest.endswith(b"\n"):
                rest = source.readline(_CHUNK)
        yield line
