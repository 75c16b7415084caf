from django.urls import path

from study.reports import views

urlpatterns = [
    path("account/tokens/", views.tokens, name="tokens"),
    path("account/tokens/<int:token_id>/revoke/", views.token_revoke, name="token-revoke"),
    # studies/<slug>/
    path("studies/<slug:slug>/", views.board, name="study-board"),
    path("studies/<slug:slug>/power/", views.power, name="power"),
    path("studies/<slug:slug>/report/", views.report, name="report"),
    path("studies/<slug:slug>/report/run/", views.run, name="report-run"),
    path("studies/<slug:slug>/report/figures/<str:name>", views.figure, name="report-figure"),
    path("studies/<slug:slug>/report/download/<str:name>", views.download, name="report-download"),
]
