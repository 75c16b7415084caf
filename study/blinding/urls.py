from django.urls import path

from study.blinding import views

urlpatterns = [
    # studies/<slug>/
    path("studies/<slug:slug>/curate/", views.curate, name="curate"),
    path("studies/<slug:slug>/curate/<int:flag_id>/", views.decide, name="curate-decide"),
    path("studies/<slug:slug>/seal/", views.seal, name="seal"),
    path("studies/<slug:slug>/seal/prepare/", views.prepare, name="seal-prepare"),
    path("studies/<slug:slug>/seal/confirm/", views.seal_confirm, name="seal-confirm"),
    path("studies/<slug:slug>/seal/exclusions/", views.exclusions, name="seal-exclusions"),
]
