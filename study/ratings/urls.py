from django.urls import path

from study.ratings import views

urlpatterns = [
    # studies/<slug>/
    path("studies/<slug:slug>/rate/", views.rate_queue, name="rate-queue"),
    path("studies/<slug:slug>/rate/<int:position>/", views.rate_page, name="rate-page"),
    path("studies/<slug:slug>/rate/<int:position>/draft/", views.rate_draft, name="rate-draft"),
    path("studies/<slug:slug>/rate/<int:position>/correct/", views.rate_correct, name="rate-correct"),
    path("studies/<slug:slug>/rate/<int:position>/guess/", views.rate_guess, name="rate-guess"),
    path("studies/<slug:slug>/rating/", views.rate_open, name="rate-open"),
]
