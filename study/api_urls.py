"""The API for programs; every address needs an investigator's token."""

from django.urls import path

from study.reports import api

urlpatterns = [
    path("schema/", api.Schema.as_view(), name="api-schema"),
    path("vignettes", api.vignettes, name="api-vignettes"),
    path("worker-health", api.health, name="api-worker-health"),
    path("studies/<slug:slug>/answers", api.answers, name="api-answers"),
    path("studies/<slug:slug>/progress", api.study_progress, name="api-progress"),
    path("studies/<slug:slug>/exports", api.export_list, name="api-exports"),
    path("studies/<slug:slug>/exports/<str:name>", api.export_file, name="api-export"),
]
