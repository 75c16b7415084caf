"""`manage.py verify_audit`: one line that begins with ok, or a line per finding and the exit status 1."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from study.datasets.models import FrozenDataset
from study.protocol.audit_chain import audit_head
from study.protocol.models import AuditEvent, Study
from tests.protocol.attacks import sql, unguarded
from tests.protocol.trail import DRAFT, play, play_to

pytestmark = pytest.mark.django_db


def verify(*arguments: str) -> tuple[int, str]:
    """Return the exit status and what was printed."""
    out = StringIO()
    try:
        call_command("verify_audit", *arguments, stdout=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


def cut_the_last_event(study: Study) -> None:
    """Cut the last event, and move the head back: within the database nothing tells."""
    *_, before, last = AuditEvent.objects.filter(chain=study.pk).order_by("sequence")
    assert last.changes == 0 or last.action == "participants.consent"
    with unguarded("study_auditevent", "study_audithead", "study_rowchange", "study_consent"):
        sql("DELETE FROM study_rowchange WHERE act = %s", last.act)
        sql("DELETE FROM study_auditevent WHERE id = %s", last.pk)
        statement = "UPDATE study_audithead SET sequence = %s, sha256 = %s WHERE chain = %s"
        sql(statement, before.sequence, before.sha256, study.pk)


def test_a_whole_trail_is_one_line_and_a_success() -> None:
    play(DRAFT)
    status, printed = verify()
    assert (status, bool(re.fullmatch(r"ok: \d+ events, \d+ changes, \d+ rows\n", printed))) == (0, True)
    assert verify("trial")[0] == 0


def test_a_finding_is_a_line_and_a_failure() -> None:
    study = play(DRAFT)
    Study.objects.filter(pk=study.pk).update(title="By the shell")
    status, printed = verify()
    assert status == 1
    assert re.match(rf"study_study {study.pk}: UPDATE by system at .* UTC has no event\.\n", printed)


def test_many_findings_of_a_kind_are_counted_and_the_first_ones_named() -> None:
    study = play(DRAFT)
    for number in range(30):
        Study.objects.filter(pk=study.pk).update(title=f"Title {number}")
    lines = verify()[1].splitlines()
    assert (len(lines), lines[-1]) == (21, "changes without an event: and 10 more.")


def test_heads_that_were_printed_before_tell_of_a_cut_tail(tmp_path: Path) -> None:
    study = play(15)  # the last step is a consent
    heads = tmp_path / "heads.txt"
    heads.write_text(verify("--heads")[1], encoding="utf-8")
    assert verify("--anchors", str(heads))[0] == 0
    head = audit_head(study)
    cut_the_last_event(study)
    assert (
        f"trial: the head {head} was noted, and the chain does not have it."
        in verify("--anchors", str(heads))[1]
    )
    assert "was noted" in verify("trial", "--anchor", str(head))[1]


def test_the_head_in_a_manifest_is_compared_by_itself() -> None:
    study = play_to("locked")
    dataset = FrozenDataset.objects.get(study=study)
    dataset.manifest["audit_head"] = {"sequence": 3, "sha256": "f" * 64}
    with unguarded("study_frozendataset"):
        FrozenDataset.objects.filter(pk=dataset.pk).update(manifest=dataset.manifest)
    assert "trial: the head 3-ffffffffffffffff was noted" in verify()[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "There is no study nowhere"),
        (["--anchor", "3-abc"], "belongs to a study"),
        (["trial", "--anchor", "three"], "is no head"),
        (["--anchors", "no such file"], "cannot be read"),
    ],
)
def test_what_cannot_be_compared_is_refused(arguments: list[str], message: str) -> None:
    play(2)
    with pytest.raises(CommandError, match=message):
        call_command("verify_audit", *arguments)


def test_a_file_of_other_heads_is_refused(tmp_path: Path) -> None:
    play(2)
    (tmp_path / "heads.txt").write_text("elsewhere 3 abc\n", encoding="utf-8")
    with pytest.raises(CommandError, match="is no head of a chain of this installation"):
        call_command("verify_audit", "--anchors", str(tmp_path / "heads.txt"))
