"""People, their one role in a study, how they were invited and what they agreed to."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils import timezone

from study.protocol.vocabulary import Level


class PersonManager(BaseUserManager["Person"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        """Create a person; the address is stored in lower case, so that one address is one account."""
        person = self.model(email=email.strip().lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        """Create an administrator of the installation: no study role is possible beside it."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.get(email=(username or "").strip().lower())


class Person(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True, default="")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    can_start_studies = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[PersonManager] = PersonManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.email


class Role(models.TextChoices):
    RESIDENT = "resident", "Resident"
    RATER = "rater", "Rater"
    CURATOR = "curator", "Curator"
    INVESTIGATOR = "investigator", "Investigator"
    CUSTODIAN = "custodian", "Custodian"
    AUDITOR = "auditor", "Auditor"


class Profession(models.TextChoices):
    PHYSICIAN = "physician", "Physician"
    PHARMACIST = "pharmacist", "Clinical pharmacist"
    NURSE = "nurse", "Nurse"
    OTHER = "other", "Other"


class Participant(models.Model):
    """One person's one role in one study."""

    study = models.ForeignKey("study.Study", models.PROTECT, related_name="participants")
    person = models.ForeignKey(Person, models.PROTECT, related_name="participations")
    role = models.CharField(max_length=12, choices=Role.choices)
    level = models.CharField(max_length=4, choices=Level.choices, blank=True, default="")
    site = models.CharField(max_length=80, blank=True, default="")
    profession = models.CharField(max_length=12, choices=Profession.choices, blank=True, default="")
    years_in_practice = models.PositiveSmallIntegerField(null=True, blank=True)
    interests = models.TextField(blank=True, default="")
    joined_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "person"], name="one_role_per_person_and_study"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="participant_role_known"),
            models.CheckConstraint(
                condition=Q(role="resident", level__in=Level.values) | (~Q(role="resident") & Q(level="")),
                name="participant_level_belongs_to_residents",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.pk}"


class Invitation(models.Model):
    """Only the token's SHA-256 is stored; the token itself is shown once, on the inviter's page."""

    study = models.ForeignKey("study.Study", models.PROTECT, related_name="invitations")
    email = models.EmailField()
    name = models.CharField(max_length=120, blank=True, default="")
    role = models.CharField(max_length=12, choices=Role.choices)
    level = models.CharField(max_length=4, choices=Level.choices, blank=True, default="")
    site = models.CharField(max_length=80, blank=True, default="")
    profession = models.CharField(max_length=12, choices=Profession.choices, blank=True, default="")
    token_sha256 = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["study", "email"],
                condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="one_open_invitation_per_address",
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="invitation_role_known"),
        ]


class ConsentText(models.Model):
    study = models.ForeignKey("study.Study", models.PROTECT, related_name="consent_texts")
    role = models.CharField(max_length=12, choices=Role.choices)
    version = models.PositiveSmallIntegerField(default=1)
    text = models.TextField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "role", "version"], name="consent_version_once")
        ]


class Consent(models.Model):
    """A decision about one version of the consent text; a decline is final."""

    participant = models.OneToOneField(Participant, models.PROTECT, related_name="consent")
    text = models.ForeignKey(ConsentText, models.PROTECT, related_name="+")
    agreed = models.BooleanField()
    decided_at = models.DateTimeField()


class ApiToken(models.Model):
    """A program's key to act for one investigator; only its SHA-256 is stored."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    label = models.CharField(max_length=60)
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
