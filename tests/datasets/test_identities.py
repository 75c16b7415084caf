"""What leaves the installation tells pseudonyms; people's names and addresses stay in the database."""

from pathlib import Path

import pytest

from study.participants.models import Participant, Person, Role
from study.protocol.models import Study
from tests.datasets.world import lock, rated_study, unblind

pytestmark = pytest.mark.django_db
STUDIED = (Role.RESIDENT, Role.RATER)


def name_everybody(study: Study) -> set[bytes]:
    """Give residents and raters names that stand nowhere else; return these, and their addresses."""
    people = Person.objects.filter(participations__study=study, participations__role__in=STUDIED)
    for person in people:
        person.name = f"Quillfeather-{person.pk}"
        person.save()
    Participant.objects.filter(study=study, role__in=STUDIED).update(interests="Owns Quillfeather shares")
    return {b"Quillfeather", *(email.encode() for email in people.values_list("email", flat=True))}


def test_no_file_of_a_dataset_names_a_resident_or_a_rater(exports: Path) -> None:
    study = rated_study()
    names = name_everybody(study)
    lock(study)
    unblind(study)
    files = {path.name: path.read_bytes() for path in (exports / study.slug).iterdir()}
    assert {"ratings.csv", "ratings.parquet", "raters.csv", "responders.csv", "arms.json"} <= set(files)
    assert len(names) == 1 + 4 + 3
    assert {(file, name) for file, content in files.items() for name in names if name in content} == set()
