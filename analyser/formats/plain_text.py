"""Plain text with speakers' labels, in the styles that people and tools write."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analyser.errors import InputError
from analyser.formats.base import Draft, Format, Piece, Pieces, Sample, Shape
from analyser.formats.document import Document
from analyser.formats.keys import CALL_KEYS, find_keys
from analyser.formats.labels import accepted, read_label
from analyser.formats.times import CLOCK_PATTERN, clock

_T = rf"(?:\d{{4}}-\d\d-\d\d[T ])?(?P<time>{CLOCK_PATTERN})"
_T2 = _T.replace("?P<time>", "?P<late>")
_BEFORE = rf"(?:(?:[\[(]\s*)?{_T}(?:\s*[\])])?\s*[-|,:]?\s*)?"
_AFTER = rf"(?:\s*[\[(|-]?\s*{_T2}\s*[\])]?)?"
_NAME = r"(?P<label>[^\s:\[\]<>|][^:\[\]<>|\t]{0,60}?)"
# Each style of line that opens a turn, the particular before the general, after what must stand near its beginning.
_STYLES = (
    ("[", re.compile(rf"\[\s*turn\s*=?\s*\d+\s*\|\s*{_T}\s*\|\s*{_NAME}\s*\]\s*:?\s*(?P<text>.*)", re.IGNORECASE)),
    ("[", re.compile(rf"\[\s*{_T}\s*[|,-]\s*{_NAME}\s*\]\s*:?\s*(?P<text>.*)")),
    ("[", re.compile(rf"\[{_NAME}\]\s*:?\s*{_T}\s*$(?P<text>)")),
    ("[", re.compile(rf"(?:[\[(]\s*)?{_T}(?:\s*[\])])?\s*[-|]?\s*\[{_NAME}\]\s*:?\s*(?P<text>.*)")),
    ("**", re.compile(rf"{_BEFORE}(?:>>+\s*)?\*\*{_NAME}(?::\*\*|\*\*\s*:){_AFTER}\s*(?P<text>.*)")),
    (":", re.compile(rf"{_BEFORE}(?:>>+|[-*•])?\s*{_NAME}{_AFTER}\s*:(?!\S*//)\s+(?P<text>.*)")),
    (":", re.compile(rf"{_BEFORE}(?:>>+|[-*•])?\s*{_NAME}{_AFTER}\s*:\s*$(?P<text>)")),
    (":", re.compile(rf"{_BEFORE}(?:>>+|[-*•])\s*{_NAME}{_AFTER}\s*:(?P<text>\S.*)")),
    ("<", re.compile(rf"{_BEFORE}<{_NAME}>\s*:?\s*(?P<text>.*)")),
    ("[", re.compile(rf"{_BEFORE}\[{_NAME}\]\s*:?\s+(?P<text>\S.*)")),
    (":", re.compile(rf"{_NAME}(?:\s+[\[(|-]?\s*{_T}\s*[\])]?|\t{_T2})\s*$(?P<text>)")),
    (":", re.compile(rf"{_NAME}\s+{_T}\s+(?P<text>\S.*)")),
    ("\t", re.compile(rf"{_NAME}\t+(?P<text>\S.*)")),
)
_SHOUT = re.compile(r">>+\s*(?P<text>\S.*)")  # closed captions: another speaker, not told who
_FRONT_CHARS = 160  # a time, a label and another time fit in here
_CLOCK_START_S = 1800.0  # no transcript begins half an hour in: then times are of the day


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    label: str | None
    time_s: float | None
    marked: bool


def _line(text: str) -> _Line | None:
    """A line read as one that opens a turn; None where it has the form of none."""
    stripped = text.strip()[:4096]
    if not stripped:
        return None
    front = stripped[:_FRONT_CHARS]
    for needle, style in _STYLES:
        match = style.match(stripped) if needle in front else None
        if match:
            groups = match.groupdict()
            when = groups.get("time") or groups.get("late")
            rest = match["text"] + text.strip()[4096:]
            marked = when is not None or stripped[0] in ">[<*"
            return _Line(rest, match["label"].strip(), clock(when) if when else None, marked)
    return None


def _labels(lines: Sequence[_Line | None], units: int) -> frozenset[str]:
    return accepted(((r.label, r.marked) for r in lines if r is not None and r.label is not None), units)


def _share(lines: Sequence[str]) -> tuple[float, bool]:
    """Share of the lines that open a turn, and whether some label names a role or a speaker."""
    read = [(_line(line)) for line in lines]
    labels = _labels(read, len(lines))
    opens = sum(r is not None and r.label in labels for r in read)
    known = any(read_label(label).role is not None or read_label(label).generic for label in labels)
    return (opens / len(lines) if lines else 0.0), known


def sniff(sample: Sample) -> float:
    """Likely where lines carry labels of at least two turns."""
    if sample.shape is not Shape.TEXT:
        return 0.0
    lines = sample.lines[:100]
    if any("-->" in line for line in lines[:10]):
        return 0.0
    share, known = _share(lines)
    if share * len(lines) < 2 and not (known and share > 0.5):
        return 0.0
    return min(0.3 + 0.3 * share + (0.2 if known else 0.0), 0.7) if share >= 0.1 else 0.0


def label_share(text: str) -> float:
    """Share of a text's lines that open a turn, between 0 and 1; how a cell that holds a whole call is known."""
    lines = [line for line in re.split(r"\r\n|\r|\n", text) if line.strip()][:100]
    share, known = _share(lines)
    return share if known else 0.5 * share


def parse(lines: Sequence[str]) -> tuple[Piece, ...]:
    """The turns of labelled lines; a line without a label goes on with the turn before it."""
    read = [_line(line) for line in lines]
    labels = _labels(read, sum(1 for line in lines if line.strip()))
    pieces: list[Piece] = []
    texts: list[str] = []
    label: str | None = None
    time_s: float | None = None
    opened = False

    def close() -> None:
        if opened or texts:
            pieces.append(Piece(" ".join(texts), label, None, time_s))

    for raw, line in zip(lines, read, strict=True):
        if line is not None and line.label in labels:
            close()
            label, time_s, opened = line.label, line.time_s, True
            texts = [line.text] if line.text.strip() else []
        elif raw.strip():
            shout = _SHOUT.fullmatch(raw.strip())
            if shout:
                close()
                label, time_s, opened, texts = None, None, True, [shout["text"]]
            elif opened or not labels:
                texts.append(raw.strip())
    close()
    return tuple(pieces)


def _header(lines: Sequence[str]) -> tuple[dict[str, str], int]:
    """Facts that stand above the call (``Call ID: 7``), and how many lines they take."""
    pairs: dict[str, str] = {}
    for number, line in enumerate(lines[:20]):
        key, colon, value = line.partition(":")
        if not line.strip() or not colon:
            found = find_keys(pairs, CALL_KEYS)
            # "Agent: ..." alone is a turn; beside a call id or a date it is a fact.
            if pairs and len(found) == len(pairs) and {"call_id", "started_at", "duration_s", "queue"} & found.keys():
                return {what: pairs[key] for what, key in found.items()}, number
            return {}, 0
        pairs[key.strip()] = value.strip()
    return {}, 0


def _drafts(document: Document) -> Iterator[Draft | InputError]:
    lines = document.text_lines()
    facts, taken = _header(lines)
    pieces = parse(lines[taken:])
    times = [p.start_s for p in pieces if p.start_s is not None]
    yield Draft(pieces, Pieces.TURNS, clock=bool(times) and times[0] > _CLOCK_START_S).told(facts)


FORMAT = Format(
    "text",
    "plain text with speakers' labels",
    (".txt", ".text", ".md", ".log"),
    ("roles", "times", "agent"),
    sniff,
    _drafts,
    (
        "Agent: ...",
        "[00:01] Agent (Name): ...",
        ">> AGENT: ...",
        "Speaker 1 00:12",
        "[Name] 10:31:05 (Zoom)",
        "[turn=1 | time | AGENT]: ...",
    ),
)
