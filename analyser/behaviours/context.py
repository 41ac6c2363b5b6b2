"""What a word can be in a question: read by ``turns.questions``."""

from __future__ import annotations

from analyser.behaviours import turns
from analyser.behaviours.register import Column, bits
from analyser.language import OPENERS

_KINDS = (
    (turns.ASKING, "what which who whose when where why how".split()),
    (turns.INVERTED, "is are was were do does did have has had can could will would shall should may might".split()),
    (turns.SUBJECT, "you i we they he she it that this there your the a any anyone anything".split()),
    (turns.LEAD_IN, "and so okay right well but now then sorry just hi hello yes yeah also oh alright great".split()),
    (turns.OPENER, OPENERS),
    (turns.NO_QUESTION_OF, "i a ever".split()),  # "how ever", "what a day"
    (turns.NOT, "not".split()),
)

QUESTION_WORDS = Column(bits(_KINDS))
