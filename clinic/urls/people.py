"""Contacts and guarantors, other names and addresses, face sheet and labels, pharmacies."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.views import face_sheets, former, pharmacies, related_persons

_DETAILS = "<uuid:patient_id>/details"

urlpatterns: list[URLPattern] = [
    path(f"{_DETAILS}/contacts/new/", related_persons.add, name="patients_relate"),
    path(f"{_DETAILS}/contacts/<uuid:person_id>/", related_persons.edit, name="related_persons_edit"),
    path(f"{_DETAILS}/contacts/<uuid:person_id>/end/", related_persons.end, name="related_persons_end"),
    path(f"{_DETAILS}/contacts/<uuid:person_id>/error/", related_persons.error, name="related_persons_error"),
    path(f"{_DETAILS}/names/new/", former.add_name, name="names_add"),
    path(f"{_DETAILS}/names/<uuid:name_id>/error/", former.name_error, name="names_error"),
    path(f"{_DETAILS}/addresses/new/", former.add_address, name="addresses_add"),
    path(f"{_DETAILS}/addresses/<uuid:address_id>/error/", former.address_error, name="addresses_error"),
    path(f"{_DETAILS}/face-sheet.pdf", face_sheets.face_sheet, name="patients_face_sheet"),
    path(f"{_DETAILS}/labels/", face_sheets.labels, name="patients_labels"),
    path(f"{_DETAILS}/labels.pdf", face_sheets.print_labels, name="patients_print_labels"),
    path("pharmacies/", pharmacies.pharmacies, name="pharmacies_list"),
    path("pharmacies/new/", pharmacies.add, name="pharmacies_add"),
    path("pharmacies/<uuid:pharmacy_id>/", pharmacies.edit, name="pharmacies_edit"),
]
