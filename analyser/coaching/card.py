"""The model card: data and licences, figures, thresholds, fairness, and what the model must not be used for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from analyser.behaviours.names import ALL
from analyser.behaviours.schema import rules_digest
from analyser.coaching.compare import Compared
from analyser.coaching.figures import Figures, reliability
from analyser.coaching.labels import Label
from analyser.coaching.modelfile import Model
from analyser.records import CallReport, Transcript

LABELS_NOTE = (
    "The labels come from language-model annotators who read call by call with the annotation guide, blind to the "
    "writer's intent, not from human QA staff, and the calls of the authored sets were written by a language model. "
    "Agreement figures are therefore an upper mark, and a user's own reviews should replace these labels."
)
OWN_LABELS_NOTE = (
    "The flag learned from the reviews of whole calls that were given to it. Behaviours, openings and tone are those of "
    "the base model; what its card says of their labels holds here too: "
)
NOT_FOR = (
    "Deciding pay, discipline or dismissal, alone or in the main.",
    "Judging a person's character, health or emotion; it reads words in a transcript, and nothing of the voice.",
    "Calls that are not in English, or whose speakers are not told apart.",
    "Ranking agents against each other on a handful of calls.",
)
NO_VARIETY = (
    "No fact of these calls says which variety of English is spoken, so rates by variety cannot be given; the sources differ "
    "in it (some are of one country or one manner of speaking), and their rates stand below."
)
_STYLES, _ENOUGH_OF_A_STYLE = ("recognised", "written"), 10
_VARIETY = ("variety", "english", "accent", "dialect", "locale")  # facts of a call that may name it


class Known(Protocol):
    """A labelled call, as the card needs it."""

    @property
    def transcript(self) -> Transcript:
        """The call."""

    @property
    def label(self) -> Label:
        """Its label."""

    @property
    def licence(self) -> str | None:
        """Its licence, where known."""

    @property
    def source(self) -> str:
        """The set it comes from."""


Measured = tuple[Figures, Mapping[str, Figures], Sequence[Label], Mapping[str, CallReport]]


@dataclass(frozen=True, slots=True)
class Base:
    """The model that behaviours, openings and tone were taken from.

    Parameters
    ----------
    place
        The name of its folder.
    card
        Its card.
    """

    place: str
    card: Mapping[str, Any]

    def learned_from(self, examples: Sequence[Known]) -> int:
        """How many of these calls it learned from."""
        return len({e.transcript.call_id for e in examples} & set(self.card.get("call_ids", ())))

    def facts(self, examples: Sequence[Known]) -> dict[str, Any]:
        """What the card of the new model says of it."""
        known = {k: self.card.get(k) for k in ("sha256", "analyser", "calls", "data")}
        return {"place": self.place, **known, "also_learned_from": self.learned_from(examples)}


def _rounded(figures: Mapping[str, float | None]) -> dict[str, float | None]:
    return {k: None if v is None else round(v, 3) for k, v in figures.items()}


def _figures(f: Figures, *, flag_only: bool = False) -> dict[str, Any]:
    flag = _rounded(f.flag_figures())
    if flag_only:
        return {"calls": f.calls, "flag": flag}
    return {
        "calls": f.calls,
        "pooled_f1": round(f.pooled.f1, 3),
        "mean_f1": round(f.mean_f1, 3),
        "any_harm_f1": round(f.behaviours["any_negative"].f1, 3),
        "any_harm_precision": round(f.behaviours["any_negative"].precision, 3),
        "openings_accuracy": round(f.accuracy("openings"), 3),
        "agent_tone_macro_f1": round(f.macro_f1("agent_tone"), 3),
        "customer_end_macro_f1": round(f.macro_f1("customer_end"), 3),
        "flag": flag,
    }


def style(transcript: Transcript) -> str:
    """``recognised`` where the text has hardly any capitals or marks, else ``written``."""
    text = " ".join(t.text for t in transcript.turns)
    marks = sum(c.isupper() or c in ".,?!" for c in text)
    return "recognised" if marks < 0.01 * max(1, len(text)) else "written"


def variety(transcript: Transcript) -> str | None:
    """The variety of English that the call's facts name, if they name one."""
    return next((str(transcript.meta[key]) for key in _VARIETY if transcript.meta.get(key)), None)


def _rate(hits: Sequence[bool]) -> float | None:
    return round(float(np.mean(hits)), 3) if hits else None


def fairness(examples: Sequence[Known], reports: Mapping[str, CallReport]) -> dict[str, Any]:
    """Flag and false-flag rates by style, length, source, and variety of English where known.

    Styles differ between sources, so they are also set side by side within the sources that have enough of both.
    ``false_flags`` is the share flagged of those not to coach, ``missed`` the share not flagged of those to coach;
    None where there are none of them.
    """
    groups: dict[str, list[tuple[bool, bool]]] = {}
    styles = Counter((e.source, style(e.transcript)) for e in examples)
    for example in examples:
        report = reports.get(example.transcript.call_id)
        if report is None or report.flag is None:
            continue
        pair = (report.flag.flagged, example.label.to_coach)
        length = "12 turns or fewer" if len(example.transcript.turns) <= 12 else "more than 12 turns"
        manner = style(example.transcript)
        names = [f"style: {manner}", f"length: {length}", f"source: {example.source}"]
        if min(styles[example.source, s] for s in _STYLES) >= _ENOUGH_OF_A_STYLE:
            names.append(f"style, in sources with both: {manner}")
        spoken = variety(example.transcript)
        for name in names if spoken is None else [*names, f"variety of English: {spoken}"]:
            groups.setdefault(name, []).append(pair)
    return {
        name: {
            "calls": len(pairs),
            "to_coach": _rate([y for _, y in pairs]),
            "flagged": _rate([f for f, _ in pairs]),
            "false_flags": _rate([f for f, y in pairs if not y]),
            "missed": _rate([not f for f, y in pairs if y]),
        }
        for name, pairs in sorted(groups.items())
    }


def threshold_table(f: Figures) -> list[dict[str, float]]:
    """What reading the likeliest share of the calls finds; empty where there are none, or none to coach."""
    if not any(x[2] for x in f.flag):
        return []
    p = np.array([x[0] for x in f.flag])
    y = np.array([x[2] for x in f.flag], dtype=bool)
    order = np.argsort(-p, kind="stable")
    rows = []
    for share in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6):
        top = order[: max(1, round(share * len(p)))]
        rows.append(
            {
                "share_read": share,
                "probability_from": round(float(p[top].min()), 3),
                "share_found": round(float(y[top].sum() / max(1, y.sum())), 3),
                "precision": round(float(y[top].mean()), 3),
            }
        )
    return rows


def card(
    examples: Sequence[Known],
    model: Model,
    measured: Measured | None,
    *,
    rules: Path | None = None,
    base: Base | None = None,
    compared: Sequence[Compared] = (),
) -> dict[str, Any]:
    """The card's facts.

    Parameters
    ----------
    measured
        Figures by grouped cross-validation over ``examples``; None where not asked for.
    base
        Where only the flag learned from ``examples``.
    compared
        The flag's model beside others.
    """
    sources = Counter(e.source for e in examples)
    whole_calls = sum(e.label.turns is None for e in examples)
    facts: dict[str, Any] = {
        "what": "finds behaviours in support calls, judges openings for empathy and tone, and flags calls to coach",
        "learned": "everything" if base is None else "the flag",
        "data": dict(sorted(sources.items())),
        "licences": {e.source: e.licence for e in examples if e.licence},
        "labelled_as_a_whole": whole_calls,
        "calls": len(examples),
        "turns": sum(len(e.transcript.turns) for e in examples),
        "to_coach": sum(e.label.to_coach for e in examples),
        "labels": LABELS_NOTE if base is None else OWN_LABELS_NOTE + str(base.card.get("labels", LABELS_NOTE)),
        "not_for": list(NOT_FOR),
        "rules": rules_digest(rules),
        "flag_threshold": model.flag.threshold,
        "harm_threshold": round(model.behaviours.harm_threshold, 3),
        "thresholds": {n: round(float(t), 3) for n, t in zip(ALL, model.behaviours.threshold, strict=True)},
        "call_ids": sorted(e.transcript.call_id for e in examples),
    }
    if base is not None:
        facts["base"] = base.facts(examples)
        facts["call_ids"] = sorted({*facts["call_ids"], *base.card.get("call_ids", ())})
    if measured:
        overall, parts, _, reports = measured
        p = np.array([x[0] for x in overall.flag])
        y = np.array([x[2] for x in overall.flag], dtype=bool)
        facts["figures"] = {
            "how": "grouped 5-fold cross-validation over the training calls, "
            + ("every learned part fitted anew" if base is None else "the flag fitted anew"),
            "all": _figures(overall, flag_only=base is not None),
            "by_source": {name: _figures(part, flag_only=base is not None) for name, part in parts.items()},
            "behaviours": {
                n: {"labels": a.support, "precision": round(a.precision, 3), "recall": round(a.recall, 3),
                    "f1": round(a.f1, 3)}
                for n in ALL if (a := overall.behaviours[n]).support
            },
            "reliability": [[round(a, 3), round(b, 3), n] for a, b, n in reliability(p, y)],
            "reading": threshold_table(overall),
            "fairness": fairness(examples, reports),
            "varieties_known": any(variety(e.transcript) for e in examples),
            "compared": [{"model": c.name, "monotone": c.monotone, "additive": c.additive, **_rounded(c.figures)}
                         for c in compared],
        }  # fmt: skip
    return facts


def _base_lines(base: Mapping[str, Any] | None) -> list[str]:
    if base is None:
        return []
    lines = ["", f"Only the flag learned from these calls. Behaviours, openings and tone are those of the model "
             f"{base['place']} (sha256 {str(base['sha256'])[:12]}), which learned from {base['calls']} calls."]  # fmt: skip
    if base["also_learned_from"]:
        lines += ["", f"{base['also_learned_from']} of the calls above are among those that the base model learned from: "
                  "the figures below are too good."]  # fmt: skip
    return lines


def _table(head: str, rows: Iterable[Sequence[object]]) -> list[str]:
    """A table in Markdown: the first column's text to the left, figures to the right."""
    titles = head.split(" | ")
    lines = ["", f"| {head} |", "| --- " + "| ---: " * (len(titles) - 1) + "|"]
    return lines + ["| " + " | ".join("" if c is None else str(c) for c in row) + " |" for row in rows]


def _figure_lines(figures: Mapping[str, Any], *, flag_only: bool) -> list[str]:
    whole = figures["all"]
    sets = [("all", whole), *figures["by_source"].items()]
    lines = ["", "## Figures", "", f"By {figures['how']}. The same with plots: `evaluation.html` beside this file."]
    if flag_only:
        keys = ("roc_auc", "average_precision", "recall_at_30%", "ece")
        lines += _table("set | calls | to coach | ROC-AUC | average precision | found in the first 30 % | ECE", (
            (name, f["calls"], round(f["flag"]["to_coach"]), *(f["flag"][k] for k in keys)) for name, f in sets
        ))  # fmt: skip
    else:
        judged = ("calls", "pooled_f1", "mean_f1", "any_harm_f1", "openings_accuracy")
        lines += _table("set | calls | pooled F1 | mean F1 | any harm F1 | openings | flag ROC-AUC", (
            (name, *(f[k] for k in judged), f["flag"]["roc_auc"]) for name, f in sets
        ))  # fmt: skip
        lines += ["", f"Flag: ECE {whole['flag']['ece']}; agent's tone macro F1 {whole['agent_tone_macro_f1']}; "
                  f"customer's end macro F1 {whole['customer_end_macro_f1']}."]  # fmt: skip
    lines += _table("reading this share of calls | finds this share of those to coach | precision | probability from", (
        (f"{r['share_read']:.0%}", f"{r['share_found']:.0%}", f"{r['precision']:.2f}", r["probability_from"])
        for r in figures["reading"]
    ))  # fmt: skip
    lines += _table("mean probability of these calls | share to coach | calls", figures["reliability"])
    if figures.get("compared"):
        lines += _compared_lines(figures["compared"])
    if not flag_only:
        lines += _table("behaviour | labels | precision | recall | F1", (
            (n, b["labels"], b["precision"], b["recall"], b["f1"]) for n, b in figures["behaviours"].items()
        ))  # fmt: skip
    lines += [
        "",
        "## Fairness",
        "",
        "False flags: flagged of those not to coach. Missed: not flagged of those to coach.",
    ]
    if not figures.get("varieties_known"):
        lines += ["", NO_VARIETY]
    return lines + _table("group | calls | to coach | flagged | false flags | missed", (
        (n, g["calls"], *("" if g[k] is None else f"{g[k]:.0%}" for k in ("to_coach", "flagged", "false_flags", "missed")))
        for n, g in figures["fairness"].items()
    ))  # fmt: skip


def _compared_lines(compared: Sequence[Mapping[str, Any]]) -> list[str]:
    head = "model of the flag, same features | monotone | reasons add up | ROC-AUC | average precision | found in the first 30 % | ECE"
    return _table(head, (
        (c["model"], *("yes" if c[k] else "no" for k in ("monotone", "additive")),
         *(c[k] for k in ("roc_auc", "average_precision", "recall_at_30%", "ece"))) for c in compared
    ))  # fmt: skip


def readme(facts: Mapping[str, Any]) -> str:
    """The card for people, in Markdown."""
    lines = ["# Model card", "", f"A model that {facts['what']}.", "", "## Data", ""]
    lines += [f"{facts['calls']} calls, {facts['turns']} turns, {facts['to_coach']} to coach:", ""]
    lines += [
        f"- {source}: {n} calls" + (f" ({facts['licences'][source]})" if source in facts.get("licences", {}) else "")
        for source, n in facts["data"].items()
    ]
    if facts.get("labelled_as_a_whole"):
        lines += ["", f"{facts['labelled_as_a_whole']} of these calls have a label of the whole call only; the flag alone "
                  "learned from them."]  # fmt: skip
    lines += [*_base_lines(facts.get("base")), "", facts["labels"], "", "## Not to be used for", ""]
    lines += [f"- {text}" for text in facts["not_for"]]
    if facts.get("figures"):
        lines += _figure_lines(facts["figures"], flag_only="base" in facts)
    return "\n".join(lines) + "\n"
