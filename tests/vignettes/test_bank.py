"""Loading the bank: idempotent, versioned, all or nothing."""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from vignettes.bank import LoadReport, latest_versions, load_bank
from vignettes.models import Vignette, VignetteVersion
from vignettes.schema import BankError, VignetteContent

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 12, tzinfo=UTC)
CODES = ("TEST-01", "TEST-02")

pytestmark = pytest.mark.django_db


def change(bank: Path, old: str, new: str) -> None:
    path = bank / "TEST-01.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def test_the_first_load_makes_version_one_of_every_vignette(bank: Path) -> None:
    assert load_bank(bank, now=NOW) == LoadReport(created=CODES, revised=(), unchanged=(), absent=())
    assert list(VignetteVersion.objects.values_list("vignette__code", "number", "loaded_at")) == [
        ("TEST-01", 1, NOW),
        ("TEST-02", 1, NOW),
    ]


def test_a_second_load_of_the_same_files_changes_nothing(bank: Path) -> None:
    load_bank(bank, now=NOW)
    before = list(VignetteVersion.objects.values())
    assert load_bank(bank, now=LATER).unchanged == CODES
    assert list(VignetteVersion.objects.values()) == before


def test_a_changed_text_becomes_the_next_version_and_leaves_the_first(bank: Path) -> None:
    load_bank(bank, now=NOW)
    first = VignetteVersion.objects.get(vignette__code="TEST-01")
    change(bank, "None known.", "None known today.")
    assert load_bank(bank, now=LATER).revised == ("TEST-01",)
    assert [version.number for version in latest_versions()] == [2, 1]
    assert VignetteVersion.objects.get(pk=first.pk).content == first.content


def test_a_refused_file_leaves_the_database_as_it_was(bank: Path) -> None:
    change(bank, "difficulty: 1", "difficulty: 7")
    with pytest.raises(BankError):
        load_bank(bank, now=NOW)
    assert Vignette.objects.count() == 0


def test_a_return_to_an_older_text_is_refused_and_nothing_else_is_loaded(bank: Path) -> None:
    load_bank(bank, now=NOW)
    change(bank, "None known.", "None known today.")
    load_bank(bank, now=NOW)
    change(bank, "None known today.", "None known.")
    other = bank / "TEST-02.yaml"
    other.write_text(other.read_text(encoding="utf-8").replace("None known.", "None."), encoding="utf-8")
    with pytest.raises(BankError, match="version 1 already"):
        load_bank(bank, now=LATER)
    assert VignetteVersion.objects.count() == 3


def test_a_vignette_without_a_file_stays_and_is_reported(bank: Path) -> None:
    load_bank(bank, now=NOW)
    (bank / "TEST-02.yaml").unlink()
    assert load_bank(bank, now=NOW).absent == ("TEST-02",)
    assert latest_versions().count() == 2


def test_a_time_without_zone_is_refused(bank: Path) -> None:
    with pytest.raises(ValueError, match="time zone"):
        load_bank(bank, now=NOW.replace(tzinfo=None))


def test_a_stored_version_gives_the_vignette_of_its_file(bank: Path, valid_content: VignetteContent) -> None:
    load_bank(bank, now=NOW)
    version = VignetteVersion.objects.select_related("vignette").get(vignette__code="TEST-01")
    assert version.parsed == valid_content
    assert version.content_sha256 == version.parsed.sha256
    assert str(version) == "TEST-01 version 1"
    assert str(version.vignette) == "TEST-01"


@pytest.mark.parametrize(
    "name",
    [
        "scenario",
        "question",
        "key_points",
        "common_errors",
        "trap",
        "reference_answer",
        "difficulty",
        "strata",
        "title",
    ],
)
def test_an_accessor_gives_the_part_of_the_content(
    bank: Path, valid_content: VignetteContent, name: str
) -> None:
    load_bank(bank, now=NOW)
    version = VignetteVersion.objects.get(vignette__code="TEST-01")
    assert getattr(version, name) == getattr(valid_content, name)


@pytest.mark.parametrize("changes", [{"number": 1}, {"number": 2}, {"number": 0, "content_sha256": "0" * 64}])
def test_the_database_refuses_a_doubled_number_a_doubled_text_and_number_zero(
    bank: Path, changes: dict[str, object]
) -> None:
    load_bank(bank, now=NOW)
    fields = ("vignette_id", "number", "title", "content", "content_sha256", "loaded_at")
    first = VignetteVersion.objects.filter(vignette__code="TEST-01").values(*fields).get()
    with pytest.raises(IntegrityError), transaction.atomic():
        VignetteVersion.objects.create(**{**first, **changes})


def test_a_vignette_with_versions_cannot_be_deleted(bank: Path) -> None:
    load_bank(bank, now=NOW)
    with pytest.raises(ProtectedError):
        Vignette.objects.get(code="TEST-01").delete()


def test_the_command_says_what_it_did_and_what_has_no_file(bank: Path) -> None:
    load_bank(bank, now=NOW)
    (bank / "TEST-02.yaml").unlink()
    out = StringIO()
    call_command("load_bank", str(bank), stdout=out)
    assert "0 created, 0 revised, 1 unchanged (not clinically approved)" in out.getvalue()
    assert "not in the files: TEST-02" in out.getvalue()


def test_the_command_fails_with_every_problem(bank: Path) -> None:
    change(bank, "difficulty: 1", "difficulty: 7")
    with pytest.raises(CommandError, match=r"TEST-01\.yaml:12: difficulty: 7 is outside 1 to 3"):
        call_command("load_bank", str(bank))
