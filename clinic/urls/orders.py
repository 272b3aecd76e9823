"""Orders and results."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import orders, orders_outstanding, results
from clinic.views.rooms import add_view, list_view

_P = "<uuid:patient_id>"
_REPORT = f"{_P}/results/<uuid:report_id>"
_ONE = f"{_P}/orders/<uuid:order_id>"
assert orders.ROOM.add is not None  # noqa: S101  it has an entry

urlpatterns: list[URLPattern] = [
    path(f"{_P}/orders/", list_view(orders.ROOM), name="orders_list"),
    path(f"{_P}/orders/add/", add_view(orders.ROOM, orders.ROOM.add), name="orders_add"),
    path(f"{_ONE}/", orders.detail, name="orders_detail"),
    path(f"{_ONE}/sign/", orders.sign, name="orders_sign"),
    path(f"{_ONE}/move/", orders.move, name="orders_move"),
    path(f"{_ONE}/done/", orders.done, name="orders_done"),
    path(f"{_ONE}/hold/", orders.hold, name="orders_hold"),
    path(f"{_ONE}/cancel/", orders.cancel, name="orders_cancel"),
    path(f"{_ONE}/error/", orders.error, name="orders_error"),
    path(f"{_ONE}/requisition/", orders.requisition, name="orders_print"),
    path(f"{_ONE}/result/", results.add, name="orders_result"),
    path("orders/", orders_outstanding.worklist, name="orders_worklist"),
    path("results/", results.worklist, name="results_worklist"),
    path(f"{_P}/results/add/", results.add, name="results_add"),
    path(f"{_REPORT}/", results.detail, name="results_detail"),
    path(f"{_REPORT}/review/", results.review, name="results_review"),
    path(f"{_REPORT}/release/", results.release, name="results_release"),
    path(f"{_REPORT}/more/", results.more, name="results_more"),
    path(f"{_REPORT}/error/", results.error, name="results_error"),
    path(f"{_P}/reports/<uuid:report_id>/history/", results.history, name="reports_history"),
    path(f"{_REPORT}/<uuid:result_id>/correct/", results.correct, name="results_correct"),
    path(f"{_ONE}/history/", orders.history, name="orders_history"),
]
