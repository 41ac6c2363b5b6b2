"""What a word can be in a question: read by ``turns.questions``."""

from __future__ import annotations

from analyser.behaviours import turns
from analyser.behaviours.register import Column
from analyser.language import OPENERS

_KINDS = {
    turns.ASKING: "what which who whose when where why how",
    turns.INVERTED: "is are was were do does did have has had can could will would shall should may might",
    turns.SUBJECT: "you i we they he she it that this there your the a any anyone anything",
    turns.LEAD_IN: "and so okay right well but now then sorry just hi hello yes yeah also oh alright great",
    turns.OPENER: " ".join(OPENERS),
    turns.NO_QUESTION_OF: "i a ever",  # "how ever", "what a day"
    turns.NOT: "not",
}
_BITS: dict[str, int] = {}
for _bit, _words in _KINDS.items():
    for _word in _words.split():
        _BITS[_word] = _BITS.get(_word, 0) | _bit

QUESTION_WORDS = Column(lambda word: _BITS.get(word, 0))
