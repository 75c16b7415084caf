"""Forgetting prepared texts whose answers were withdrawn before sealing; the caller holds the act's lock."""

from collections.abc import Collection

from study.blinding.models import FlagDecision, ScanFlag, SealCandidate
from study.protocol.models import Study


def forget_candidates(study: Study, still_there: Collection[str]) -> int:
    """Forget the prepared texts whose public id is not among those `still_there`; return their number.

    A text that a curator has decided about leaves its decisions, which are kept, and no word of itself.
    """
    gone = SealCandidate.objects.filter(study=study).exclude(public_id__in=still_there)
    decided = FlagDecision.objects.filter(flag__candidate__in=gone).values("flag_id")
    number = gone.count()
    ScanFlag.objects.filter(candidate__in=gone).exclude(pk__in=decided).delete()
    ScanFlag.objects.filter(candidate__in=gone).update(phrase="", rule="")
    gone.filter(flags__isnull=True).delete()
    gone.update(sections={})
    return number
