"""Who may open which chart, and why."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import access, explain

_ONE = "<uuid:patient_id>/access"

urlpatterns: list[URLPattern] = [
    path("access/", access.charts, name="access_charts"),
    path("access/explain/", explain.explain, name="access_explain"),
    path(f"{_ONE}/", access.chart, name="access_chart"),
    path(f"{_ONE}/restrict/", access.restrict, name="access_restrict"),
    path(f"{_ONE}/grant/", access.grant, name="access_grant"),
    path(f"{_ONE}/grants/<uuid:grant_id>/revoke/", access.revoke, name="access_revoke"),
    path(f"{_ONE}/deny/", access.deny, name="access_deny"),
    path(f"{_ONE}/denials/<uuid:denial_id>/lift/", access.lift, name="access_lift"),
]
