"""The tables as they were first."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Call",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("content", models.CharField(max_length=40, unique=True)),
                ("place", models.CharField(max_length=40, unique=True)),
                ("call_id", models.CharField(db_index=True, max_length=200)),
                ("path", models.TextField()),
                ("line", models.BigIntegerField(null=True)),
                ("number", models.BigIntegerField()),
                ("format", models.CharField(max_length=40, null=True)),
                ("agent", models.CharField(max_length=200, null=True)),
                ("team", models.CharField(max_length=200, null=True)),
                ("customer", models.CharField(max_length=200, null=True)),
                ("started_at", models.CharField(max_length=200, null=True)),
                ("day", models.DateField(null=True)),
                ("turns", models.IntegerField()),
                ("scored", models.BooleanField()),
                ("not_scored_because", models.CharField(max_length=200, null=True)),
                ("score", models.IntegerField(null=True)),
                ("band", models.CharField(max_length=200, null=True)),
                ("flagged", models.BooleanField(null=True)),
                ("probability", models.FloatField(null=True)),
                ("agent_tone", models.CharField(max_length=20, null=True)),
                ("agent_tone_score", models.FloatField(null=True)),
                ("customer_start", models.FloatField(null=True)),
                ("customer_end", models.FloatField(null=True)),
                ("customer_end_label", models.CharField(max_length=20, null=True)),
                ("agent_share", models.FloatField(null=True)),
                ("interruptions", models.IntegerField(null=True)),
                ("longest_silence_s", models.FloatField(null=True)),
                ("words_per_minute", models.FloatField(null=True)),
                ("packed_line", models.BinaryField()),
                ("packed_transcript", models.BinaryField()),
                ("analysed_at", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("state", models.CharField(db_index=True, max_length=10)),
                ("started_at", models.DateTimeField(db_index=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("inbox", models.JSONField(default=list)),
                ("files", models.BigIntegerField(default=0)),
                ("calls", models.BigIntegerField(default=0)),
                ("new", models.BigIntegerField(default=0)),
                ("replaced", models.BigIntegerField(default=0)),
                ("skipped", models.BigIntegerField(default=0)),
                ("failed", models.BigIntegerField(default=0)),
                ("flagged", models.BigIntegerField(default=0)),
                ("not_scored", models.JSONField(default=dict)),
                ("turns", models.BigIntegerField(default=0)),
                ("stopped_because", models.TextField(null=True)),
                ("error", models.TextField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Answer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("card", models.CharField(max_length=200)),
                ("question", models.CharField(max_length=200)),
                ("answer", models.CharField(max_length=5)),
                ("weight", models.FloatField()),
                ("call", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="store.call")),
            ],
        ),
        migrations.CreateModel(
            name="Flag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("probability", models.FloatField()),
                ("flagged", models.BooleanField()),
                ("threshold", models.FloatField()),
                ("call", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, to="store.call")),
            ],
        ),
        migrations.CreateModel(
            name="Opening",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("turn", models.IntegerField()),
                ("outcome", models.CharField(max_length=20)),
                ("answered_by", models.IntegerField(null=True)),
                ("kind", models.CharField(max_length=40, null=True)),
                ("delay_s", models.FloatField(null=True)),
                ("call", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="store.call")),
            ],
        ),
        migrations.CreateModel(
            name="Reason",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=200)),
                ("turn", models.IntegerField(null=True)),
                ("contribution", models.FloatField()),
                ("call", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="store.call")),
            ],
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reviewer", models.CharField(max_length=200)),
                ("made_at", models.DateTimeField()),
                ("coach", models.SmallIntegerField()),
                ("note", models.TextField(blank=True)),
                ("call", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="store.call")),
            ],
        ),
        migrations.AddField(
            model_name="call",
            name="run",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="store.run"),
        ),
        migrations.CreateModel(
            name="Score",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("card", models.CharField(max_length=200)),
                ("score", models.IntegerField(null=True)),
                ("band", models.CharField(max_length=200, null=True)),
                ("auto_failed", models.BooleanField()),
                ("call", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="store.call")),
            ],
        ),
        migrations.CreateModel(
            name="SourceFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("path_hash", models.CharField(max_length=40, unique=True)),
                ("path", models.TextField()),
                ("mark", models.TextField(null=True)),
                ("digest", models.CharField(max_length=40, null=True)),
                ("reading", models.CharField(max_length=40)),
                ("calls", models.BigIntegerField(default=0)),
                ("failed", models.BigIntegerField(db_index=True, default=0)),
                ("moved_to", models.TextField(null=True)),
                ("run", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to="store.run")),
            ],
        ),
        migrations.CreateModel(
            name="Problem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("path", models.TextField(null=True)),
                ("line", models.BigIntegerField(null=True)),
                ("code", models.CharField(max_length=40)),
                ("message", models.TextField()),
                ("call", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to="store.call")),
                ("run", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to="store.run")),
                (
                    "file",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to="store.sourcefile"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Stamp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("analyser", models.CharField(max_length=40)),
                ("rules", models.CharField(max_length=64)),
                ("model", models.CharField(max_length=64)),
                ("settings", models.CharField(max_length=64)),
                ("scorecards", models.CharField(max_length=64)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("analyser", "rules", "model", "settings", "scorecards"), name="stamp_once"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="sourcefile",
            name="stamp",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to="store.stamp"),
        ),
        migrations.AddField(
            model_name="run",
            name="stamp",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to="store.stamp"),
        ),
        migrations.AddField(
            model_name="call",
            name="stamp",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="store.stamp"),
        ),
        migrations.CreateModel(
            name="Turn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.IntegerField()),
                ("role", models.CharField(max_length=10)),
                ("speaker", models.TextField(null=True)),
                ("start_s", models.FloatField(null=True)),
                ("end_s", models.FloatField(null=True)),
                ("text", models.TextField()),
                ("tone", models.FloatField(null=True)),
                ("call", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="store.call")),
            ],
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("behaviour", models.CharField(max_length=40)),
                ("turn", models.IntegerField()),
                ("role", models.CharField(max_length=10)),
                ("start", models.IntegerField()),
                ("end", models.IntegerField()),
                ("quote", models.TextField()),
                ("confidence", models.FloatField()),
                ("detector", models.CharField(max_length=20)),
                ("rule", models.CharField(max_length=200, null=True)),
                ("call", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="store.call")),
            ],
            options={
                "indexes": [models.Index(fields=["behaviour", "call"], name="finding_behaviour")],
            },
        ),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(fields=["agent", "day"], name="call_agent_day"),
        ),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(fields=["team", "day"], name="call_team_day"),
        ),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(fields=["day", "flagged"], name="call_day_flagged"),
        ),
    ]
