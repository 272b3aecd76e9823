"""The URLs of money: lists under ``billing/``, what belongs to one patient under the patient."""

from __future__ import annotations

from django.urls import include, path, register_converter

from billing.views import (
    authorizations,
    batches,
    charges,
    claim_money,
    claim_pages,
    claims,
    fees,
    histories,
    manual_remittances,
    partners,
    payments,
    payments_day,
    ready,
    remittances,
    rules,
    supporting_info,
    vaccine_services,
)
from scheduling.urls import DayConverter

app_name = "billing"

register_converter(DayConverter, "business_day")

_LISTS = [
    path("ready/", ready.charges_ready, name="charges_ready"),
    path("ready/claims/", ready.claims_make, name="claims_make"),
    path("claims/", claims.claims_list, name="claims_list"),
    path("claims/export/", claims.claims_export, name="claims_export"),
    path("claims/submit/", claims.claims_submit, name="claims_submit"),
    path("claims/check/", claims.claims_check, name="claims_check"),
    path("batches/", batches.batches_list, name="batches_list"),
    path("batches/new/", batches.batches_new, name="batches_new"),
    path("batches/calibration/", batches.batches_calibration, name="batches_calibration"),
    path("batches/<uuid:batch_id>/", batches.batches_detail, name="batches_detail"),
    path("batches/<uuid:batch_id>/redraw/", batches.batches_redraw, name="batches_redraw"),
    path("rules/", rules.rules_list, name="rules_list"),
    path("rules/new/", rules.rules_add, name="rules_add"),
    path("rules/<uuid:rule_id>/", rules.rules_edit, name="rules_edit"),
    path("partners/", partners.partners_list, name="partners_list"),
    path("partners/<uuid:partner_id>/", partners.partners_edit, name="partners_edit"),
    path("remittances/", remittances.remittances_list, name="remittances_list"),
    path("remittances/enter/", manual_remittances.remittances_enter, name="remittances_enter"),
    path("remittances/receive/", remittances.remittances_receive, name="remittances_receive"),
    path("remittances/<uuid:reconciliation_id>/", remittances.remittances_detail, name="remittances_detail"),
    path("remittances/<uuid:reconciliation_id>/post/", remittances.remittances_post, name="remittances_post"),
    path("remittances/<uuid:reconciliation_id>/payer/", remittances.remittances_payer, name="remittances_payer"),
    path("remittances/<uuid:reconciliation_id>/aside/", remittances.remittances_set_aside, name="remittances_aside"),
    path(
        "remittances/<uuid:reconciliation_id>/decision/",
        manual_remittances.remittances_decision,
        name="remittances_decision",
    ),
    path(
        "remittances/<uuid:reconciliation_id>/decisions/<uuid:entered_id>/out/",
        manual_remittances.remittances_take_out,
        name="remittances_take_out",
    ),
    path("fees/", fees.fees_list, name="fees_list"),
    path("fees/<uuid:schedule_id>/", fees.fees_edit, name="fees_edit"),
    path("fees/<uuid:schedule_id>/end/", fees.fees_end, name="fees_end"),
    path("fees/<uuid:schedule_id>/import/", fees.fees_import, name="fees_import"),
    path("vaccines/", vaccine_services.vaccines_list, name="vaccines_list"),
    path("vaccines/remove/", vaccine_services.vaccines_remove, name="vaccines_remove"),
    path("vaccines/import/", vaccine_services.vaccines_import, name="vaccines_import"),
    path("payments/", payments_day.day, name="payments_day"),
    path("payments/export/", payments_day.day_export, name="payments_day_export"),
    path("payments/<business_day:day>/close/", payments_day.close, name="payments_close"),
    path("payments/<business_day:day>/deposit/", payments_day.deposit_slip, name="payments_deposit"),
    path("services/", charges.services_search, name="services_search"),
]

_CHART = [
    path("billing/", claim_pages.patient_panel, name="patient_panel"),
    path("visits/<uuid:encounter_id>/charges/", charges.charges_edit, name="charges_edit"),
    path("visits/<uuid:encounter_id>/charges/<uuid:charge_id>/void/", charges.charges_void, name="charges_void"),
    path("visits/<uuid:encounter_id>/charges/vaccines/", charges.charges_vaccines, name="charges_vaccines"),
    path("visits/<uuid:encounter_id>/charges/<uuid:charge_id>/move/", charges.charges_move, name="charges_move"),
    path(
        "visits/<uuid:encounter_id>/charges/<uuid:charge_id>/billable/",
        charges.charges_billable,
        name="charges_billable",
    ),
    path("visits/<uuid:encounter_id>/particulars/", supporting_info.particulars_edit, name="particulars_edit"),
    path("visits/<uuid:encounter_id>/claim/", claim_pages.claims_create, name="claims_create"),
    path("claims/<uuid:claim_id>/", claim_pages.claims_detail, name="claims_detail"),
    path("charges/<uuid:charge_id>/history/", histories.charges, name="charges_history"),
    path("claims/<uuid:claim_id>/history/", histories.claims, name="claims_history"),
    path("claims/<uuid:claim_id>/refresh/", claim_pages.claims_refresh, name="claims_refresh"),
    path("claims/<uuid:claim_id>/submit/", claim_pages.claims_submit_one, name="claims_submit_one"),
    path("claims/<uuid:claim_id>/void/", claim_pages.claims_void, name="claims_void"),
    path("payments/", payments.panel, name="payments_panel"),
    path("payments/visit/<uuid:appointment_id>/", payments.panel, name="payments_panel"),
    path("payments/balance/", payments.balance, name="balance_panel"),
    path("payments/credit/", payments.use_credit, name="payments_credit"),
    path("payments/refund/", payments.give_back, name="payments_refund"),
    path("payments/forward/", payments.forward, name="payments_forward"),
    path("payments/<uuid:payment_id>/receipt/", payments.receipt, name="payments_receipt"),
    path("payments/<uuid:payment_id>/reverse/", payments.reverse_one, name="payments_reverse"),
    path("claims/<uuid:claim_id>/replace/", claim_pages.claims_replace, name="claims_replace"),
    path("claims/<uuid:claim_id>/write-off/", claim_money.claims_write_off, name="claims_write_off"),
    path("claims/<uuid:claim_id>/transfer/", claim_money.claims_transfer, name="claims_transfer"),
    path("claims/<uuid:claim_id>/refund/", claim_money.claims_refund, name="claims_refund"),
    path("claims/<uuid:claim_id>/undo/<uuid:transaction_id>/", claim_money.ledger_undo, name="ledger_undo"),
    path("authorizations/", authorizations.authorizations_list, name="authorizations_list"),
    path("authorizations/new/", authorizations.authorizations_add, name="authorizations_add"),
    path("authorizations/<uuid:authorization_id>/", authorizations.authorizations_edit, name="authorizations_edit"),
    path(
        "authorizations/<uuid:authorization_id>/error/",
        authorizations.authorizations_error,
        name="authorizations_error",
    ),
    path("claims/<uuid:claim_id>/authorization/", authorizations.claims_authorize, name="claims_authorize"),
    path("claims/<uuid:claim_id>/remedy/", authorizations.claims_remedy, name="claims_remedy"),
    path("claims/<uuid:claim_id>/print/", claim_pages.claims_print, name="claims_print"),
]

urlpatterns = [path("billing/", include(_LISTS)), path("patients/<uuid:patient_id>/", include(_CHART))]
