"""Loading the bank into the database, and its latest versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.timezone import is_naive

from vignettes.models import Vignette, VignetteVersion
from vignettes.schema import BankError, Problem, load_directory
from vignettes.structure import VignetteContent, content_sha256, to_canonical

CONTENT_DIRECTORY = Path(__file__).resolve().parent / "content"


@dataclass(frozen=True)
class LoadReport:
    """What a load did, as vignette codes in order; ``absent`` are in the database but not in the files."""

    created: tuple[str, ...]
    revised: tuple[str, ...]
    unchanged: tuple[str, ...]
    absent: tuple[str, ...]


def load_bank(directory: Path, *, now: datetime) -> LoadReport:
    """Store every vignette file of a directory.

    A new text becomes the next version, a known one changes nothing; all or nothing, in one transaction.
    Raises ``BankError`` when a file is refused, or when a file went back to the text of an older version
    (versions are never reordered), and ``ValueError`` for a naive ``now``.
    """
    return store_contents(load_directory(directory), now=now)


def store_contents(contents: Sequence[VignetteContent], *, now: datetime) -> LoadReport:
    """Store checked vignettes as `load_bank` does, in one transaction, with the same errors."""
    if is_naive(now):
        raise ValueError("now must carry a time zone")
    done: dict[str, list[str]] = {"created": [], "revised": [], "unchanged": []}
    problems: list[Problem] = []
    with transaction.atomic():
        for content in sorted(contents, key=lambda content: content.id):
            try:
                done[_store(content, now)].append(content.id)
            except BankError as error:
                problems.extend(error.problems)
        if problems:
            raise BankError(problems)
        absent = Vignette.objects.exclude(code__in=[content.id for content in contents])
        return LoadReport(
            created=tuple(done["created"]),
            revised=tuple(done["revised"]),
            unchanged=tuple(done["unchanged"]),
            absent=tuple(absent.order_by("code").values_list("code", flat=True)),
        )


def latest_versions() -> QuerySet[VignetteVersion]:
    """The newest version of every vignette, in code order."""
    newest = (
        VignetteVersion.objects.filter(vignette=OuterRef("vignette")).order_by("-number").values("number")[:1]
    )
    versions = VignetteVersion.objects.filter(number=Subquery(newest)).select_related("vignette")
    return versions.order_by("vignette__code")


def _store(content: VignetteContent, now: datetime) -> str:
    vignette, is_new = Vignette.objects.get_or_create(code=content.id)
    # Two loads at once must not both read the same newest number.
    vignette = Vignette.objects.select_for_update(no_key=True).get(pk=vignette.pk)
    digest = content_sha256(content)
    latest = vignette.versions.order_by("-number").first()
    if latest is not None and latest.content_sha256 == digest:
        return "unchanged"
    _refuse_older_text(vignette, digest)
    vignette.versions.create(
        number=1 if latest is None else latest.number + 1,
        title=content.title,
        content=to_canonical(content),
        content_sha256=digest,
        loaded_at=now,
    )
    return "created" if is_new else "revised"


def _refuse_older_text(vignette: Vignette, digest: str) -> None:
    older = vignette.versions.filter(content_sha256=digest).first()
    if older is not None:
        message = (
            f"this text is version {older.number} already and a newer version follows it; "
            "to use it again, say so in jurisdiction_notes, so that it becomes a version of its own"
        )
        raise BankError([Problem(f"{vignette.code}.yaml", 1, "file", message)])
