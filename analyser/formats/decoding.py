"""Bytes -> text: UTF-8 with or without a mark, UTF-16, and what Windows wrote before them."""

from __future__ import annotations

import codecs
import re

from analyser.records import Problem

_MARKS = (  # UTF-32's marks begin as UTF-16's do, so they come first
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_MAGIC = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a sound recording"),
    (b"ID3", "a sound recording"),
    (b"OggS", "a sound recording"),
    (b"fLaC", "a sound recording"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"SQLite format 3", "a database"),
    (b"PAR1", "a Parquet file"),
    (b"\x7fELF", "a program"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
)

_CONTROL = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")
_LONE = re.compile("[\ud800-\udfff]")


def encoding_of(head: bytes) -> str:
    """The encoding that the first bytes speak for: utf-8, utf-8-sig, utf-16(-le, -be) or utf-32."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    sample = head[:4096]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    pairs = len(sample) // 2
    if pairs >= 4:
        if odd > 0.4 * pairs and even < 0.05 * pairs:
            return "utf-16-le"
        if even > 0.4 * pairs and odd < 0.05 * pairs:
            return "utf-16-be"
    return "utf-8"


def binary_kind(head: bytes) -> str | None:
    """What a file is that is not text; None for text."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if encoding_of(head) not in {"utf-8", "utf-8-sig"}:
        return None
    # A few control characters are dirt in a text; one byte in twenty is a machine's file.
    return "not text" if len(_CONTROL.findall(head)) > max(0.05 * len(head), 2) else None


def decode(data: bytes, encoding: str) -> tuple[str, Problem | None]:
    """Decode, falling back with a problem noted.

    Parameters
    ----------
    encoding
        As ``encoding_of`` gives it.

    Returns
    -------
    text, and a Problem where some of it had to be guessed.
    """
    try:
        return data.decode(encoding), None
    except UnicodeDecodeError:
        pass
    if not encoding.startswith("utf-8"):
        return data.decode(encoding, errors="replace"), Problem(
            "encoding", f"some bytes are not {encoding.upper()}; they were replaced"
        )
    loose = data.decode(encoding, errors="surrogateescape")
    stray = len(_LONE.findall(loose))
    proper = sum(1 for c in loose if c > "\x7f" and not "\ud800" <= c <= "\udfff")
    if proper > stray:  # UTF-8 that was damaged, not another encoding
        return _LONE.sub("\ufffd", loose), Problem("encoding", "some bytes are not UTF-8; they were replaced")
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text, Problem("encoding", "not UTF-8; read as Windows-1252 (Latin-1)")
