"""Training: from labelled calls to a model. Each later part learns from what the earlier says of calls it has not seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from joblib import Parallel, delayed
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from analyser.behaviours import timing
from analyser.behaviours.features import Chunk, Prepared, TurnFeatures
from analyser.behaviours.learned import (
    ANY_HARM,
    IS_AGENT,
    BehaviourModel,
    calibrated,
    context_features,
    join_looks,
    one_thread,
    own_side,
    probabilities,
)
from analyser.behaviours.matrices import Array
from analyser.behaviours.names import ALL, CUSTOMER, HARMS
from analyser.behaviours.resolve import Hearing, hear
from analyser.behaviours.rows import Rows
from analyser.behaviours.trees import Trees
from analyser.coaching.features import flag_rows as flag_features
from analyser.coaching.flag import FlagModel, fit_raw
from analyser.coaching.labels import Label
from analyser.coaching.modelfile import Judging, Model
from analyser.coaching.splits import PART, check_enough, folds
from analyser.errors import LabelError
from analyser.judges import Judge
from analyser.openings import ANSWER_CLASSES, Answers, meet, new_judge
from analyser.records import Outcome, Role
from analyser.tone import Sentiment, Sounds, sounds, tones
from analyser.tone_judges import ToneJudges

HARM_PRECISION = 0.70  # below this a finding would accuse agents wrongly too often
_MIN_POSITIVES = 5
_COST = 0.3  # LinearSVC's C
_NEVER = 10.0  # log-odds against what no part has seen
# The behaviours that are judged more than heard; for the others a second look costs time and adds nothing.
SECOND_LOOK: tuple[str, ...] = (
    ANY_HARM, *HARMS, "distress", "empathy", "rapport", "active_listening", "extra_mile", "ownership", "need_question",
    "refusal", "set_expectations",
)  # fmt: skip
_OPENING_TURNS, _OVERLAP_S = 2, 0.5
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A prepared call with its label; calls of one group are never in both halves of a split."""

    prepared: Prepared
    label: Label
    group: str


def targets(calls: Sequence[Labelled]) -> Array:
    """Which behaviours hold, shape (turns, behaviours)."""
    index = {name: i for i, name in enumerate(ALL)}
    y = np.zeros((sum(len(c.prepared.call.turns) for c in calls), len(ALL)), dtype=bool)
    at = 0
    for call in calls:
        for number, names in (call.label.turns or {}).items():
            for name in names:
                y[at + number - 1, index[name]] = True
        at += len(call.prepared.call.turns)
    return y


def _row_numbers(calls: Sequence[Labelled], chosen: Array) -> Array:
    bounds = np.concatenate([[0], np.cumsum([len(c.prepared.call.turns) for c in calls])]).astype(int)
    parts = [np.arange(bounds[i], bounds[i + 1]) for i in chosen]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=int)


def _one(x: object, y: Array) -> tuple[Array | None, float]:
    if y.sum() < _MIN_POSITIVES:
        return None, -2.0
    fitted = LinearSVC(C=_COST, tol=0.01, random_state=0).fit(x, y)
    return fitted.coef_[0].astype(np.float32), float(fitted.intercept_[0])


def _fit_first(calls: Sequence[Labelled], rule_names: tuple[str, ...], jobs: int) -> BehaviourModel:
    features = TurnFeatures(rule_names=rule_names).fit([c.prepared for c in calls])
    x = features.transform([c.prepared for c in calls])
    x = x.astype(np.float64)  # what liblinear works in; converted once, not once a behaviour
    x.sum_duplicates()
    y = targets(calls)
    roles = Rows.of([c.prepared.call for c in calls]).role
    sides = {side: x[np.flatnonzero(roles == side)] for side in (0, 1)}
    n = len(ALL)
    fitted = Parallel(n_jobs=jobs, prefer="threads")(
        delayed(_one)(sides[int(IS_AGENT[k])], y[roles == int(IS_AGENT[k]), k]) for k in range(n)
    )
    coef = np.zeros((n, x.shape[1]), dtype=np.float32)
    for k, (weights, _) in enumerate(fitted):
        if weights is not None:
            coef[k] = weights
    intercept = np.array([b for _, b in fitted], dtype=np.float32)
    return BehaviourModel(features, coef, intercept, np.ones(n), np.zeros(n), np.full(n, 0.5))


def _calibrate(model: BehaviourModel, scores: Array, y: Array, possible: Array) -> None:
    for k in range(len(ALL)):
        rows = possible[:, k]
        target = y[rows, k]
        if target.sum() < _MIN_POSITIVES:
            model.slope[k], model.offset[k] = 1.0, -6.0
            continue
        platt = LogisticRegression(C=10.0).fit(scores[rows, k][:, None], target)
        model.slope[k], model.offset[k] = float(platt.coef_[0, 0]), float(platt.intercept_[0])


def _second() -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=40, learning_rate=0.12, max_leaf_nodes=6, min_samples_leaf=30, l2_regularization=5.0,
        max_features=0.3, early_stopping=False, random_state=0,
    )  # fmt: skip


def _fit_second(
    model: BehaviourModel, calls: Sequence[Labelled], scores: Array, y: Array, parts: Sequence[tuple[Array, Array]]
) -> dict[str, Array]:
    """Fit the second look on out-of-fold scores; returns its own out-of-fold log-odds by target."""
    turns = Rows.of([c.prepared.call for c in calls])
    roles, context = turns.role, context_features(scores, turns)
    fitted: dict[str, HistGradientBoostingClassifier] = {}
    out: dict[str, Array] = {}
    harms = [ALL.index(h) for h in HARMS]
    for name in SECOND_LOOK:
        target = np.asarray(y[:, harms].any(axis=1) if name == ANY_HARM else y[:, ALL.index(name)])
        side = np.asarray(roles == (0 if name in CUSTOMER else 1))
        if target[side].sum() < 4 * _MIN_POSITIVES:
            continue
        odds = np.full(len(roles), -_NEVER)
        for train, test in parts:
            a, b = _row_numbers(calls, train), _row_numbers(calls, test)
            a, b = a[side[a]], b[side[b]]
            if target[a].any():
                odds[b] = _second().fit(context[a], target[a]).decision_function(context[b])
        rows = np.flatnonzero(side)
        fitted[name] = _second().fit(context[rows], target[rows])
        out[name] = odds
    model.second = Trees.of(fitted)
    return out


def best_threshold(p: Array, y: Array, *, precision: float = 0.0) -> float:
    """The probability from which F1 is highest among those with at least this precision (0.99 where there is none)."""
    if not y.any():
        return 0.99
    order = np.argsort(-p, kind="stable")
    hits = np.cumsum(y[order])
    count = np.arange(1, len(y) + 1)
    f1 = 2 * hits / (count + max(1, int(y.sum())))
    last_of_ties = np.append(p[order][1:] != p[order][:-1], True)
    allowed = last_of_ties & (hits / count >= precision) & (hits >= min(3, y.sum()))
    if not allowed.any():
        return 0.99
    at = int(np.where(allowed, f1, -1.0).argmax())
    following = p[order][at + 1] if at + 1 < len(p) else 0.0
    return float((p[order][at] + following) / 2)


def _set_thresholds(model: BehaviourModel, p: Array, harm: Array, y: Array, possible: Array) -> None:
    harms = [ALL.index(h) for h in HARMS]
    agent = possible[:, ALL.index("hostile")]
    for k, name in enumerate(ALL):
        if name not in HARMS:
            rows = possible[:, k]
            model.threshold[k] = max(1e-3, best_threshold(p[rows, k], y[rows, k]))
    model.harm_threshold = best_threshold(
        harm[agent], np.asarray(y[agent][:, harms].any(axis=1)), precision=HARM_PRECISION
    )
    passed = agent & (harm >= model.harm_threshold)
    for k in harms:
        model.threshold[k] = max(1e-3, best_threshold(p[passed, k], y[passed, k])) if y[passed, k].any() else 0.5


def fit_behaviours(
    calls: Sequence[Labelled], rule_names: tuple[str, ...], *, n_folds: int = 5, jobs: int = 1
) -> tuple[BehaviourModel, Array, Array]:
    """Fit the learned detector.

    Returns
    -------
    model, probability, harm
        And the out-of-fold probabilities of the training calls, shapes (turns, behaviours) and (turns,).
    """
    prepared = [c.prepared for c in calls]
    y = targets(calls)
    roles = Rows.of([p.call for p in prepared]).role
    possible = own_side(roles)
    scores = np.zeros(y.shape, dtype=np.float32)
    parts = folds([c.group for c in calls], n_folds)
    for train, test in parts:
        part = _fit_first([calls[i] for i in train], rule_names, jobs)
        seen = [calls[i].prepared for i in test]
        rows = _row_numbers(calls, test)
        scores[rows] = np.asarray(part.features.transform(seen) @ part.coef.T) + part.intercept
    model = _fit_first(calls, rule_names, jobs)
    _calibrate(model, scores, y, possible)
    first = calibrated(model, scores)
    with one_thread():
        seconds = _fit_second(model, calls, scores, y, parts)
    p, harm = join_looks(
        first, list(seconds), np.column_stack([np.zeros((len(first), 0)), *seconds.values()]), possible
    )
    _set_thresholds(model, p, harm, y, possible)
    return model, p, harm


def train(
    calls: Sequence[Labelled], rule_names: tuple[str, ...], *, jobs: int = 1, progress: Progress | None = None
) -> Model:
    """Train a whole model; calls without turn labels serve only the flag.

    Raises
    ------
    LabelError
        Where there are too few with turn labels.
    """
    judging, rows, used = teach(calls, rule_names, jobs=jobs, progress=progress)
    return Model(**vars(judging), flag=fit_flag(rows, used))


def teach(
    calls: Sequence[Labelled], rule_names: tuple[str, ...], *, jobs: int = 1, progress: Progress | None = None
) -> tuple[Judging, Array, list[Labelled]]:
    """Train all but the flag.

    Returns
    -------
    judging, rows, used
        And the flag's features of the calls that the flag can learn from, shape (used, features), said of calls with
        turn labels as by one that has not seen them.
    """
    taught = [c for c in calls if c.label.turns is not None]
    others = [c for c in calls if c.label.turns is None]
    check_enough([c.label for c in taught], share=PART)
    say = progress or (lambda _: None)
    say("behaviours")
    judging, rows = fit_judging(taught, rule_names, jobs=jobs)
    say("flag")
    if others:
        more, others = flag_rows(others, judging)
        rows = np.concatenate([rows, more])
    return judging, rows, [*taught, *others]


def refit_flag(calls: Sequence[Labelled], base: Model) -> Model:
    """A model with the behaviours, openings and tone of another, and a flag learned from labels of whole calls.

    Raises
    ------
    LabelError
        Where there are too few.
    """
    rows, usable = flag_rows(calls, base)
    return replace(base, flag=fit_flag(rows, usable), digest="unsaved")


def fit_judging(calls: Sequence[Labelled], rule_names: tuple[str, ...], *, jobs: int = 1) -> tuple[Judging, Array]:
    """Fit all but the flag from calls with turn labels.

    Returns
    -------
    judging, rows
        And what it says of the training calls as one that has not seen them, shape (calls, flag features).
    """
    prepared = [c.prepared for c in calls]
    behaviours, p, harm = fit_behaviours(calls, rule_names, jobs=jobs)
    heard = hear(behaviours, Chunk.of(prepared), p, harm)
    opening_judge = _fit_openings(calls, heard)
    judges, agent_tone, customer_end = _fit_tone(calls, sounds(heard, Sentiment()), folds([c.group for c in calls], 5))
    return Judging(behaviours, opening_judge, judges), _flag_rows(heard, opening_judge, agent_tone, customer_end)


def flag_rows(calls: Sequence[Labelled], judging: Judging) -> tuple[Array, list[Labelled]]:
    """The flag's features, shape (usable calls, features), and the usable calls: those where both sides speak."""
    usable = [c for c in calls if c.prepared.call.of(Role.AGENT) and c.prepared.call.of(Role.CUSTOMER)]
    if not usable:
        raise LabelError("in none of the labelled calls do both an agent and a customer speak")
    chunk = Chunk.of([c.prepared for c in usable])
    heard = hear(judging.behaviours, chunk, *probabilities(judging.behaviours, chunk))
    _, agent_tone, customer_end = tones(heard, Sentiment(), judging.tone)
    return _flag_rows(heard, judging.openings, agent_tone, customer_end), usable


def _flag_rows(heard: Hearing, opening_judge: Judge, agent_tone: Array, customer_end: Array) -> Array:
    met = meet(heard, opening_judge, agent_turns=_OPENING_TURNS)
    talks = timing.talks(heard, overlap_s=_OVERLAP_S)
    return flag_features(heard, met, agent_tone, customer_end, talks).values


def _fit_openings(calls: Sequence[Labelled], heard: Hearing) -> Judge:
    labelled = sorted(
        (h.begin + number - 1, outcome)
        for call, h in zip(calls, heard, strict=True)
        for number, outcome in call.label.openings.items()
        if outcome != Outcome.NONE_POSSIBLE
    )
    its = Answers(heard, np.array([row for row, _ in labelled], dtype=np.int64), _OPENING_TURNS)
    outcomes = [outcome for (_, outcome), has in zip(labelled, its.answered.tolist(), strict=True) if has]
    if len(set(outcomes)) < len(ANSWER_CLASSES):
        raise LabelError("the labels have no opening that was " + " or ".join(set(ANSWER_CLASSES) - set(outcomes)))
    return new_judge().fit(its.features[its.answered], outcomes, balance=0.2)


def _fit_tone(
    calls: Sequence[Labelled], heard: Sounds, parts: Sequence[tuple[Array, Array]]
) -> tuple[ToneJudges, Array, Array]:
    """The tone judges, and their out-of-fold probabilities of the training calls."""
    agent = [str(c.label.agent_tone) for c in calls]
    end = [str(c.label.customer_end) for c in calls]
    if any(c.label.agent_tone is None or c.label.customer_end is None for c in calls):
        raise LabelError(
            "calls with turn labels need agent_tone and customer_end too",
            hint="add them, or keep a model's own with --base",
        )
    fitted = ToneJudges().fit(heard.agent, heard.end, agent, end)
    agent_p = np.zeros((len(calls), len(fitted.agent.classes)))
    end_p = np.zeros((len(calls), len(fitted.end.classes)))
    for train_part, test in parts:
        part = ToneJudges().fit(
            heard.agent[train_part], heard.end[train_part], [agent[i] for i in train_part], [end[i] for i in train_part]
        )
        agent_p[test] = part.agent.probabilities(heard.agent[test])
        end_p[test] = part.end.probabilities(heard.end[test])
    return fitted, agent_p, end_p


def fit_flag(rows: Array, calls: Sequence[Labelled]) -> FlagModel:
    """Fit the flag's weights, and calibration and threshold out of fold.

    Raises
    ------
    LabelError
        Where there are too few calls, or one agent has nearly all of a kind.
    """
    check_enough([c.label for c in calls], share=PART)
    y = np.array([c.label.to_coach for c in calls])
    raw = np.zeros(len(y))
    for seen, unseen in folds([c.group for c in calls], 5):
        if len(set(y[seen].tolist())) < 2:
            raise LabelError(
                "one agent has all the labelled calls to coach, or all that are not", hint="label calls of others too"
            )
        model = fit_raw(rows[seen], y[seen])
        base, part = model.parts(rows[unseen])
        raw[unseen] = base + part.sum(axis=1)
    model = fit_raw(rows, y)
    platt = LogisticRegression(C=10.0).fit(raw[:, None], y)
    model.slope, model.offset = max(0.05, float(platt.coef_[0, 0])), float(platt.intercept_[0])
    out = 1 / (1 + np.exp(-(model.slope * raw + model.offset)))
    model.threshold = round(best_threshold(out, y), 3)
    return model
