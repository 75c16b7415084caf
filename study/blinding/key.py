"""The quarantine: which response an item is, and the study's secret. Sealing writes, the freeze reads."""

from django.db import models


class SealKey(models.Model):
    """Plain ids and no foreign keys: the ORM offers no path from an item to its author."""

    study_id = models.BigIntegerField(db_index=True)
    item_id = models.BigIntegerField(unique=True)
    response_id = models.BigIntegerField(unique=True)

    class Meta:
        db_table = "study_sealkey"


class StudySecret(models.Model):
    """32 random bytes (hex) behind the study's public ids; drawn from the seed only in a simulated study."""

    study_id = models.BigIntegerField(unique=True)
    secret = models.CharField(max_length=64)

    class Meta:
        db_table = "study_studysecret"


class CommittedItems(models.Model):
    """What `ItemCommitment` is the hash of: which response each item is, and the salt (hex)."""

    study_id = models.BigIntegerField(unique=True)
    salt = models.CharField(max_length=64)
    document = models.TextField()

    class Meta:
        db_table = "study_committeditems"
