from django.urls import path

from study.judging import views

urlpatterns = [
    path("studies/<slug:slug>/judges/", views.judge_list, name="judge-list"),
    path("studies/<slug:slug>/judges/new/", views.judge_new, name="judge-new"),
    path("studies/<slug:slug>/judges/retry/", views.judge_retry, name="judge-retry"),
    path("studies/<slug:slug>/judges/<slug:name>/setup/", views.judge_setup, name="judge-setup"),
    path("studies/<slug:slug>/judges/<slug:name>/start/", views.judge_start, name="judge-start"),
]
