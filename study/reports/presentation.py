"""The results document as a reader meets it: claims, tables, methods, and what it all rests on. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from study.reports.judges import judges_section
from study.reports.quality import quality_tables
from study.reports.reliability import reliability_refusals, reliability_tables
from study.reports.robustness import robustness_tables
from study.reports.style import style_section
from study.reports.tables import Section, Table, effect_tables
from study.reports.variants import variants_section

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Claim:
    sentence: str
    is_headline: bool


@dataclass(frozen=True)
class Report:
    """Everything that the report page and report.html show, in reading order."""

    watermark: str
    is_named: bool
    headlines: list[Claim]
    others: list[Claim]
    warnings: list[str]
    effects: list[Table]
    robustness: list[Table]
    quality: list[Table]
    style: Section | None
    reliability: list[Table]
    refusals: list[str]
    variants: Section | None
    judges: Section | None
    methods: str
    words: list[str]
    exception: Record | None
    facts: list[tuple[str, str]]
    signatures: list[str]


def present(results: Record, manifest: Record, results_sha256: str) -> Report:
    """Return the report of one results document on the dataset with this manifest."""
    claims = [Claim(each["sentence"], each["role"] == "headline") for each in results["claims"]]
    return Report(
        watermark=results["study"]["watermark"] or "",
        is_named=bool(results["dataset"]["unblinded"]),
        headlines=[claim for claim in claims if claim.is_headline],
        others=[claim for claim in claims if not claim.is_headline],
        warnings=[*results["faults"], *results["notes"]],
        effects=effect_tables(results),
        robustness=robustness_tables(results),
        quality=quality_tables(results),
        style=style_section(results),
        reliability=reliability_tables(results),
        refusals=reliability_refusals(results),
        variants=variants_section(results),
        judges=judges_section(results),
        methods=results["methods"],
        words=results["results_text"],
        exception=results["dataset"]["approval_exception"],
        facts=_facts(results, manifest, results_sha256),
        signatures=_signatures(manifest),
    )


def _facts(results: Record, manifest: Record, results_sha256: str) -> list[tuple[str, str]]:
    software = ", ".join(f"{name} {version}" for name, version in sorted(results["software"].items()))
    counts = manifest["counts"]
    given = counts["responses_planned"] - counts["responses_missing"] - counts["responses_empty"]
    return [
        ("Responses", f"{given} of {counts['responses_planned']} planned were given"),
        ("Ratings", f"{counts['ratings']} by {counts['raters']} raters"),
        ("Open ratings at the lock", str(manifest["data_lock"]["open_ratings"])),
        ("Data frozen", _moment(manifest["frozen_at"])),
        ("Plan, SHA-256", manifest["plan_sha256"]),
        ("Manifest, SHA-256", results["dataset"]["manifest_sha256"]),
        ("Results, SHA-256", results_sha256),
        *_trail(manifest),
        ("Rubric and normaliser", f"{manifest['rubric']} and {manifest['normaliser']}"),
        ("Software", software),
    ]


def _trail(manifest: Record) -> list[tuple[str, str]]:
    """Return the head of the audit trail at the freeze; datasets of the first formats name none."""
    head = manifest.get("audit_head")
    if head is None:
        return []
    return [("Audit trail at the freeze", f"{head['sequence']} events, head {head['sha256']}")]


def _signatures(manifest: Record) -> list[str]:
    return [
        f"{each['signed_by']}, {_moment(each['signed_at'])}: {each['statement']}"
        + (f" Reason: {each['reason']}" if each["reason"] else "")
        for each in manifest["data_lock"]["signatures"]
    ]


def _moment(text: str) -> str:
    moment = datetime.fromisoformat(text)
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"
