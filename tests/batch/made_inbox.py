"""Inboxes of short calls, all different, some of them in files that cannot be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_SAID = (
    ("agent", "good morning thank you for calling harbour parcels how can i help"),
    ("customer", "hi my parcel number {n} is lost and i'm really worried about it"),
    ("agent", "oh no that must be so worrying i'm sorry let me look into that for you"),
    ("customer", "thank you that's so kind of you"),
    ("agent", "is there anything else i can help you with today thank you for calling bye"),
)


def call(number: int, said: str = "") -> dict[str, Any]:
    """A short call in the project's own format."""
    turns = [{"role": role, "text": text.format(n=number) + said} for role, text in _SAID]
    return {"id": f"call-{number:05}", "agent": f"Agent {number % 7}", "turns": turns}


def write(path: Path, *calls: dict[str, Any]) -> Path:
    """A JSON Lines file of calls."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(c) + "\n" for c in calls))
    return path


def fill(folder: Path, calls: int, *, in_files_of: int = 20, bad_every: int = 0) -> int:
    """An inbox of calls, half of the files with a call each; gives how many of its files are bad."""
    bad = number = 0
    while number < calls:
        size = 1 if number % (2 * in_files_of) < in_files_of else in_files_of
        size = min(size, calls - number)
        write(
            folder / f"day-{number // 200}" / f"part-{number:05}.jsonl",
            *(call(n) for n in range(number, number + size)),
        )
        number += size
    for count in range(calls // bad_every if bad_every else 0):
        kind = count % 4
        path = folder / "bad" / f"bad-{count:04}.{('jsonl', 'json', 'vtt', 'txt')[kind]}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((
            b'{"id": "cut off", "turns": [{"role": "agent", "te', b"{]", b"WEBVTT\n\nnothing here\n", b"\x89PNG\r\n\x1a\n" + bytes(99)
        )[kind])  # fmt: skip
        bad += 1
    return bad
