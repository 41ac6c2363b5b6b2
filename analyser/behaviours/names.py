"""The names of the annotation guide, in its order."""

from __future__ import annotations

GOOD: tuple[str, ...] = (
    "greeting", "introduction", "offer_of_help", "need_question", "active_listening", "empathy", "sympathy", "apology",
    "patience", "ownership", "refusal", "alternative", "set_expectations", "hold_courtesy", "gratitude", "rapport",
    "extra_mile", "further_help", "recap", "future_reference", "closing",
)  # fmt: skip
HARMS: tuple[str, ...] = (
    "dismissive", "imposition", "rushing", "condescending", "defensive", "blames_customer", "passes_the_buck",
    "hostile", "not_listening", "pushy_upsell",
)  # fmt: skip
AGENT: tuple[str, ...] = GOOD + HARMS
CUSTOMER: tuple[str, ...] = ("distress", "pleased")
ALL: tuple[str, ...] = AGENT + CUSTOMER
CARE: tuple[str, ...] = ("empathy", "sympathy", "apology")
EXPECTED: tuple[str, ...] = ("greeting", "introduction", "further_help", "closing")
REASONS: tuple[str, ...] = (
    "missing_greeting", "missing_closing", "missed_empathy", "dismissive_or_rude", "dead_end_refusal", "no_ownership",
    "poor_listening", "unclear_next_step", "pressure_selling", "unresolved", "other",
)  # fmt: skip
AGENT_TONES: tuple[str, ...] = ("warm", "neutral", "cold", "hostile")
CUSTOMER_ENDS: tuple[str, ...] = ("negative", "neutral", "positive")
