"""What the report page shows for the study as it stands: the run, or what to do before there is one."""

from typing import Any

from django.urls import reverse

from study.datasets.queries import frozen_dataset
from study.datasets.record import lock_record
from study.protocol.models import Study
from study.reports.presentation import present
from study.reports.queries import AFTER_LOCK, ZIP_FILE, current_run, exports
from study.reports.rendering import describe_figures


def report_context(study: Study) -> dict[str, Any]:
    """Return the context of the report page; before the data lock it holds no number."""
    run = current_run(study)
    dataset = frozen_dataset(study)
    if run is None or dataset is None:
        return {"can_run": study.phase in AFTER_LOCK, "exports": exports(study), "zip": ZIP_FILE}
    svgs = [name for name in run.files if name.endswith(".svg")]
    sources = {name: reverse("report-figure", args=[study.slug, name]) for name in svgs}
    return {
        "run": run,
        "can_run": True,
        "report": present(run.parsed, dataset.manifest, run.results_sha256),
        "figures": describe_figures(run.parsed, sources),
        "locks": lock_record(study),
        "exports": exports(study),
        "zip": ZIP_FILE,
    }
