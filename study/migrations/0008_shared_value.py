from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("study", "0006_roles"),
    ]

    operations = [
        migrations.CreateModel(
            name="SharedValue",
            fields=[
                ("name", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("value", models.JSONField()),
                ("ends_at", models.FloatField(db_index=True, help_text="seconds since 1970")),
            ],
        ),
    ]
