"""The worker's turn at the queue of judgements: claim one, ask outside any transaction, store once.

The same turn runs in `manage.py work`, in a Celery task for one row, and in tests.
"""

from django.utils import timezone

from study.judging.models import Judgement
from study.judging.services.asking import engine_for, request_for
from study.judging.services.queue import claim_next, claim_row, held_judgement, store_reply
from study.protocol.leases import sweep
from study.protocol.working import Clock, Keeper, lease_seconds, settle_error, worker_name

keeper = Keeper(Judgement)


def run_judgement(judgement_id: int, token: str, *, clock: Clock = timezone.now) -> str:
    """Ask the judge for a claimed row and store what came back; return the row's new state.

    Returns "" when the lease is no longer held: then nothing was stored. Interruptions give the row back and
    return INTERRUPTED, refusals of the server fail it; neither raises.
    """
    row = held_judgement(judgement_id, token)
    if row is None:
        return ""
    with keeper.keeping(token):  # also while the storing waits for the study's lock
        return _judge(row, clock)


def _judge(row: Judgement, clock: Clock) -> str:
    try:
        request = request_for(row)
        result = engine_for(row).generate(request)
        return store_reply(
            judgement_id=row.pk,
            token=row.lease_token,
            result=result,
            messages=request.messages,
            now=clock(),
        )
    except Exception as error:  # noqa: BLE001  told apart and logged there
        return settle_error(row, error, clock())


def run_row(judgement_id: int, *, clock: Clock = timezone.now) -> str:
    """Claim one row and run it; "" when it is not due or somebody else has it."""
    row = claim_row(
        judgement_id=judgement_id, now=clock(), worker=worker_name(), lease_seconds=lease_seconds()
    )
    return run_judgement(row.pk, row.lease_token, clock=clock) if row else ""


def take_turn(*, clock: Clock = timezone.now) -> list[str]:
    """Sweep, then claim the row that is due longest and run it; return what became of it, if any was due."""
    sweep(Judgement, now=clock())
    row = claim_next(now=clock(), worker=worker_name(), lease_seconds=lease_seconds())
    return [run_judgement(row.pk, row.lease_token, clock=clock)] if row else []
