"""What may be done, each once. Roles (roles.py) are lists of these; code asks ``user.has_perm(Permission.X)``."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """A right that a role can have. The value is ``<room>.<verb>``."""

    # People
    FIND_PATIENTS = "patients.find"
    REGISTER_PATIENTS = "patients.register"
    VIEW_DEMOGRAPHICS = "patients.view_demographics"
    EDIT_DEMOGRAPHICS = "patients.edit_demographics"
    VIEW_COVERAGE = "coverages.view"
    EDIT_COVERAGE = "coverages.edit"
    # The chart
    VIEW_CHART = "chart.view"
    EDIT_CHART = "chart.edit"
    RECORD_VITALS = "vitals.record"
    VIEW_ENCOUNTERS = "encounters.view"
    EDIT_ENCOUNTERS = "encounters.edit"
    VIEW_NOTES = "notes.view"
    WRITE_NOTES = "notes.write"
    SIGN_NOTES = "notes.sign"
    # Time
    VIEW_SCHEDULE = "schedule.view"
    BOOK_APPOINTMENTS = "appointments.book"
    CHECK_IN = "appointments.check_in"
    MANAGE_SCHEDULES = "schedules.manage"
    # Money
    VIEW_BILLING = "billing.view"
    EDIT_CHARGES = "charges.edit"
    CREATE_CLAIMS = "claims.create"
    EXPORT_CLAIMS = "claims.export"
    MANAGE_FEES = "fees.manage"
    # The house
    VIEW_PEOPLE = "people.view"
    MANAGE_PEOPLE = "people.manage"
    MANAGE_CLINIC = "clinic.manage"
    SEARCH_CODES = "codes.search"
    VIEW_JOBS = "jobs.view"
    VIEW_ALL_JOBS = "jobs.view_all"
    VIEW_AUDIT = "audit.view"
    IMPORT_RECORDS = "records.import"
    VIEW_GALLERY = "gallery.view"
