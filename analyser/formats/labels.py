"""What a speaker's label says: a role word, a name, or only which of several speakers it was."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from analyser.records import Role


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SYSTEM = _words(
    """
        bot chatbot voicebot ivr system automated automatic virtual announcement recording menu machine
        autoattendant robot
        """
)
_AGENT = _words(
    """
        agent agents rep reps representative advisor adviser advisors operator csr csa csm tsr support associate
        internal staff employee consultant specialist helpdesk helpline clerk banker teller therapist counsellor
        counselor doctor physician clinician nurse provider seller salesperson salesman saleswoman sales
        technician supervisor manager dispatcher receptionist handler executive officer service services care
        desk relations assistant caseworker interviewer
        """
)
_CUSTOMER = _words(
    """
        customer customers cust caller callers client clients member guest patient external consumer buyer
        shopper subscriber policyholder claimant tenant resident passenger visitor lead prospect user enduser
        cardholder borrower applicant traveller traveler donor student parent complainant
        """
)
_GENERIC = re.compile(
    r"(?:(?:unknown[ _-]?)?(?:speaker|spk|spkr|channel|ch|voice|person|participant|party|talker)[ _:#-]*[a-z0-9]{0,3}"
    r"|s\d{1,2}|[mf]\d{1,2}|\d{1,3}/\w{1,4}|uu|\?|[a-z]|\d{1,3}|unknown|none|null|undefined|left|right|inbound|outbound)",
    re.IGNORECASE,
)
_NOT_A_NAME = _words(
    """
        note notes ps re subject date time duration topic summary call transcript http https from to cc warning
        example question answer total meeting monday tuesday wednesday thursday friday saturday sunday
        """
)
_USUAL = 0.6  # share of lines with a label from which a label met once is believed
_PART = re.compile(r"\(([^()]{1,60})\)|\[([^\[\]]{1,60})\]")
_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Label:
    """What a label says.

    Parameters
    ----------
    role
        None where it names no role.
    name
        A person's name, where it has one.
    generic
        Whether it only tells speakers apart (``spk_0``).
    """

    role: Role | None
    name: str | None
    generic: bool


@lru_cache(maxsize=4096)
def read_label(text: str) -> Label:
    """What a label says: ``Agent (Odile)`` -> agent, named Odile; ``spk_0`` -> generic."""
    plain = text.strip().strip("*:<>#").strip()[:200]
    if not plain or _GENERIC.fullmatch(plain):
        return Label(None, None, True)
    words = [w.lower() for w in _WORD.findall(re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", plain))]
    role = _role(words)
    if role is None:
        return Label(None, plain, False)
    return Label(role, _beside(plain, role), False)


def _role(words: list[str]) -> Role | None:
    found = frozenset(words)
    if found & _SYSTEM:
        return Role.SYSTEM
    if found & _AGENT:  # before the customer's words: "customer service", "client adviser"
        return Role.AGENT
    if found & _CUSTOMER or {"end", "user"} <= found:
        return Role.CUSTOMER
    return None


def _beside(plain: str, role: Role) -> str | None:
    """The name that stands beside a role word."""
    if role is Role.SYSTEM:
        return None
    parts = [a or b for a, b in _PART.findall(plain)]
    rest = _PART.sub(" ", plain)
    for part in [*parts, rest]:
        kept = [
            w
            for w in re.split(r"[\s,:/|_-]+", part)
            if w and _role([w.lower()]) is None and w.lower() not in {"the", "end", "for", "team"}
        ]
        # Names have a capital; "agent one" and "AGENT 01" do not name anyone.
        if kept and all(w[0].isupper() for w in kept) and not (part == rest and part.isupper() and len(kept) == 1):
            return " ".join(kept)
    return None


def role_word(text: str) -> Role | None:
    """The role that a label's words name; None where they name none."""
    return read_label(text).role


def accepted(candidates: Iterable[tuple[str, bool]], units: int) -> frozenset[str]:
    """Which of the texts found before a colon are speakers' labels, judged over the whole file.

    Parameters
    ----------
    candidates
        Each text, and whether a time or a mark stood with it, as stands with no sentence.
    units
        Lines or cues that could have carried a label; where most do, one met only once is believed.
    """
    seen: Counter[str] = Counter()
    marked: set[str] = set()
    for text, mark in candidates:
        seen[text] += 1
        if mark:
            marked.add(text)
    shaped = sum(n for t, n in seen.items() if _is_label(t, 2, mark=True))
    usual = shaped >= _USUAL * units
    return frozenset(t for t, n in seen.items() if _is_label(t, n, mark=usual or t in marked))


def _is_label(text: str, times: int, *, mark: bool) -> bool:
    if len(text) > 60 or not text.strip():
        return False
    label = read_label(text)
    words = text.split()
    if label.generic:
        return mark or times > 1 or not text.strip().isdigit()
    if label.role is not None:
        return len(words) <= 5
    if words[0].strip("+-()").isdigit() and not re.fullmatch(r"\+?[\d\s().x-]{5,20}", text):
        return False  # "10" of "10:30 meeting", but not a telephone number
    if len(words) > 4 or any(w.lower().strip(".") in _NOT_A_NAME for w in words):
        return False
    shaped = all(
        w[0].isupper() or not w[0].isalpha() or w.lower() in {"de", "van", "von", "der", "la", "bin"} for w in words
    )
    return shaped and (mark or times > 1)
