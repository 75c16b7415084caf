"""Each rater, vignette or resident left out in turn; complete tables are tested all at once."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from analysis.differences import block_table
from analysis.estimate import ENGINE_REML, ENGINE_TWO_WAY, Array, MeanTest, t_test
from analysis.primary import NARROW_CONFIDENCE, two_way_random_t
from analysis.sensitivities.findings import Finding, NotAvailableError, Parameters, Subject, subset
from analysis.sensitivities.unequal_blocks import UnequalBlocks, unequal_blocks


def _others(n: int) -> NDArray[np.int64]:
    """Row i holds every place but i, shape (n, n - 1)."""
    return np.array([[j for j in range(n) if j != i] for i in range(n)], dtype=np.int64).reshape(n, n - 1)


def _one_by_one(subject: Subject, labels: NDArray[np.str_]) -> Iterator[MeanTest]:
    for name in np.unique(labels):
        yield subject.test(subset(subject.differences, labels != name))


def _findings(subject: Subject, labels: NDArray[np.str_], tests: Iterator[MeanTest]) -> list[Finding]:
    return [
        subject.finding(test, subset(subject.differences, labels != name), f"without {name}")
        for name, test in zip(np.unique(labels), tests, strict=True)
    ]


def _complete(subject: Subject) -> bool:
    """Whether the primary engine was the one for complete, nested blocks of equal size."""
    return subject.primary.engine == ENGINE_TWO_WAY


def _cells(subject: Subject) -> Array:
    table = block_table(subject.differences, subject.block_labels)
    return np.asarray(table.sums / table.counts)


def _from_tables(subject: Subject, tables: Array) -> Iterator[MeanTest]:
    found = two_way_random_t(tables, margin=subject.margin, confidence=subject.plan.confidence)
    return (found.test((i,)) for i in range(len(tables)))


def _named(labels: NDArray[np.str_], what: str) -> None:
    if len(np.unique(labels)) < 2:
        raise NotAvailableError(f"there are fewer than 2 {what} to leave one out")


def leave_one_rater_out(subject: Subject, parameters: Parameters) -> list[Finding]:  # noqa: ARG001
    """Every rater left out in turn."""
    labels = subject.differences.rater
    _named(labels, "raters")
    if not _complete(subject):
        return _findings(subject, labels, _one_by_one(subject, labels))
    cells = _cells(subject)
    tables = np.moveaxis(cells[:, _others(cells.shape[1])], 1, 0)
    return _findings(subject, labels, _from_tables(subject, tables))


def leave_one_resident_out(subject: Subject, parameters: Parameters) -> list[Finding]:  # noqa: ARG001
    """Every resident left out in turn."""
    labels = subject.differences.second
    _named(labels, "residents")
    if not _complete(subject) or subject.blocks != "second":
        return _findings(subject, labels, _one_by_one(subject, labels))
    cells = _cells(subject)
    return _findings(subject, labels, _from_tables(subject, cells[_others(len(cells))]))


def leave_one_vignette_out(subject: Subject, parameters: Parameters) -> list[Finding]:  # noqa: ARG001
    """Every vignette left out in turn; the blocks are then unequal, so the engine is REML."""
    labels = subject.differences.vignette
    _named(labels, "vignettes")
    if not _many_at_once(subject):
        return _findings(subject, labels, _one_by_one(subject, labels))
    table = block_table(subject.differences, labels)
    names, place = np.unique(labels, return_index=True)
    blocks = np.unique(subject.block_labels[place], return_inverse=True)[1]
    rest = _others(len(names))
    fits = unequal_blocks(table.sums[rest], blocks[rest])
    return _findings(subject, labels, (_as_test(subject, fits, i) for i in range(len(names))))


def _many_at_once(subject: Subject) -> bool:
    """Whether all remainders have unequal blocks of which some hold several vignettes, and every rater."""
    if not _complete(subject):
        return False
    pairs = np.unique(np.stack([subject.block_labels, subject.differences.vignette]), axis=1)[0]
    sizes = np.unique(pairs, return_counts=True)[1]
    raters = len(np.unique(subject.differences.rater))
    # One rater, one block, or blocks of one vignette make two of the model's factors the same.
    return bool(sizes.min() >= 2 and len(sizes) >= 2 and raters >= 2)


def _as_test(subject: Subject, fits: UnequalBlocks, i: int) -> MeanTest:
    if not np.isfinite(fits.se[i]):
        return MeanTest(ENGINE_REML, None, "the model cannot be fitted to what is left")
    parts = {
        "resident": fits.block,
        "vignette": fits.vignette,
        "rater": fits.rater,
        "residual": fits.residual,
    }
    components = {name: float(values[i]) for name, values in parts.items()}
    return t_test(
        ENGINE_REML,
        float(fits.estimate[i]),
        float(fits.se[i]),
        float(fits.df[i]),
        margin=subject.margin,
        confidence=subject.plan.confidence,
        narrow_confidence=NARROW_CONFIDENCE,
        components=components,
        rater_share=float(fits.rater_share[i]),
        singular=tuple(name for name, value in components.items() if value == 0),
    )
