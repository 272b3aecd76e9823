"""Intake for staff, and what the manager sets up for it."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import consents, intake, intake_review, questionnaires

_P = "<uuid:patient_id>/intake"
_ANSWERS = f"{_P}/answers/<uuid:response_id>"
_CONSENT = f"{_P}/consents/<uuid:consent_id>"
_WAY = f"{_P}/ways/<uuid:intake_id>"
_Q = "questionnaires/<uuid:questionnaire_id>"
_TEXT = "questionnaires/texts/<uuid:form_id>"

urlpatterns: list[URLPattern] = [
    path("intake/", intake_review.review, name="intake_review"),
    path(f"{_P}/", intake.intake_list, name="intake_list"),
    path(f"{_P}/send/", intake.send, name="intake_send"),
    path(f"{_WAY}/code/", intake.code, name="intake_code"),
    path(f"{_WAY}/withdraw/", intake.withdraw, name="intake_withdraw"),
    path(f"{_CONSENT}/withdraw/", consents.withdraw, name="consents_withdraw"),
    path(f"{_CONSENT}/error/", consents.error, name="consents_error"),
    path(f"{_CONSENT}/print/", consents.print_one, name="consents_print"),
    path(f"{_P}/fill/<uuid:questionnaire_id>/", intake_review.fill, name="intake_fill"),
    path(f"{_ANSWERS}/", intake_review.answers, name="intake_answers"),
    path(f"{_ANSWERS}/accept/", intake_review.accept, name="intake_accept"),
    path(f"{_ANSWERS}/reject/", intake_review.reject, name="intake_reject"),
    path(f"{_ANSWERS}/decide/", intake_review.decide, name="intake_decide"),
    path("questionnaires/", questionnaires.questionnaire_list, name="questionnaires_list"),
    path("questionnaires/add-shipped/", questionnaires.add_shipped, name="questionnaires_shipped"),
    path("questionnaires/new/", questionnaires.new, name="questionnaires_new"),
    path(f"{_Q}/", questionnaires.detail, name="questionnaires_detail"),
    path(f"{_Q}/edit/", questionnaires.edit, name="questionnaires_edit"),
    path(f"{_Q}/standing/", questionnaires.standing, name="questionnaires_standing"),
    path("questionnaires/texts/new/", questionnaires.text_new, name="texts_new"),
    path(f"{_TEXT}/", questionnaires.text_detail, name="texts_detail"),
    path(f"{_TEXT}/edit/", questionnaires.text_edit, name="texts_edit"),
    path(f"{_TEXT}/standing/", questionnaires.text_standing, name="texts_standing"),
]
