"""The state of the data as the data lock signs it, before any file exists."""

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.schema import WATERMARK_TEXT
from study.datasets.documents import arms_text, data_sha256, pseudonym_table, sha256_of, texts_text
from study.datasets.inputs import Row
from study.datasets.mismatch import DatasetMismatch, require
from study.datasets.queries import collect, draw_pseudonyms
from study.datasets.tables import RowError, build_tables
from study.datasets.writer import table_bytes
from study.protocol.models import AnalysisPlan, Study
from study.protocol.queries import locked_plan
from study.protocol.vocabulary import Phase


@dataclass(frozen=True)
class Snapshot:
    """The tables, their CSV bytes by file name, the plan, the arms and texts as JSON, the hash of it all."""

    tables: Mapping[str, list[Row]]
    files: Mapping[str, bytes]
    plan: AnalysisPlan
    arms: str
    texts: str
    data_sha256: str
    pseudonyms: Mapping[str, Mapping[str, str | int]]

    @property
    def arms_sha256(self) -> str:
        return sha256_of(self.arms)

    @property
    def texts_sha256(self) -> str:
        return sha256_of(self.texts)

    @property
    def hashes(self) -> dict[str, str]:
        """Return what the manifest says about the plan, the arms, the texts and the signed data."""
        return {
            "plan_sha256": self.plan.sha256,
            "arms_sha256": self.arms_sha256,
            "texts_file_sha256": self.texts_sha256,
            "data_sha256": self.data_sha256,
        }


def take_snapshot(study: Study) -> Snapshot:
    """Read the study's data as they stand; raises DatasetMismatch when rows do not add up."""
    plan = locked_plan(study)
    require(plan is not None, "no plan was locked by signature")
    assert plan is not None  # noqa: S101  said above, for the type checker
    collected = collect(study)
    names = draw_pseudonyms(study, collected)
    try:
        tables = build_tables(collected, names, watermark=WATERMARK_TEXT if study.simulated else "")
    except RowError as error:
        raise DatasetMismatch(
            f"The dataset was not written: {error}. Ask who runs this installation."
        ) from error
    files = table_bytes(tables)
    arms, texts = arms_text(study, names), texts_text(study)
    return Snapshot(
        tables=tables,
        files=files,
        plan=plan,
        arms=arms,
        texts=texts,
        data_sha256=data_sha256(
            files,
            plan_sha256=plan.sha256,
            arms_sha256=sha256_of(arms),
            texts_sha256=sha256_of(texts),
        ),
        pseudonyms=pseudonym_table(names),
    )


def data_to_sign(study: Study) -> str:
    """Return the hash that a data-lock signature would name now; nothing outside rating."""
    return take_snapshot(study).data_sha256 if study.phase == Phase.RATING else ""
