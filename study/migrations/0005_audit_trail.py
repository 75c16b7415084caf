"""The audit trail: row changes by triggers, and events as chains of hashes."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from study.protocol.audit_hashes import GENESIS, changes_sha256, event_sha256


def chain_stored_events(apps, _editor):
    """Give the events that were stored before there were chains their places, so that nothing is unchained."""
    events = apps.get_model("study", "AuditEvent").objects
    heads = apps.get_model("study", "AuditHead").objects
    newest = {}
    _, nothing = changes_sha256([])
    for event in events.order_by("id").iterator():
        event.chain = event.study_id or 0
        before = newest.get(event.chain)
        event.sequence = before.sequence + 1 if before else 1
        event.previous_sha256 = before.sha256 if before else GENESIS
        event.act, event.recorded_at, event.changes_sha256 = uuid.uuid4().hex, event.at, nothing
        event.sha256 = event_sha256(event)
        event.save()
        newest[event.chain] = event
    for chain, event in newest.items():
        heads.create(chain=chain, sequence=event.sequence, sha256=event.sha256)


class Migration(migrations.Migration):
    dependencies = [("study", "0003_judging")]

    operations = [
        migrations.CreateModel(
            name="AuditHead",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("chain", models.BigIntegerField(unique=True)),
                ("sequence", models.BigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="RowChangeValue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("salt", models.CharField(max_length=32, null=True)),
                ("old_values", models.TextField(null=True)),
                ("new_values", models.TextField(null=True)),
                ("erased_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="RowChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("table_name", models.CharField(max_length=63)),
                ("row_id", models.BigIntegerField()),
                ("operation", models.CharField(max_length=8)),
                ("old_sha256", models.CharField(max_length=64)),
                ("new_sha256", models.CharField(max_length=64)),
                ("values_sha256", models.CharField(max_length=64)),
                ("actor", models.CharField(max_length=28)),
                ("request_id", models.CharField(max_length=36)),
                ("act", models.CharField(db_index=True, max_length=32)),
                ("recorded_at", models.DateTimeField()),
                (
                    "values",
                    models.OneToOneField(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="change",
                        to="study.rowchangevalue",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["table_name", "row_id"], name="change_of_row")],
            },
        ),
        migrations.AddField("auditevent", "role", models.CharField(blank=True, default="", max_length=12)),
        migrations.AddField("auditevent", "recorded_at", models.DateTimeField(null=True)),
        migrations.AddField("auditevent", "chain", models.BigIntegerField(default=0), preserve_default=False),
        migrations.AddField(
            "auditevent", "sequence", models.BigIntegerField(default=0), preserve_default=False
        ),
        migrations.AddField("auditevent", "act", models.CharField(max_length=32, null=True)),
        migrations.AddField(
            "auditevent", "changes", models.PositiveIntegerField(default=0), preserve_default=False
        ),
        *(
            migrations.AddField(
                "auditevent", name, models.CharField(default="", max_length=64), preserve_default=False
            )
            for name in ("changes_sha256", "previous_sha256", "sha256")
        ),
        migrations.RunPython(chain_stored_events, migrations.RunPython.noop, elidable=False),
        migrations.AlterField("auditevent", "recorded_at", models.DateTimeField()),
        migrations.AlterField("auditevent", "act", models.CharField(max_length=32, unique=True)),
        migrations.AddConstraint(
            "auditevent",
            models.UniqueConstraint(fields=("chain", "sequence"), name="audit_chain_has_no_fork"),
        ),
    ]
