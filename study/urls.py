"""The site map: pages by stage, the API for programs, accounts."""

from django.urls import include, path

from study.protocol import views as protocol_views

handler404 = "study.protocol.views.missing_page"
handler500 = "study.protocol.views.broken_page"

urlpatterns = [
    path("health/", protocol_views.health, name="health"),
    path("account/", include("study.account_urls")),
    path("api/v1/", include("study.api_urls")),
    path("", include("study.participants.urls")),
    path("", include("study.responses.urls")),
    path("", include("study.blinding.urls")),
    path("", include("study.ratings.urls")),
    path("", include("study.judging.urls")),
    path("", include("study.datasets.urls")),
    path("", include("study.reports.urls")),
]
