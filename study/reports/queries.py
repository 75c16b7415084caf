"""Reads for the board, the report and the exports. Before the data lock nothing here counts by arm."""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from study.datasets.mismatch import DatasetMismatch
from study.datasets.models import FrozenDataset
from study.datasets.queries import frozen_dataset
from study.datasets.services import NAMES_RELEASED, verify_frozen
from study.datasets.verification import dataset_folder, frozen_hashes, released_hashes
from study.protocol.audit_blinding import is_released
from study.protocol.audit_review import ShownEvent, shown_events, visible_events
from study.protocol.errors import NotFound, PhaseClosed
from study.protocol.models import Study
from study.protocol.vocabulary import Phase
from study.ratings.queries import completeness
from study.reports.excel import excel_name, excel_safe
from study.reports.models import AnalysisRun
from study.responses.models import PlannedResponse, Response
from study.responses.queries import planned_draws

AFTER_LOCK = (Phase.LOCKED, *NAMES_RELEASED)
RESULTS_FILE = "results.json"
REPORT_FILE = "report.html"
ZIP_FILE = "dataset.zip"
EVENTS_SHOWN = 50
# The earliest moment that a ZIP entry can hold: the same files give the same archive.
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def study_by_id(study_id: int) -> Study:
    study = Study.objects.filter(pk=study_id).first()
    if study is None:
        raise NotFound
    return study


@dataclass(frozen=True)
class Share:
    """How many of a number of things are done."""

    label: str
    done: int
    total: int

    def as_json(self) -> dict[str, Any]:
        return {"name": self.label, "done": self.done, "total": self.total}


@dataclass(frozen=True)
class Progress:
    """Completeness overall, by vignette and by rater: never by arm."""

    responses: Share
    ratings: Share
    guesses: Share
    responses_by_vignette: list[Share]
    ratings_by_vignette: list[Share]
    ratings_by_rater: list[Share]

    def as_json(self) -> dict[str, Any]:
        """Return the progress as programs read it."""
        return {
            name: [each.as_json() for each in value] if isinstance(value, list) else value.as_json()
            for name, value in vars(self).items()
        }


def progress(study: Study) -> Progress:
    responses = _responses_by_vignette(study)
    given, planned = sum(each.done for each in responses), sum(each.total for each in responses)
    rated = completeness(study)
    return Progress(
        responses=Share("Responses", given, planned),
        ratings=Share("Ratings", rated.rated, rated.planned),
        guesses=Share("Source guesses", rated.guesses_given, rated.guesses_asked),
        responses_by_vignette=responses,
        ratings_by_vignette=[Share(each.label, each.rated, each.planned) for each in rated.vignettes],
        ratings_by_rater=[Share(each.label, each.rated, each.planned) for each in rated.raters],
    )


def _responses_by_vignette(study: Study) -> list[Share]:
    planned = dict.fromkeys(study.study_vignettes.values_list("code", flat=True), 0)
    for code in PlannedResponse.objects.filter(study=study).values_list("study_vignette__code", flat=True):
        planned[code] += 1
    for owed in planned_draws(study):
        planned[owed.study_vignette.code] += 1
    rows = (
        Response.objects.filter(study=study).values_list("study_vignette__code").annotate(given=Count("pk"))
    )
    given = dict(rows.order_by("study_vignette__code"))
    return [Share(code, min(given.get(code, 0), total), total) for code, total in planned.items()]


def events_of(study: Study) -> list[ShownEvent]:
    """Return the latest events that may be shown: before unblinding none that tells of an author."""
    whole = is_released(study)
    return shown_events(visible_events(study, whole=whole)[:EVENTS_SHOWN], whole=whole)


def latest_run(dataset: FrozenDataset | None) -> AnalysisRun | None:
    return None if dataset is None else AnalysisRun.objects.filter(dataset=dataset).first()


def current_run(study: Study) -> AnalysisRun | None:
    """Return the run that the report shows: after unblinding only one with names."""
    run = latest_run(frozen_dataset(study))
    return run if run and run.named == (study.phase in NAMES_RELEASED) else None


@dataclass(frozen=True)
class Export:
    """One file that investigators may fetch, with the hash that it must have."""

    name: str
    sha256: str
    is_frozen: bool

    @property
    def excel(self) -> str:
        """Name of the copy for spreadsheets, which is made on request; empty for what is no CSV."""
        return excel_name(self.name)

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "sha256": self.sha256, "frozen": self.is_frozen, "excel": self.excel}


def exports(study: Study) -> list[Export]:
    """Return the files after the data lock: the frozen ones, arms.json after unblinding, and the run's."""
    dataset = frozen_dataset(study)
    if dataset is None or study.phase not in AFTER_LOCK:
        return []
    frozen = frozen_hashes(dataset)
    if study.phase in NAMES_RELEASED:
        frozen |= released_hashes(dataset)
    run = current_run(study)
    made = run.files if run else {}
    return [Export(name, sha256, True) for name, sha256 in sorted(frozen.items())] + [
        Export(name, sha256, False) for name, sha256 in sorted(made.items())
    ]


def export_content(study: Study, name: str) -> bytes:
    """Return one export's bytes, compared with its hash; the name is looked up, never joined to a path.

    The name of a copy for spreadsheets gives that copy of the file, made now.

    Raises PhaseClosed before the data lock, NotFound for a name that is not listed, DatasetMismatch when the
    file is not what it should be.
    """
    if study.phase not in AFTER_LOCK:
        raise PhaseClosed("There are no exports before the data lock.")
    listed = exports(study)
    dataset = verify_frozen(study)
    if name == ZIP_FILE:
        return _zip({each.name: _content(dataset, each) for each in listed}, study.slug)
    for each in listed:
        if each.name == name:
            return _content(dataset, each)
        if each.excel == name:
            return excel_safe(_content(dataset, each))
    raise NotFound


def _content(dataset: FrozenDataset, export: Export) -> bytes:
    try:
        content = (dataset_folder(dataset) / export.name).read_bytes()
    except OSError as error:
        raise DatasetMismatch(f"{export.name} cannot be read. Run the analysis again.") from error
    if hashlib.sha256(content).hexdigest() != export.sha256:
        raise DatasetMismatch(f"{export.name} is not the file that was stored. Run the analysis again.")
    return content


def _zip(contents: dict[str, bytes], folder: str) -> bytes:
    """Return one archive with everything that is listed; the same files give the same bytes."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in sorted(contents.items()):
            entry = zipfile.ZipInfo(f"{folder}/{name}", ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            bundle.writestr(entry, content)
    return archive.getvalue()
