"""Printed pages: who it is about, and which page of how many, on every page."""

from __future__ import annotations

import io

import pdfplumber
import weasyprint
from django.template import engines

from emr.ui import paper

SOURCE = """
{% extends "base_print.html" %}
{% block patient_line %}LOPEZ Rosa · born 09-Mar-1954 · MRN 100 482 7{% endblock %}
{% block clinic_line %}Riverside Clinic{% endblock %}
{% block printed %}Printed 23-Nov-2026 10:42{% endblock %}
{% block content %}{% for number in range(120) %}<p>Łukasz, line <b>{{ number }}</b></p>{% endfor %}{% endblock %}
"""


def test_every_page_names_the_patient_and_its_number() -> None:
    html = engines["jinja2"].from_string(SOURCE).render({})
    style = weasyprint.CSS(string=paper.stylesheet())
    data = weasyprint.HTML(string=html).write_pdf(stylesheets=[style])
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        total = len(pdf.pages)
        assert total > 1
        for number, page in enumerate(pdf.pages, start=1):
            text = page.extract_text()
            assert "LOPEZ Rosa · born 09-Mar-1954 · MRN 100 482 7" in text
            assert "Riverside Clinic" in text
            assert "Printed 23-Nov-2026 10:42" in text
            assert f"Page {number} of {total}" in text


def test_the_head_keeps_patient_and_clinic_apart() -> None:
    html = engines["jinja2"].from_string(SOURCE).render({})
    data = weasyprint.HTML(string=html).write_pdf(stylesheets=[weasyprint.CSS(string=paper.stylesheet())])
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        words = {word["text"]: word for word in pdf.pages[0].extract_words()}
        assert words["Clinic"]["x1"] > 0.85 * float(pdf.pages[0].width)
        assert words["LOPEZ"]["x0"] < 0.15 * float(pdf.pages[0].width)
