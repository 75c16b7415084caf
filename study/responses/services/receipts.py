"""Receipts: short proofs that a text was stored, which the server can recompute at any time."""

import base64
import hmac

from django.utils.crypto import salted_hmac

from study.responses.models import PlannedResponse, Response

_SALT = "study.responses.receipt"


def make_receipt(*, text_sha256: str, source: str) -> str:
    """Return 8 base32 characters of an HMAC-SHA256, keyed by the installation, over text hash and source."""
    digest = salted_hmac(_SALT, f"{text_sha256}:{source}", algorithm="sha256").digest()
    return base64.b32encode(digest).decode("ascii")[:8]


def resident_source(planned_id: int) -> str:
    return f"planned:{planned_id}"


def draw_source(generation_id: int) -> str:
    return f"generation:{generation_id}"


def verify_receipt(response: Response) -> bool:
    """Whether the stored receipt belongs to the stored text of this response."""
    if response.resident_id is not None:
        planned = PlannedResponse.objects.get(
            resident_id=response.resident_id, study_vignette_id=response.study_vignette_id
        )
        source = resident_source(planned.pk)
    elif response.attempt is not None:
        source = draw_source(response.attempt.generation_id)
    else:
        return False
    expected = make_receipt(text_sha256=response.text_sha256, source=source)
    return hmac.compare_digest(expected, response.receipt)
