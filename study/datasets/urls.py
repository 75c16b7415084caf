from django.urls import path

from study.datasets import views

urlpatterns = [
    # studies/<slug>/
    path("studies/<slug:slug>/lock/", views.lock, name="dataset-lock"),
    path("studies/<slug:slug>/emergency/", views.emergency, name="emergency"),
    path("studies/<slug:slug>/unblind/", views.unblind, name="dataset-unblind"),
]
