"""A study that is not simulated: its people show a second factor; its files name no simulation."""

from django.urls import reverse

from tests.accounts.people import set_up_app, sign_in
from tests.datasets.world import lock, rated_study


def test_a_real_study_has_exports_without_the_word_simulated_in_their_name(template_db: None) -> None:
    study = rated_study(simulated=False)
    lock(study)
    client = sign_in("lead@example.org")
    set_up_app(client)
    response = client.get(reverse("report-download", args=[study.slug, "ratings.csv"]))
    assert response["Content-Disposition"] == f'attachment; filename="{study.slug}-ratings.csv"'
