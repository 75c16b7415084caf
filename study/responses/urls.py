from django.urls import path

from study.responses import views

urlpatterns = [
    path("studies/<slug:slug>/answer/", views.answer_list, name="answer-list"),
    path("studies/<slug:slug>/answer/receipts/", views.answer_receipts, name="answer-receipts"),
    path("studies/<slug:slug>/answer/<int:position>/", views.answer_page, name="answer-page"),
    path("studies/<slug:slug>/answer/<int:position>/draft/", views.answer_draft, name="answer-draft"),
    path("studies/<slug:slug>/models/", views.model_list, name="model-list"),
    path("studies/<slug:slug>/models/retry/", views.model_retry, name="model-retry"),
    path("studies/<slug:slug>/models/<slug:name>/setup/", views.model_setup, name="model-setup"),
    path("studies/<slug:slug>/answering/open/", views.answering_open, name="answering-open"),
    path("studies/<slug:slug>/answering/close/", views.answering_close, name="answering-close"),
]
