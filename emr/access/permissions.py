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
    MERGE_PATIENTS = "patients.merge"
    VIEW_COVERAGE = "coverages.view"
    EDIT_COVERAGE = "coverages.edit"
    MANAGE_INTAKE = "intake.manage"
    REVIEW_INTAKE = "intake.review"
    # The chart
    VIEW_CHART = "chart.view"
    EDIT_CHART = "chart.edit"
    RECORD_VITALS = "vitals.record"
    VIEW_ENCOUNTERS = "encounters.view"
    EDIT_ENCOUNTERS = "encounters.edit"
    VIEW_HISTORY = "chart.history"
    VIEW_NOTES = "notes.view"
    WRITE_NOTES = "notes.write"
    SIGN_NOTES = "notes.sign"
    SIGN_ORDERS = "orders.sign"
    REVIEW_RESULTS = "results.review"
    FILE_RESULTS = "results.file"
    UNLOCK_NOTES = "notes.unlock"
    # Time
    VIEW_SCHEDULE = "schedule.view"
    BOOK_APPOINTMENTS = "appointments.book"
    CHECK_IN = "appointments.check_in"
    MOVE_FLOW = "flow.move"
    MANAGE_SCHEDULES = "schedules.manage"
    VIEW_REPORTS = "reports.view"
    # Money
    VIEW_BILLING = "billing.view"
    EDIT_CHARGES = "charges.edit"
    CREATE_CLAIMS = "claims.create"
    EXPORT_CLAIMS = "claims.export"
    MANAGE_FEES = "fees.manage"
    TAKE_PAYMENTS = "payments.take"
    CLOSE_DAY = "payments.close_day"
    ADJUST_BALANCES = "balances.adjust"
    POST_REMITTANCES = "remittances.post"
    SEND_STATEMENTS = "statements.send"
    # The house
    VIEW_PEOPLE = "people.view"
    MANAGE_PEOPLE = "people.manage"
    MANAGE_CLINIC = "clinic.manage"
    SEARCH_CODES = "codes.search"
    VIEW_JOBS = "jobs.view"
    VIEW_ALL_JOBS = "jobs.view_all"
    VIEW_AUDIT = "audit.view"
    MANAGE_RETENTION = "retention.manage"
    EXPORT_AUDIT = "audit.export"
    RECORD_DISCLOSURES = "disclosures.record"
    DECIDE_REQUESTS = "requests.decide"
    IMPORT_RECORDS = "records.import"
    VIEW_GALLERY = "gallery.view"
    VIEW_ACCESS = "access.view"
    RESTRICT_CHARTS = "charts.restrict"
    BREAK_GLASS = "charts.break_glass"
    REVIEW_BREAK_GLASS = "break_glass.review"
    REVIEW_SIGNALS = "signals.review"
    VIEW_TASKS = "tasks.view"

    @property
    def label(self) -> str:
        """What the right allows, in words."""
        return LABELS[self]


LABELS: dict[Permission, str] = {
    Permission.FIND_PATIENTS: "Search for patients",
    Permission.REGISTER_PATIENTS: "Register patients",
    Permission.VIEW_DEMOGRAPHICS: "See names, addresses and contacts",
    Permission.EDIT_DEMOGRAPHICS: "Change names, addresses and contacts",
    Permission.MERGE_PATIENTS: "Merge two charts of one person, and undo it",
    Permission.VIEW_COVERAGE: "See insurance",
    Permission.EDIT_COVERAGE: "Change insurance and payers",
    Permission.MANAGE_INTAKE: "Make questionnaires and texts to sign",
    Permission.REVIEW_INTAKE: "Review what patients answered",
    Permission.VIEW_CHART: "Read the chart",
    Permission.EDIT_CHART: "Write the chart's lists",
    Permission.RECORD_VITALS: "Record vital signs",
    Permission.VIEW_ENCOUNTERS: "See visits and their diagnoses",
    Permission.EDIT_ENCOUNTERS: "Move visits on, set their diagnoses",
    Permission.VIEW_HISTORY: "See the chart as it was known on a day",
    Permission.VIEW_NOTES: "Read notes",
    Permission.WRITE_NOTES: "Write notes and addenda",
    Permission.SIGN_NOTES: "Sign notes",
    Permission.SIGN_ORDERS: "Sign orders, cancel them",
    Permission.REVIEW_RESULTS: "Review results, release them to patients",
    Permission.FILE_RESULTS: "Take in laboratories' messages, say whose they are",
    Permission.UNLOCK_NOTES: "Unlock signed notes, with a reason",
    Permission.VIEW_SCHEDULE: "See the schedule",
    Permission.BOOK_APPOINTMENTS: "Book, move and cancel visits",
    Permission.CHECK_IN: "Check patients in",
    Permission.MOVE_FLOW: "Move visits through the day",
    Permission.MANAGE_SCHEDULES: "Set hours, closed time and types of visit",
    Permission.VIEW_REPORTS: "See reports about the clinic's work",
    Permission.VIEW_BILLING: "See charges and claims",
    Permission.EDIT_CHARGES: "Enter and take back charges",
    Permission.CREATE_CLAIMS: "Make, submit and void claims",
    Permission.EXPORT_CLAIMS: "Print and export claims",
    Permission.MANAGE_FEES: "Set fees",
    Permission.TAKE_PAYMENTS: "Take payments, print receipts",
    Permission.CLOSE_DAY: "Close the day's money, give refunds",
    Permission.POST_REMITTANCES: "Take in and post what payers send",
    Permission.SEND_STATEMENTS: "Send patients statements, hold them, send accounts to collections",
    Permission.ADJUST_BALANCES: "Write off and move what is owed, with a reason",
    Permission.VIEW_PEOPLE: "See who works here",
    Permission.MANAGE_PEOPLE: "Invite people, give roles",
    Permission.MANAGE_CLINIC: "Change the clinic's particulars",
    Permission.SEARCH_CODES: "Look up codes",
    Permission.VIEW_JOBS: "See one's own jobs",
    Permission.VIEW_ALL_JOBS: "See everybody's jobs",
    Permission.VIEW_AUDIT: "Read the logs",
    Permission.MANAGE_RETENTION: "Set how long the logs are kept, and hold them",
    Permission.EXPORT_AUDIT: "Take the logs away as files",
    Permission.RECORD_DISCLOSURES: "See and record disclosures and patients' requests",
    Permission.DECIDE_REQUESTS: "Decide patients' requests",
    Permission.IMPORT_RECORDS: "Import records of other systems",
    Permission.VIEW_GALLERY: "See the gallery of components",
    Permission.VIEW_ACCESS: "See who may do what, and why",
    Permission.RESTRICT_CHARTS: "Restrict charts, grant them, keep people out",
    Permission.BREAK_GLASS: "Open a restricted chart in an emergency",
    Permission.REVIEW_BREAK_GLASS: "Review emergency access",
    Permission.REVIEW_SIGNALS: "Review signals of snooping",
    Permission.VIEW_TASKS: "See one's own inbox",
}
