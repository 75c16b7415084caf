"""The administrators' pages: on the site map where `EQUIPOISE_ADMIN_PAGES` says so, and nowhere else."""

from django.urls import path

from study.participants import admin_views

urlpatterns = [
    path("", admin_views.accounts, name="administration"),
    path("accounts/<int:person_id>/", admin_views.account, name="administration-account"),
    path("accounts/<int:person_id>/<slug:name>/", admin_views.act, name="administration-act"),
]
