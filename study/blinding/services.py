"""Sealing: canonical texts, the curator's decisions, anonymous items and their key, exclusions.

This is the one place that sees a response and its item together.
"""

import secrets
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from study.blinding.commitment import commitment_salt, committed_items
from study.blinding.inputs import CanonicalResponse, Preparation
from study.blinding.key import CommittedItems, SealKey, StudySecret
from study.blinding.models import (
    BlindedItem,
    ExclusionRun,
    FlagDecision,
    ItemCommitment,
    ItemExclusion,
    ScanFlag,
    SealCandidate,
)
from study.blinding.normalise import NORMALISER_VERSION, is_empty, normalise_sections
from study.blinding.public_ids import UNRATED, public_ids, secret_of_simulation, waves
from study.blinding.queries import flags_of, raters_without_exclusions, sealing_blockers, study_words
from study.blinding.scan import SCAN_VERSION, cut_spans, scan_sections
from study.blinding.withdrawal import forget_candidates
from study.participants.models import Participant, Person, Role
from study.protocol.commitments import items_sha256, items_text
from study.protocol.errors import Conflict, InvalidInput, NotFound, NotPermitted, PreconditionMissing
from study.protocol.models import Study
from study.protocol.queries import robustness_of
from study.protocol.transactions import locked_study, move_phase, record_event
from study.protocol.vocabulary import Phase
from study.responses.models import AnsweringClosure, Response
from vignettes.variants import ORIGINAL


def prepare_sealing(*, study_id: int, person: Person, now: datetime) -> Preparation:
    """Normalise and scan every response with text, as candidates in public-id order; safe to repeat.

    A response whose text is empty gets no candidate and no item; refused, truncated and unparsed texts do.
    Raises PreconditionMissing while answering is open or when there is no text at all, and Conflict when
    texts changed after a curator began to decide.
    """
    with locked_study(study_id, Phase.ANSWERING) as study:
        if not AnsweringClosure.objects.filter(study=study).exists():
            raise PreconditionMissing("Answering is still open. Close it first. Nothing was changed.")
        wanted = _canonical_by_id(study, _create_secret(study))
        if not wanted:
            raise PreconditionMissing("No response holds any text, so there is nothing to seal.")
        if _decided(study):
            _require_same_texts(study, wanted)
        else:
            _replace_candidates(study, wanted)
        total = Response.objects.filter(study=study).count()
        result = Preparation(len(wanted), flags_of(study).count(), total - len(wanted))
        detail = {
            "texts": result.texts,
            "flags": result.flags,
            "normaliser": NORMALISER_VERSION,
            "scan": SCAN_VERSION,
        }
        record_event(study=study, person=person, action="blinding.prepare_sealing", now=now, detail=detail)
    return result


def _create_secret(study: Study) -> str:
    """Return the study's secret, drawn at first use; a simulated study repeats its own from the seed."""
    is_drawn = not study.simulated
    value = secrets.token_bytes(32).hex() if is_drawn else secret_of_simulation(study.slug, study.seed)
    return StudySecret.objects.get_or_create(study_id=study.pk, defaults={"secret": value})[0].secret


def _canonical_by_id(study: Study, secret: str) -> dict[str, CanonicalResponse]:
    """Return public id -> canonical response, in public-id order; responses without text are left out."""
    responses = Response.objects.filter(study=study).select_related("study_vignette").order_by("id")
    canonical = [
        CanonicalResponse(
            response_id=response.pk,
            study_vignette_id=response.study_vignette_id,
            vignette_code=response.study_vignette.code,
            sections=sections,
            variant=response.variant,
            draw=response.draw,
        )
        for response in responses
        if not is_empty(sections := normalise_sections(response.sections))
    ]
    ids = public_ids(secret, ((each.vignette_code, each.sections) for each in canonical))
    return dict(sorted(zip(ids, canonical, strict=True), key=lambda pair: pair[0]))


def _decided(study: Study) -> bool:
    return FlagDecision.objects.filter(flag__candidate__study=study).exists()


def _require_same_texts(study: Study, wanted: dict[str, CanonicalResponse]) -> None:
    left = SealCandidate.objects.filter(study=study).exclude(sections={})
    prepared = dict(left.values_list("public_id", "sections"))
    if prepared != {public_id: each.sections for public_id, each in wanted.items()}:
        raise Conflict("The texts are not those that were prepared for the curator. Nothing was changed.")


def forget_withdrawn_texts(study: Study) -> int:
    """Forget prepared texts that were withdrawn before sealing; the caller holds the act and its lock."""
    is_prepared = study.phase == Phase.ANSWERING and SealCandidate.objects.filter(study=study).exists()
    return forget_candidates(study, _canonical_by_id(study, _create_secret(study))) if is_prepared else 0


def _replace_candidates(study: Study, wanted: dict[str, CanonicalResponse]) -> None:
    SealCandidate.objects.filter(study=study).delete()
    words = study_words(study)
    for public_id, each in wanted.items():
        candidate = SealCandidate.objects.create(
            study=study,
            study_vignette_id=each.study_vignette_id,
            public_id=public_id,
            sections=each.sections,
            normaliser_version=NORMALISER_VERSION,
        )
        ScanFlag.objects.bulk_create(
            ScanFlag(
                candidate=candidate,
                section=span.section,
                start=span.start,
                end=span.end,
                phrase=span.phrase[:200],
                rule=span.rule[:40],
            )
            for span in scan_sections(each.sections, words)
        )


def decide_flag(
    *, flag_id: int, curator: Participant, choice: str, reason: str, now: datetime
) -> FlagDecision:
    """Keep or cut one flagged span. The same decision again changes nothing, another is a new revision."""
    reason = reason.strip()
    with locked_study(curator.study_id, Phase.ANSWERING) as study:
        flag = _flag_for(study, curator, flag_id)
        if choice not in FlagDecision.Choice.values or not reason:
            raise InvalidInput("Choose keep or cut, and give a reason. Nothing was stored.")
        latest = flag.decision
        if latest and (latest.choice, latest.reason) == (choice, reason):
            return latest
        revision = latest.revision + 1 if latest else 1
        decision = FlagDecision.objects.create(
            flag=flag, revision=revision, choice=choice, reason=reason, curator=curator, decided_at=now
        )
        detail = {"flag": flag.pk, "choice": choice, "revision": revision}
        record_event(
            study=study,
            person=curator.person,
            action="blinding.decide_flag",
            now=now,
            detail=detail,
            reason=reason,
        )
    return decision


def _flag_for(study: Study, curator: Participant, flag_id: int) -> ScanFlag:
    if curator.role != Role.CURATOR:
        raise NotPermitted("Only the study's curator decides about flagged spans.")
    flag = ScanFlag.objects.filter(pk=flag_id, candidate__study=study).first()
    if flag is None:
        raise NotFound
    return flag


def seal_study(*, study_id: int, person: Person, now: datetime) -> int:
    """Seal all responses at once and return the number of items; the study moves on to sealed.

    Answers to variants are sealed like all others; whether raters get them is what the plan says now.
    Raises PreconditionMissing while answering is open, nothing is prepared, a flag has no decision, or the
    cuts leave a text empty; Conflict when the texts are not the prepared ones. Nothing is half done.
    """
    with locked_study(study_id, Phase.ANSWERING) as study:
        blockers = sealing_blockers(study)
        if blockers:
            raise PreconditionMissing(
                "The study cannot be sealed yet. Nothing was changed.", details=blockers
            )
        secret = _create_secret(study)
        prepared = _canonical_by_id(study, secret)
        _require_same_texts(study, prepared)
        sealed = _apply_cuts(study, prepared)
        _insert_items(study, secret, sealed, now)
        move_phase(study, Phase.SEALED)
        _derive(study, study.participants.filter(role=Role.RATER), now)
        _verify_seal(study, len(prepared))
        digest = _commit(study, now)
        detail = {"items": len(sealed), "normaliser": NORMALISER_VERSION, "items_sha256": digest}
        record_event(study=study, person=person, action="blinding.seal_study", now=now, detail=detail)
    return len(sealed)


def _apply_cuts(study: Study, prepared: dict[str, CanonicalResponse]) -> list[CanonicalResponse]:
    """Return the responses with their final text; `prepared` goes by the candidates' public ids."""
    cuts: dict[str, dict[str, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    for flag in flags_of(study):
        if flag.decision and flag.decision.choice == FlagDecision.Choice.CUT:
            cuts[flag.candidate.public_id][flag.section].append((flag.start, flag.end))
    sealed, emptied = [], []
    for public_id, each in prepared.items():
        texts = {code: cut_spans(text, cuts[public_id][code]) for code, text in each.sections.items()}
        sections = normalise_sections(texts) if public_id in cuts else each.sections
        if is_empty(sections):
            emptied.append(f"Text {public_id[:8]} would be empty: keep at least one of its flagged spans.")
        sealed.append(CanonicalResponse(**{**vars(each), "sections": sections}))
    if emptied:
        raise PreconditionMissing("The cuts leave a text empty. Nothing was changed.", details=emptied)
    return sorted(sealed, key=lambda each: each.response_id)


def _insert_items(study: Study, secret: str, sealed: list[CanonicalResponse], now: datetime) -> None:
    ids = public_ids(secret, ((each.vignette_code, each.sections) for each in sealed))
    ordered = sorted(zip(ids, sealed, strict=True), key=lambda pair: pair[0])
    wave_of = _waves(study, secret, sealed)
    items = BlindedItem.objects.bulk_create(
        BlindedItem(
            study=study,
            study_vignette_id=each.study_vignette_id,
            public_id=public_id,
            variant=each.variant,
            sections=each.sections,
            wave=wave_of[each.vignette_code].get((each.variant, each.draw), UNRATED),
            normaliser_version=NORMALISER_VERSION,
            sealed_at=now,
        )
        for public_id, each in ordered
    )
    SealKey.objects.bulk_create(
        SealKey(study_id=study.pk, item_id=item.pk, response_id=each.response_id)
        for item, (_, each) in zip(items, ordered, strict=True)
    )


def _waves(
    study: Study, secret: str, sealed: list[CanonicalResponse]
) -> dict[str, dict[tuple[str, int], int]]:
    """Return the waves of each vignette; what raters do not rate has none."""
    is_rated = robustness_of(study).rated
    draws = sorted({(each.variant, each.draw) for each in sealed if is_rated or each.variant == ORIGINAL})
    return {code: waves(secret, code, draws) for code in {each.vignette_code for each in sealed}}


def _verify_seal(study: Study, expected: int) -> None:
    items = BlindedItem.objects.filter(study=study).count()
    keys = SealKey.objects.filter(study_id=study.pk).values("item_id", "response_id").distinct().count()
    if not items == keys == expected:
        raise RuntimeError(f"sealing made {items} items and {keys} keys of {expected} texts")


def _commit(study: Study, now: datetime) -> str:
    """Store the salted hash of which response each item is, and with the key what it hashes."""
    keys = dict(SealKey.objects.filter(study_id=study.pk).values_list("item_id", "response_id"))
    salt, document = commitment_salt(study), items_text(committed_items(study, keys))
    digest = items_sha256(salt, document)
    CommittedItems.objects.create(study_id=study.pk, salt=salt, document=document)
    ItemCommitment.objects.create(study=study, sha256=digest, committed_at=now)
    return digest


def derive_exclusions(
    *, study: Study, now: datetime, person: Person | None = None, raters: Iterable[Participant] | None = None
) -> int:
    """Derive exclusions for raters who joined after sealing and return how many there were; safe to repeat.

    `raters` defaults to all raters of the study for whom it has not run.
    """
    with locked_study(study.pk, Phase.SEALED, Phase.RATING) as locked:
        late = list(raters_without_exclusions(locked) if raters is None else raters)
        _derive(locked, late, now)
        detail = {"raters": [rater.pk for rater in late]}
        record_event(study=locked, person=person, action="blinding.derive_exclusions", now=now, detail=detail)
    return len(late)


def _derive(study: Study, raters: Iterable[Participant], now: datetime) -> None:
    """Write who must not meet which item: own site, where the study says so. The reason is not stored."""
    sites = _site_of_item(study) if study.exclude_own_site else {}
    for rater in raters:
        known = set(ItemExclusion.objects.filter(rater=rater).values_list("item_id", flat=True))
        own = [
            item for item, site in sites.items() if site and site == _site(rater.site) and item not in known
        ]
        ItemExclusion.objects.bulk_create(ItemExclusion(item_id=item, rater=rater) for item in sorted(own))
        ExclusionRun.objects.get_or_create(rater=rater, defaults={"study": study, "derived_at": now})


def _site_of_item(study: Study) -> dict[int, str]:
    keys = dict(SealKey.objects.filter(study_id=study.pk).values_list("response_id", "item_id"))
    written = Response.objects.filter(pk__in=keys, resident__isnull=False).values_list("pk", "resident__site")
    return {keys[response_id]: _site(site) for response_id, site in written}


def _site(name: str) -> str:
    return " ".join(name.split()).casefold()
