"""Running the study's plan on its frozen dataset, and putting the results beside it."""

import hashlib
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from analysis import schema
from study.datasets import writer
from study.datasets.mismatch import DatasetMismatch
from study.datasets.models import FrozenDataset
from study.datasets.services import NAMES_RELEASED, verify_frozen
from study.datasets.verification import dataset_folder
from study.engines.text import clean_json
from study.participants.models import Person, Role
from study.participants.policies import participant_of
from study.participants.tokens import require_investigator
from study.protocol.errors import Conflict, InvalidInput, PhaseClosed
from study.protocol.models import Study
from study.protocol.transactions import locked_study, move_phase, record_event
from study.protocol.vocabulary import Phase
from study.reports.models import AnalysisRun
from study.reports.queries import AFTER_LOCK, REPORT_FILE, RESULTS_FILE, latest_run, study_by_id
from study.reports.rendering import figure_texts, standalone_report
from vignettes.bank import LoadReport, store_contents
from vignettes.schema import load_bytes
from vignettes.strict_yaml import BankError
from vignettes.structure import to_canonical


def run_analysis(*, study_id: int, person: Person, now: datetime) -> AnalysisRun:
    """Run the locked plan on the frozen files: on arm codes, and after unblinding with the arms' names.

    The computation runs outside any transaction, because it takes seconds; the run is stored only when the
    study is still where it was. The first named run moves the study to reported. Running again on the same
    files gives the same run.

    Raises PhaseClosed before the data lock, DatasetMismatch when a frozen file was changed, Conflict when the
    study was unblinded meanwhile.
    """
    study = study_by_id(study_id)
    participant_of(person, study.slug, Role.INVESTIGATOR)
    if study.phase not in AFTER_LOCK:
        raise PhaseClosed("The analysis runs after the data lock: no figure by arm exists before.")
    dataset = verify_frozen(study)
    named = study.phase in NAMES_RELEASED
    outputs, results = _compute(dataset)
    sha256 = _sha256(outputs[RESULTS_FILE])
    outputs |= {name: text.encode() for name, text in figure_texts(results).items()}
    outputs[REPORT_FILE] = standalone_report(study, dataset, results, sha256).encode()
    return _store(study, person, dataset, named, outputs, now)


def _compute(dataset: FrozenDataset) -> tuple[dict[str, bytes], Mapping[str, Any]]:
    """Return the files that `python -m analysis run` writes for this dataset, and the results."""
    from analysis.dataset import DatasetError  # noqa: PLC0415  the statistics libraries cost seconds
    from analysis.run import run  # noqa: PLC0415

    folder = dataset_folder(dataset)
    with tempfile.TemporaryDirectory() as out:
        try:
            results = run(folder, folder / schema.PLAN_FILE, Path(out))
        except DatasetError as error:
            raise DatasetMismatch(f"The analysis refused the dataset. {error}") from error
        files = {path.name: path.read_bytes() for path in sorted(Path(out).iterdir())}
    return files, results


def _store(
    study: Study,
    person: Person,
    dataset: FrozenDataset,
    named: bool,
    outputs: Mapping[str, bytes],
    now: datetime,
) -> AnalysisRun:
    with locked_study(study.pk, *AFTER_LOCK) as locked:
        if (locked.phase in NAMES_RELEASED) != named:
            raise Conflict("The study was unblinded while the analysis ran. Run it again.")
        run = _stored_run(dataset, named, outputs, now)
        if locked.phase == Phase.UNBLINDED:
            move_phase(locked, Phase.REPORTED)
        detail = {"named": named, "results_sha256": run.results_sha256}
        record_event(study=locked, person=person, action="reports.run_analysis", now=now, detail=detail)
        for name, content in outputs.items():
            writer.replace_file(dataset_folder(dataset), name, content)
    return run


def _stored_run(
    dataset: FrozenDataset, named: bool, outputs: Mapping[str, bytes], now: datetime
) -> AnalysisRun:
    """Return the latest run when it has the same files, else a new one."""
    hashes = {name: _sha256(content) for name, content in sorted(outputs.items())}
    bundle = _sha256("\n".join(f"{name} {sha256}" for name, sha256 in hashes.items()).encode())
    run = latest_run(dataset)
    if run is not None and (run.named, run.bundle_sha256) == (named, bundle):
        return run
    return AnalysisRun.objects.create(
        dataset=dataset,
        named=named,
        plan_sha256=dataset.manifest["plan_sha256"],
        results=outputs[RESULTS_FILE].decode(),
        results_sha256=hashes[RESULTS_FILE],
        files=hashes,
        bundle_sha256=bundle,
        ran_at=now,
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def import_vignette(*, person: Person, content: bytes, now: datetime) -> LoadReport:
    """Store one vignette file in the bank; raises InvalidInput with "body:line: field: what is wrong"."""
    require_investigator(person)
    try:
        with transaction.atomic():
            vignette = load_bytes(content, name="body")
            if clean_json(to_canonical(vignette)) != to_canonical(vignette):
                raise InvalidInput("The vignette was not stored. A text holds the character NUL.")
            report = store_contents([vignette], now=now)
            detail = {"created": report.created, "revised": report.revised}
            record_event(study=None, person=person, action="reports.import_vignette", now=now, detail=detail)
    except BankError as error:
        details = [str(problem) for problem in error.problems]
        raise InvalidInput("The vignette was not stored.", details=details) from error
    return report
