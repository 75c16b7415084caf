"""The texts beside the tables: the arms' names, the manifest, and the hash that the data lock signs."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from analysis import schema
from study.blinding.models import BlindedItem
from study.datasets.generations import attempt_entry, distinct_facts
from study.datasets.inputs import Pseudonyms
from study.datasets.judging import judge_entries
from study.datasets.pseudonyms import keyed_digest
from study.datasets.queries import sealed_responses, signatures_for, study_secret
from study.datasets.rating_rows import open_assignments
from study.datasets.style import whole_text
from study.datasets.writer import WrittenFile
from study.engines.base import NOT_TOLD
from study.protocol.audit_chain import audit_head
from study.protocol.models import Arm, Study
from study.protocol.queries import approval_exception
from study.protocol.records import NO_PROFILE
from study.protocol.vocabulary import ArmKind
from study.ratings.models import Allocation
from study.responses.models import GenerationAttempt, ModelSetup
from study.responses.prompts import SYSTEM_PROMPTS

WATERMARK = schema.WATERMARK_TEXT


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def to_json(value: Mapping[str, Any]) -> str:
    """Return the one text of a JSON document: sorted keys, one space of indent, LF at the end."""
    return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def arms_text(study: Study, names: Pseudonyms) -> str:
    """Return arms.json: what each arm code means.

    Its hash stands in the manifest while the names are still sealed. Without the salt, whoever knows the arms
    could find the few possible permutations by trying them.
    """
    arms = {names.arms[arm.pk]: _arm_entry(arm) for arm in study.arms.all()}
    salt = keyed_digest(study_secret(study), "datasets.arms_salt", study.slug)
    return to_json({"arms": arms, "salt": salt})


def texts_text(study: Study) -> str:
    """Return texts.json: every sealed response before and after normalising.

    Released with the names and not before: raw typography would tell the arm.
    """
    pairs = [(item, response) for item, response in sealed_responses(study) if response.sections]
    written = {item.public_id: whole_text(response.sections) for item, response in pairs}
    return to_json(
        {"written": written, "sealed": {item.public_id: whole_text(item.sections) for item, _ in pairs}}
    )


def _arm_entry(arm: Arm) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": arm.name,
        "kind": arm.kind,
        "level": arm.level or None,
        "label": arm.label,
    }
    setup = ModelSetup.objects.filter(arm=arm).first()
    if arm.kind == ArmKind.MODEL:
        entry["family"] = _family(setup)
    if setup is not None:
        entry["provenance"] = _provenance(setup)
    return entry


def _family(setup: ModelSetup | None) -> str:
    profile = setup.profile if setup is not None else {}
    return str(profile.get("family") or schema.UNKNOWN_FAMILY)


def _provenance(setup: ModelSetup) -> dict[str, Any]:
    attempts = GenerationAttempt.objects.filter(generation__arm=setup.arm_id).select_related(
        "generation__study_vignette"
    )
    return {
        "engine": setup.engine,
        "model": setup.model,
        "revision": setup.revision or NOT_TOLD,
        "profile": setup.profile or NO_PROFILE,
        "prompt_version": setup.prompt_version,
        "system_prompt": setup.system_prompt or SYSTEM_PROMPTS.get(setup.prompt_version, NOT_TOLD),
        "serve": setup.serve,
        "sampling": setup.sampling,
        "draws": setup.draws,
        "recorded": distinct_facts(attempts),
        "attempts": [attempt_entry(attempt) for attempt in attempts.order_by("generation_id", "number")],
    }


def data_sha256(tables: Mapping[str, bytes], *, plan_sha256: str, arms_sha256: str, texts_sha256: str) -> str:
    """Return the hash that both signatures of the data lock name: tables, plan, arms and texts."""
    parts = [f"{name} {hashlib.sha256(tables[name]).hexdigest()}" for name in sorted(tables)]
    parts += [f"plan {plan_sha256}", f"arms {arms_sha256}", f"texts {texts_sha256}"]
    return sha256_of("\n".join(parts))


def pseudonym_table(names: Pseudonyms) -> dict[str, dict[str, str | int]]:
    """Return who is behind each pseudonym; it stays in the database."""
    authors: dict[str, dict[str, str | int]] = {
        name: {"kind": author.kind, "id": author.number} for author, name in names.authors.items()
    }
    raters: dict[str, dict[str, str | int]] = {
        name: {"kind": "rater", "id": rater} for rater, name in names.raters.items()
    }
    return authors | raters


def manifest_of(
    study: Study,
    *,
    files: Mapping[str, WrittenFile],
    counts: Mapping[str, int],
    said: Mapping[str, Any],
    now: datetime,
) -> dict[str, Any]:
    """Return the manifest: what was frozen, from what, and the SHA-256 of every file.

    `said` holds the hashes of what was signed, and what it says of commitment, emergencies and withdrawals.
    """
    normalisers = BlindedItem.objects.filter(study=study).values_list("normaliser_version", flat=True)
    return {
        "format": schema.FORMAT,
        "study": {
            "slug": study.slug,
            "title": study.title,
            "simulated": study.simulated,
            "watermark": WATERMARK if study.simulated else None,
        },
        **said,
        "rubric": study.rubric_version,
        "normaliser": "+".join(sorted(set(normalisers))),
        "frozen_at": now.isoformat(),
        "approval_exception": _exception(study),
        "data_lock": _data_lock(study, said["data_sha256"]),
        "seeds": _seeds(study),
        "judges": judge_entries(study),
        # The trail up to the freeze: whoever holds this file can tell whether it was cut or rewritten later.
        "audit_head": audit_head(study).as_json(),
        "counts": dict(counts),
        "files": {name: file.entry() for name, file in sorted(files.items())},
    }


def _exception(study: Study) -> dict[str, str] | None:
    signature = approval_exception(study)
    if signature is None:
        return None
    return {"signed_by": signature.person.name or signature.person.email, "reason": signature.reason}


def _data_lock(study: Study, data: str) -> dict[str, Any]:
    signed = [
        {
            "signed_by": signature.person.name or signature.person.email,
            "signed_at": signature.signed_at.isoformat(),
            "statement": signature.statement,
            "reason": signature.reason,
        }
        for signature in signatures_for(study, data)
    ]
    return {"signatures": signed, "open_ratings": open_assignments(study).count()}


def _seeds(study: Study) -> dict[str, Any]:
    allocation = Allocation.objects.filter(study=study).first()
    seeds: dict[str, Any] = {"study": study.seed}
    if allocation is not None:
        seeds["allocation"] = allocation.seed
        seeds["allocation_algorithm"] = allocation.algorithm
        seeds["allocation_sha256"] = allocation.sha256
    return seeds


def counts_of(tables: Mapping[str, list[Any]]) -> dict[str, int]:
    """Return the numbers that a reader checks first."""
    statuses = Counter(row["status"] for row in tables["responses"])
    return {
        "vignettes": len({row["vignette"] for row in tables["responses"]}),
        "responders": len(tables["responders"]),
        "raters": len(tables["raters"]),
        "responses_planned": len(tables["responses"]),
        **{f"responses_{status}": statuses[status] for status in schema.STATUSES},
        "ratings": len(tables["harms"]),
        "guesses": len(tables["guesses"]),
        "judges": len(tables["judges"]),
        "judgements": len({(row["response"], row["judge"]) for row in tables["judgements"]}),
    }
