"""The choices that the protocol's rows are made of."""

from django.db import models


class Phase(models.TextChoices):
    DRAFT = "draft", "Draft"
    ANSWERING = "answering", "Answering"
    SEALED = "sealed", "Sealed"
    RATING = "rating", "Rating"
    LOCKED = "locked", "Locked"
    UNBLINDED = "unblinded", "Unblinded"
    REPORTED = "reported", "Reported"


class ArmKind(models.TextChoices):
    RESIDENT = "resident", "Residents"
    MODEL = "model", "Model"


class Level(models.TextChoices):
    PGY1 = "PGY1", "PGY1"
    PGY2 = "PGY2", "PGY2"


class Meaning(models.TextChoices):
    APPROVAL_EXCEPTION = "approval_exception", "use of vignettes that no clinician has approved"
    PLAN_LOCK = "plan_lock", "lock of the analysis plan"
    DATA_LOCK = "data_lock", "lock of the data"
    UNBLINDING = "unblinding", "release of the arm names"
