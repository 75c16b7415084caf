import json
import subprocess
import sys
from pathlib import Path

import pytest

from study.datasets.mismatch import DatasetMismatch
from study.datasets.models import FrozenDataset
from study.datasets.services import verify_frozen
from study.datasets.verification import dataset_folder
from study.participants.models import Role
from study.protocol.errors import Conflict, NotFound, PhaseClosed
from study.protocol.models import AuditEvent, Study
from study.protocol.vocabulary import Phase
from study.reports.models import AnalysisRun
from study.reports.services import _compute, _store, run_analysis
from tests.builders import NOW, draft_study, members
from tests.datasets.world import lead, lock, rated_study, unblind

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parent.parent.parent


def _folder(study: Study) -> Path:
    return dataset_folder(FrozenDataset.objects.get(study=study))


def _run(study: Study) -> AnalysisRun:
    run = run_analysis(study_id=study.pk, person=lead(), now=NOW)
    study.refresh_from_db()
    return run


def test_before_the_lock_no_analysis_runs() -> None:
    study = rated_study()
    with pytest.raises(PhaseClosed, match="after the data lock"):
        _run(study)
    assert not AnalysisRun.objects.exists()


def test_after_the_lock_the_analysis_runs_on_codes_and_makes_no_claim() -> None:
    study = rated_study()
    lock(study)
    run = _run(study)
    assert study.phase == Phase.LOCKED
    assert not run.named
    assert run.parsed["claims"] == []
    assert {arm["name"] for arm in run.parsed["arms"]} == {""}


def test_after_the_unblinding_the_analysis_names_the_arms_and_the_study_is_reported() -> None:
    study = rated_study()
    lock(study)
    unblind(study)
    run = _run(study)
    assert study.phase == Phase.REPORTED
    assert run.named
    assert {claim["model"] for claim in run.parsed["claims"]} == {"model-1", "model-2"}


def test_the_stored_results_are_byte_for_byte_those_of_the_command_line(tmp_path: Path) -> None:
    study = rated_study()
    lock(study)
    unblind(study)
    run = _run(study)
    folder = _folder(study)
    command = [sys.executable, "-m", "analysis", "run", folder, folder / "plan.yaml", tmp_path / "out"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert (tmp_path / "out" / "results.json").read_bytes() == run.results.encode()
    assert (folder / "results.json").read_bytes() == run.results.encode()


def test_running_again_on_the_same_files_gives_the_same_run() -> None:
    study = rated_study()
    lock(study)
    assert _run(study).pk == _run(study).pk
    assert AuditEvent.objects.filter(action="reports.run_analysis").count() == 2


def test_a_changed_dataset_is_not_analysed() -> None:
    study = rated_study()
    lock(study)
    path = _folder(study) / "ratings.csv"
    path.write_bytes(path.read_bytes().replace(b",4,0,1,", b",5,0,1,", 1))
    with pytest.raises(DatasetMismatch):
        _run(study)
    assert not AnalysisRun.objects.exists()


def test_only_an_investigator_runs_the_analysis() -> None:
    study = rated_study()
    lock(study)
    rater = members(study, Role.RATER)[0].person
    with pytest.raises(NotFound):
        run_analysis(study_id=study.pk, person=rater, now=NOW)


def test_an_unknown_study_is_not_found() -> None:
    draft_study()
    with pytest.raises(NotFound):
        run_analysis(study_id=0, person=lead(), now=NOW)


def test_the_report_file_needs_no_site_and_says_that_the_data_are_simulated() -> None:
    study = rated_study()
    lock(study)
    unblind(study)
    _run(study)
    html = (_folder(study) / "report.html").read_text()
    assert "Simulated data" in html
    assert 'src="data:image/svg+xml;base64,' in html
    assert "/static/" not in html and "http://" not in html and "<script" not in html


def test_the_report_file_of_a_locked_study_names_no_arm() -> None:
    study = rated_study()
    lock(study)
    _run(study)
    names = [word for arm in study.arms.all() for word in (arm.name, arm.label)]
    plan_is_in_it = {"results.json"}
    for name in [*AnalysisRun.objects.get().files.keys() - plan_is_in_it, "manifest.json", "ratings.csv"]:
        text = (_folder(study) / name).read_text().lower()
        assert not [word for word in names if word.lower() in text], name


def test_the_manifest_names_the_hash_of_the_sealed_arms_but_not_the_arms() -> None:
    study = rated_study()
    lock(study)
    manifest = json.loads((_folder(study) / "manifest.json").read_text())
    assert len(manifest["arms_sha256"]) == 64
    assert "arms" not in manifest and "arms.json" not in manifest["files"]


def test_a_run_that_an_unblinding_overtook_is_not_stored() -> None:
    study = rated_study()
    lock(study)
    dataset = verify_frozen(study)
    outputs, results = _compute(dataset)
    assert not results["dataset"]["unblinded"]
    unblind(study)
    with pytest.raises(Conflict, match="unblinded while"):
        _store(study, lead(), dataset, False, outputs, NOW)
    assert not AnalysisRun.objects.exists()


def test_a_dataset_that_the_analysis_refuses_is_told_in_its_words(exports: Path) -> None:
    study = rated_study()
    lock(study)
    (exports / study.slug / "ratings.csv").write_text("")
    with pytest.raises(DatasetMismatch, match="The analysis refused the dataset"):
        _compute(FrozenDataset.objects.get(study=study))
