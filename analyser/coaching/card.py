"""The model card: data and licences, figures, thresholds, fairness, and what the model must not be used for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from analyser.behaviours.names import ALL
from analyser.behaviours.schema import rules_digest
from analyser.coaching.figures import Figures, reliability
from analyser.coaching.labels import Label
from analyser.coaching.modelfile import Model
from analyser.records import CallReport, Transcript

LABELS_NOTE = (
    "The labels come from language-model annotators who read call by call with the annotation guide, blind to the "
    "writer's intent, not from human QA staff, and the calls of the authored sets were written by a language model. "
    "Agreement figures are therefore an upper mark, and a user's own reviews should replace these labels."
)
NOT_FOR = (
    "Deciding pay, discipline or dismissal, alone or in the main.",
    "Judging a person's character, health or emotion; it reads words in a transcript, and nothing of the voice.",
    "Calls that are not in English, or whose speakers are not told apart.",
    "Ranking agents against each other on a handful of calls.",
)


class Known(Protocol):
    """A labelled call, as the card needs it."""

    @property
    def transcript(self) -> Transcript:
        """The call."""

    @property
    def label(self) -> Label:
        """Its label."""

    @property
    def source(self) -> str:
        """The set it comes from."""


Measured = tuple[Figures, Mapping[str, Figures], Sequence[Label], Mapping[str, CallReport]]


def _figures(f: Figures) -> dict[str, Any]:
    flag = {k: None if v is None else round(v, 3) for k, v in f.flag_figures().items()}
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


def _fairness(examples: Sequence[Known], reports: Mapping[str, CallReport]) -> dict[str, Any]:
    """Flag and false-flag rates by style and length."""
    groups: dict[str, list[tuple[bool, bool]]] = {}
    for example in examples:
        report = reports.get(example.transcript.call_id)
        if report is None or report.flag is None:
            continue
        pair = (report.flag.flagged, example.label.to_coach)
        length = "12 turns or fewer" if len(example.transcript.turns) <= 12 else "more than 12 turns"
        for name in (f"style: {style(example.transcript)}", f"length: {length}"):
            groups.setdefault(name, []).append(pair)
    return {
        name: {
            "calls": len(pairs),
            "to_coach": round(float(np.mean([y for _, y in pairs])), 3),
            "flagged": round(float(np.mean([f for f, _ in pairs])), 3),
            "false_flags": round(float(np.mean([f for f, y in pairs if not y] or [False])), 3),
            "missed": round(float(np.mean([not f for f, y in pairs if y] or [False])), 3),
        }
        for name, pairs in sorted(groups.items())
    }


def _threshold_table(f: Figures) -> list[dict[str, float]]:
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
    examples: Sequence[Known], model: Model, measured: Measured | None, *, rules: Path | None = None
) -> dict[str, Any]:
    """The card's facts.

    Parameters
    ----------
    measured
        Figures by grouped cross-validation over ``examples``; None where not asked for.
    """
    licences = Counter(e.source for e in examples)
    facts: dict[str, Any] = {
        "what": "finds behaviours in support calls, judges openings for empathy and tone, and flags calls to coach",
        "data": dict(sorted(licences.items())),
        "calls": len(examples),
        "turns": sum(len(e.transcript.turns) for e in examples),
        "to_coach": sum(e.label.to_coach for e in examples),
        "labels": LABELS_NOTE,
        "not_for": list(NOT_FOR),
        "rules": rules_digest(rules),
        "flag_threshold": model.flag.threshold,
        "harm_threshold": round(model.behaviours.harm_threshold, 3),
        "thresholds": {n: round(float(t), 3) for n, t in zip(ALL, model.behaviours.threshold, strict=True)},
        "call_ids": sorted(e.transcript.call_id for e in examples),
    }
    if measured:
        overall, parts, _, reports = measured
        p = np.array([x[0] for x in overall.flag])
        y = np.array([x[2] for x in overall.flag], dtype=bool)
        facts["figures"] = {
            "how": "grouped 5-fold cross-validation over the training calls, every learned part fitted anew",
            "all": _figures(overall),
            "by_source": {name: _figures(part) for name, part in parts.items()},
            "behaviours": {
                n: {"labels": a.support, "precision": round(a.precision, 3), "recall": round(a.recall, 3),
                    "f1": round(a.f1, 3)}
                for n in ALL if (a := overall.behaviours[n]).support
            },
            "reliability": [[round(a, 3), round(b, 3), n] for a, b, n in reliability(p, y)],
            "reading": _threshold_table(overall),
            "fairness": _fairness(examples, reports),
        }  # fmt: skip
    return facts


def readme(facts: Mapping[str, Any]) -> str:
    """The card for people, in Markdown."""
    lines = ["# Model card", "", f"A model that {facts['what']}.", "", "## Data", ""]
    lines += [f"{facts['calls']} calls, {facts['turns']} turns, {facts['to_coach']} to coach:", ""]
    lines += [f"- {source}: {n} calls" for source, n in facts["data"].items()]
    lines += ["", facts["labels"], "", "## Not to be used for", ""]
    lines += [f"- {text}" for text in facts["not_for"]]
    figures = facts.get("figures")
    if figures:
        whole = figures["all"]
        lines += [
            "",
            "## Figures",
            "",
            f"By {figures['how']}.",
            "",
            "| set | calls | pooled F1 | mean F1 | any harm F1 | openings | flag ROC-AUC |",
        ]
        lines += ["| --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
        for name, f in [("all", whole), *figures["by_source"].items()]:
            auc = f["flag"]["roc_auc"]
            lines.append(
                f"| {name} | {f['calls']} | {f['pooled_f1']} | {f['mean_f1']} | {f['any_harm_f1']} | "
                f"{f['openings_accuracy']} | {'' if auc is None else auc} |"
            )
        lines += ["", f"Flag: ECE {whole['flag']['ece']}; agent's tone macro F1 {whole['agent_tone_macro_f1']}; "
                  f"customer's end macro F1 {whole['customer_end_macro_f1']}.", ""]  # fmt: skip
        lines += ["| reading this share of calls | finds this share of those to coach | precision | probability from |"]
        lines += ["| ---: | ---: | ---: | ---: |"]
        lines += [
            f"| {r['share_read']:.0%} | {r['share_found']:.0%} | {r['precision']:.2f} | {r['probability_from']} |"
            for r in figures["reading"]
        ]
        lines += ["", "| behaviour | labels | precision | recall | F1 |", "| --- | ---: | ---: | ---: | ---: |"]
        lines += [
            f"| {n} | {b['labels']} | {b['precision']} | {b['recall']} | {b['f1']} |"
            for n, b in figures["behaviours"].items()
        ]
        lines += ["", "## Fairness", "", "| group | calls | to coach | flagged | false flags | missed |"]
        lines += ["| --- | ---: | ---: | ---: | ---: | ---: |"]
        lines += [
            f"| {n} | {g['calls']} | {g['to_coach']:.0%} | {g['flagged']:.0%} | {g['false_flags']:.0%} | {g['missed']:.0%} |"
            for n, g in figures["fairness"].items()
        ]
    return "\n".join(lines) + "\n"
