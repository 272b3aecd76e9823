"""Emergency access: asked for and ended, reviewed and reported."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import break_glass, break_glass_review

urlpatterns: list[URLPattern] = [
    path("emergency/", break_glass.start, name="break_glass_start"),
    path("<uuid:patient_id>/emergency/end/", break_glass.end, name="break_glass_end"),
    path("emergency/report/", break_glass_review.report, name="break_glass_report"),
    path("emergency/report.csv", break_glass_review.export, name="break_glass_export"),
    path("emergency/report/<uuid:break_glass_id>/", break_glass_review.review, name="break_glass_review"),
    path("emergency/report/<uuid:break_glass_id>/end/", break_glass_review.stop, name="break_glass_stop"),
]
