"""The tables. A call's report is kept whole (``Call.packed_line``), and its parts as rows for questions in SQL.

Columns that are searched hold at most 200 characters, as databases limit what an index may hold; characters that
PostgreSQL or UTF-8 cannot hold (NUL, lone surrogates) are U+FFFD in rows. The packed columns are exact.
"""

from __future__ import annotations

from django.db import models
from django.db.models import CASCADE, PROTECT, SET_NULL

SHORT = 200


class Stamp(models.Model):
    """What judged calls: the analyser's version, and hashes of rules, model, settings and scorecards."""

    analyser = models.CharField(max_length=40)
    rules = models.CharField(max_length=64)
    model = models.CharField(max_length=64)
    settings = models.CharField(max_length=64)
    scorecards = models.CharField(max_length=64)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["analyser", "rules", "model", "settings", "scorecards"], name="stamp_once"),
        )


class Run(models.Model):
    """One run over an inbox, and what it did."""

    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=10, db_index=True)
    started_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)
    stamp = models.ForeignKey(Stamp, PROTECT, null=True)
    inbox = models.JSONField(default=list)
    files = models.BigIntegerField(default=0)
    calls = models.BigIntegerField(default=0)
    new = models.BigIntegerField(default=0)
    replaced = models.BigIntegerField(default=0)
    skipped = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    flagged = models.BigIntegerField(default=0)
    not_scored = models.JSONField(default=dict)
    turns = models.BigIntegerField(default=0)
    stopped_because = models.TextField(null=True)
    error = models.TextField(null=True)


class SourceFile(models.Model):
    """A file that was read through, so that it is not read again until it changes."""

    path_hash = models.CharField(max_length=40, unique=True)  # a path may be longer than an index takes
    path = models.TextField()
    mark = models.TextField(null=True)  # size and time, or a remote tag: while it stays, the file is not opened
    digest = models.CharField(max_length=40, null=True)
    reading = models.CharField(max_length=40)
    stamp = models.ForeignKey(Stamp, PROTECT, null=True)  # none where its calls stand under several
    calls = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0, db_index=True)
    moved_to = models.TextField(null=True)
    run = models.ForeignKey(Run, SET_NULL, null=True)


class Call(models.Model):
    """One call and its verdict. ``content`` and ``place`` are unique: no call is kept twice."""

    content = models.CharField(max_length=40, unique=True)
    place = models.CharField(max_length=40, unique=True)
    call_id = models.CharField(max_length=SHORT, db_index=True)
    path = models.TextField()
    line = models.BigIntegerField(null=True)
    number = models.BigIntegerField()  # of the call in its file, from 1
    format = models.CharField(max_length=40, null=True)
    agent = models.CharField(max_length=SHORT, null=True)
    team = models.CharField(max_length=SHORT, null=True)
    customer = models.CharField(max_length=SHORT, null=True)
    started_at = models.CharField(max_length=SHORT, null=True)  # as the file says it
    day = models.DateField(null=True)  # where that is a date
    turns = models.IntegerField()
    scored = models.BooleanField()
    not_scored_because = models.CharField(max_length=SHORT, null=True)
    score = models.IntegerField(null=True)
    band = models.CharField(max_length=SHORT, null=True)
    flagged = models.BooleanField(null=True)
    probability = models.FloatField(null=True)
    agent_tone = models.CharField(max_length=20, null=True)
    agent_tone_score = models.FloatField(null=True)
    customer_start = models.FloatField(null=True)
    customer_end = models.FloatField(null=True)
    customer_end_label = models.CharField(max_length=20, null=True)
    agent_share = models.FloatField(null=True)
    interruptions = models.IntegerField(null=True)
    longest_silence_s = models.FloatField(null=True)
    words_per_minute = models.FloatField(null=True)
    packed_line = models.BinaryField()
    packed_transcript = models.BinaryField()
    stamp = models.ForeignKey(Stamp, PROTECT)
    run = models.ForeignKey(Run, PROTECT)
    analysed_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = (
            models.Index(fields=["agent", "day"], name="call_agent_day"),
            models.Index(fields=["team", "day"], name="call_team_day"),
            models.Index(fields=["day", "flagged"], name="call_day_flagged"),
        )


class Turn(models.Model):
    """One turn, with its tone (-1 harsh to 1 warm)."""

    call = models.ForeignKey(Call, CASCADE)
    number = models.IntegerField()
    role = models.CharField(max_length=10)
    speaker = models.TextField(null=True)
    start_s = models.FloatField(null=True)
    end_s = models.FloatField(null=True)
    text = models.TextField()
    tone = models.FloatField(null=True)


class Finding(models.Model):
    """A behaviour found in a turn; offsets count in the text as received."""

    call = models.ForeignKey(Call, CASCADE)
    behaviour = models.CharField(max_length=40)
    turn = models.IntegerField()
    role = models.CharField(max_length=10)
    start = models.IntegerField()
    end = models.IntegerField()
    quote = models.TextField()
    confidence = models.FloatField()
    detector = models.CharField(max_length=20)
    rule = models.CharField(max_length=SHORT, null=True)

    class Meta:
        indexes = (models.Index(fields=["behaviour", "call"], name="finding_behaviour"),)


class Opening(models.Model):
    """A customer turn that opens for empathy, and what became of it."""

    call = models.ForeignKey(Call, CASCADE)
    turn = models.IntegerField()
    outcome = models.CharField(max_length=20)
    answered_by = models.IntegerField(null=True)
    kind = models.CharField(max_length=40, null=True)
    delay_s = models.FloatField(null=True)


class Score(models.Model):
    """A scorecard's outcome, 0 to 100."""

    call = models.ForeignKey(Call, CASCADE)
    card = models.CharField(max_length=SHORT)
    score = models.IntegerField(null=True)
    band = models.CharField(max_length=SHORT, null=True)
    auto_failed = models.BooleanField()


class Answer(models.Model):
    """The answer to a scorecard's question: yes, no or na."""

    call = models.ForeignKey(Call, CASCADE)
    card = models.CharField(max_length=SHORT)
    question = models.CharField(max_length=SHORT)
    answer = models.CharField(max_length=5)
    weight = models.FloatField()


class Flag(models.Model):
    """Whether a coach should look, and how sure that is."""

    call = models.OneToOneField(Call, CASCADE)
    probability = models.FloatField()
    flagged = models.BooleanField()
    threshold = models.FloatField()


class Reason(models.Model):
    """A share of a flag, in log-odds."""

    call = models.ForeignKey(Call, CASCADE)
    reason = models.CharField(max_length=SHORT)
    turn = models.IntegerField(null=True)
    contribution = models.FloatField()


class Problem(models.Model):
    """What could not be done: of a call that is kept (``call``), or why a file or call could not be used (``path``)."""

    call = models.ForeignKey(Call, CASCADE, null=True)
    file = models.ForeignKey(SourceFile, CASCADE, null=True)
    run = models.ForeignKey(Run, CASCADE, null=True)
    path = models.TextField(null=True)
    line = models.BigIntegerField(null=True)
    code = models.CharField(max_length=40)
    message = models.TextField()


class Review(models.Model):
    """A coach's verdict on a call: 0 (nothing to coach) to 3 (urgent)."""

    call = models.ForeignKey(Call, CASCADE)
    reviewer = models.CharField(max_length=SHORT)
    made_at = models.DateTimeField()
    coach = models.SmallIntegerField()
    note = models.TextField(blank=True)
