"""What a speaker's words say of their role: cues that a reader of calls knows, and plain word sequences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analyser.formats.roles_counts import MAX_CHARS, Features, words_of


@dataclass(frozen=True, slots=True)
class Cue:
    """A rule: what agents, or customers, say.

    Parameters
    ----------
    triggers
        A turn without any of these words cannot hold the cue, and is not searched.
    """

    name: str
    triggers: frozenset[str]
    pattern: re.Pattern[str]


def _cue(name: str, triggers: str, pattern: str) -> Cue:
    return Cue(name, frozenset(triggers.split()), re.compile(pattern))


# Each is one feature beside the word sequences, so that few calls suffice. Apostrophes are spaces here ("i m").
CUES: tuple[Cue, ...] = (
    _cue(
        "agent/offer",
        "help assist do",
        r"\b(how (can|may|could) (i|we) (help|assist)|what can (i|we) (do|help))",
    ),
    _cue(
        "agent/thanks_calling",
        "calling contacting reaching phoning choosing ringing",
        r"\bthank(s| you)( so much| very much)? for (calling|contacting|reaching|phoning|choosing|ringing)\b",
    ),
    _cue(
        "agent/verify",
        "your birth",
        r"\b((can|could|may) (i|you|we) (just )?(have|get|take|grab|confirm|verify|give|tell|provide)( me)?( with)? "
        r"your|date of birth|your (account|order|policy|booking|reference) number)",
    ),
    _cue(
        "agent/hold",
        "bear moment second sec minute let holding waiting patience hold",
        r"\b(bear with me|(one|a|just a) (moment|second|sec|minute) (please|while|for me)|place you on hold"
        r"|let me (just )?(check|look|see|pull|have a look|find|take a look|bring)"
        r"|thank(s| you) for (holding|waiting|your patience))",
    ),
    _cue("agent/further", "else", r"\banything else (that )?(i|we|you|today)\b|is there anything else"),
    _cue(
        "agent/close",
        "great good nice lovely wonderful pleasant",
        r"\bhave a (great|good|nice|lovely|wonderful|pleasant) (day|one|evening|weekend|afternoon|rest)",
    ),
    _cue(
        "agent/company",
        "our unfortunately apologise apologize",
        r"\b(unfortunately we|our (policy|system|team|records|engineers?|terms)|we (do )?apologi[sz]e)",
    ),
    _cue(
        "agent/regret",
        "sorry apologise apologize understand",
        r"\b(sorry (to hear|about that|for (the|any) (inconvenience|delay|trouble|wait))|i apologi[sz]e"
        r"|i (do|can) understand)",
    ),
    _cue(
        "agent/will_do",
        "ll will ve can have",
        r"\bi (ll|will|ve|have|can) (go ahead|arrange|process|send|book|put|raise|issue|transfer|refund|cancel|"
        r"update)\b",
    ),
    _cue("agent/message_us", "us dm", r"\b((send|drop|shoot) us|dm us|let us know|please (dm|message))"),
    _cue("agent/see_record", "see", r"\bi (can|do) see (that|here|your|you|on)\b"),
    _cue(
        "customer/reason",
        "calling ringing phoning trying",
        r"\b(i m|i am|im|i was|i just) (calling|ringing|phoning|trying to (find|get|reach))",
    ),
    _cue(
        "customer/my_thing",
        "my",
        r"\bmy (bill|order|account|card|parcel|package|internet|phone|policy|booking|flight|husband|wife|son|daughter|"
        r"mum|mom|dad|house|bank|money|refund|delivery|payment|line|car|boss|landlord|password|subscription|broadband)\b",
    ),
    _cue(
        "customer/want",
        "want need like hoping wondering",
        r"\bi (want|need|would like|d like|was hoping|was wondering) (to|a|an|my|if|for|some)\b",
    ),
    _cue(
        "customer/waited",
        "been",
        r"\b(i ve|i have|ive) been (waiting|on hold|trying|calling|charged|told|a customer|with you)",
    ),
    _cue(
        "customer/you_people",
        "guys people company website app service driver colleague",
        r"\b(you (guys|people)|your (company|website|app|service|customer service|driver|colleague))\b",
    ),
    _cue(
        "customer/told",
        "told got",
        r"\b(i was told|they told me|some(body|one) told|i got (a|an|this) (email|letter|text|message|bill))",
    ),
    _cue(
        "customer/never_came",
        "never still didn didnt",
        r"\b(never (came|arrived|turned|got|received)|still (haven|hasn|waiting|not)|didn t (come|arrive|work))",
    ),
    _cue(
        "customer/thanks",
        "thank thanks everything ve",
        r"\b(thank you (so|very) much|thanks for your help|you ve been|no that s (it|all|everything))",
    ),
)
_BY_WORD: Mapping[str, tuple[int, ...]] = {
    word: tuple(i for i, cue in enumerate(CUES) if word in cue.triggers)
    for word in sorted(frozenset().union(*(cue.triggers for cue in CUES)))
}
_IVR = re.compile(
    r"\b(press (one|two|three|four|five|six|seven|eight|nine|zero|\d|star|hash|pound)|para espa|main menu|"
    r"please hold for the next|your call (is important|may be recorded|will be answered)|"
    r"calls? (may|are|will) be (recorded|monitored)|say or (enter|press)|after the (tone|beep)|"
    r"you are (number|caller) \w+ in the queue|listen carefully|your estimated wait)",
    re.IGNORECASE,
)
_EDGE_TURNS = 2
_MAX_TURNS = 60  # of a long call, the first two thirds of these and the last third


def _some(texts: Sequence[str]) -> Sequence[str]:
    if len(texts) <= _MAX_TURNS:
        return texts
    return [*texts[: 2 * _MAX_TURNS // 3], *texts[-_MAX_TURNS // 3 :]]


def features(names: Sequence[str]) -> Features:
    """What ``known`` looks for.

    Parameters
    ----------
    names
        Of the features, as ``grams`` gives them.
    """
    return Features(names, _BY_WORD, _cues)


def known(texts: Sequence[str], wanted: Features) -> dict[int, int]:
    """``grams`` of some features alone, by their number, in a fraction of the time.

    Parameters
    ----------
    texts
        The speaker's turns, in order.
    """
    return wanted.counts(_some(texts), _EDGE_TURNS)


def grams(texts: Sequence[str]) -> Counter[str]:
    """Counts of one speaker's words, word pairs and cues, those of the first and last turns marked.

    Parameters
    ----------
    texts
        The speaker's turns, in order.
    """
    counts: Counter[str] = Counter()
    texts = _some(texts)
    last = len(texts) - _EDGE_TURNS
    for at, text in enumerate(texts):
        words = words_of(text)
        pairs = [f"{a} {b}" for a, b in zip(["^", *words], words, strict=False)]
        counts.update(words)
        counts.update(pairs)
        if at < _EDGE_TURNS:
            counts.update("F:" + w for w in words)
            counts.update("F:" + p for p in pairs)
        if at >= last:
            counts.update("L:" + w for w in words)
        if "?" in text:
            counts["?"] += 1
        counts.update(_cues(words))
    return counts


def _cues(words: Sequence[str]) -> Iterator[str]:
    found = {i for word in words if word in _BY_WORD for i in _BY_WORD[word]}
    if found:
        plain = " ".join(words)
        yield from (CUES[i].name for i in sorted(found) if CUES[i].pattern.search(plain))


def is_menu(texts: Sequence[str]) -> bool:
    """Whether a speaker is a machine: half of what it says are a menu's words or an announcement's."""
    spoken = [t for t in texts if t.strip()]
    return bool(spoken) and sum(_IVR.search(t[:MAX_CHARS]) is not None for t in spoken) >= 0.5 * len(spoken)
