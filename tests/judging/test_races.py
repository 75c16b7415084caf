"""Several workers at once, on both databases."""

import threading

from django.db import connections

from study.judging.models import Judgement, JudgementAttempt, JudgementScore
from tests.judging.world import judged, small_study, started


def test_several_workers_at_once_judge_each_item_once(template_db: None) -> None:
    started(small_study(vignettes=2))

    def work() -> None:
        try:
            judged()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(Judgement.objects.values_list("state", "attempts")) == {("done", 1)}
    assert (JudgementAttempt.objects.count(), JudgementScore.objects.count()) == (8, 32)
