"""The site map: pages by stage, the API for programs, accounts; administrators' pages where switched on."""

from django.conf import settings
from django.urls import URLResolver, include, path

from study.protocol import views as protocol_views

handler404 = "study.protocol.views.missing_page"
handler500 = "study.protocol.views.broken_page"

pages = [
    path("health/", protocol_views.health, name="health"),
    path("account/", include("study.account_urls")),
    path("api/v1/", include("study.api_urls")),
    path("", include("study.participants.urls")),
    path("", include("study.responses.urls")),
    path("", include("study.blinding.urls")),
    path("", include("study.ratings.urls")),
    path("", include("study.judging.urls")),
    path("", include("study.privacy.urls")),
    path("", include("study.datasets.urls")),
    path("", include("study.reports.urls")),
]
administration: list[URLResolver] = [path("administration/", include("study.participants.admin_urls"))]

urlpatterns = [*pages, *(administration if settings.ADMIN_PAGES else [])]
