from django.urls import path

from study.privacy import views

urlpatterns = [
    path("account/data/", views.own_data, name="own-data"),
    path("account/data/erasure/", views.own_erasure, name="own-erasure"),
    # studies/<slug>/
    path("studies/<slug:slug>/erasures/", views.erasures, name="erasures"),
]
