"""URLs of people and of the clinic itself."""

from __future__ import annotations

from django.urls import path

from emr.accounts.views import factors, invitations, people, sessions

app_name = "accounts"

urlpatterns = [
    path("", people.people_list, name="people_list"),
    path("add/", people.people_add, name="people_add"),
    path("<uuid:user_id>/", people.people_edit, name="people_edit"),
    path("<uuid:user_id>/practitioner/", people.practitioners_edit, name="practitioners_edit"),
    path("clinic/factors/", factors.factors_roles, name="factors_roles"),
    path("<uuid:user_id>/factors/", factors.factors_edit, name="factors_edit"),
    path("<uuid:user_id>/factors/reset/", factors.factors_reset, name="factors_reset"),
    path("<uuid:user_id>/identity/", factors.identity_edit, name="identity_edit"),
    path("<uuid:user_id>/unlock/", people.people_unlock, name="people_unlock"),
    path("<uuid:user_id>/sign-out/", people.people_sign_out, name="people_sign_out"),
    path("<uuid:user_id>/invitation/send/", invitations.invitations_send, name="invitations_send"),
    path("<uuid:user_id>/invitation/withdraw/", invitations.invitations_withdraw, name="invitations_withdraw"),
    path("invitation/<str:token>/", invitations.invitations_accept, name="invitations_accept"),
    path("sessions/<int:session_id>/end/", sessions.sessions_end, name="sessions_end"),
    path("session/", sessions.session_status, name="session_status"),
    path("session/extend/", sessions.session_extend, name="session_extend"),
    path("session/resume/", sessions.session_resume, name="session_resume"),
    path("clinic/", people.clinic_edit, name="clinic_edit"),
]
