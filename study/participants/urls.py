from django.urls import path

from study.participants import audit_views, protocol_views, views

urlpatterns = [
    path("", views.home, name="home"),
    path("invitation/<str:token>/", views.invitation, name="invitation"),
    path("studies/new/", views.new_study, name="study-new"),
    # studies/<slug>/
    path("studies/<slug:slug>/consent/", views.consent, name="consent"),
    path("studies/<slug:slug>/people/", views.people, name="people"),
    path(
        "studies/<slug:slug>/people/invitations/<int:invitation_id>/revoke/",
        views.revoke,
        name="people-revoke",
    ),
    path("studies/<slug:slug>/protocol/", protocol_views.protocol, name="protocol"),
    path(
        "studies/<slug:slug>/protocol/approve/<int:position>/",
        protocol_views.approve,
        name="protocol-approve",
    ),
    path("studies/<slug:slug>/protocol/exception/", protocol_views.exception, name="protocol-exception"),
    path("studies/<slug:slug>/audit/", audit_views.audit, name="audit"),
    path("studies/<slug:slug>/plan/", protocol_views.plan, name="plan"),
    path("studies/<slug:slug>/plan/lock/", protocol_views.plan_lock, name="plan-lock"),
]
