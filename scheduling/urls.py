"""The URLs of this app: the clinic's schedule, and each patient's own appointments behind the chart's door."""

from __future__ import annotations

from datetime import date

from django.urls import path, register_converter

from emr.shared.dates import on_calendar
from scheduling.views import (
    appointments,
    availability,
    booking,
    checkouts,
    coverages,
    day,
    day_sheets,
    displays,
    exceptions,
    feeds,
    flow,
    flow_limits,
    histories,
    month,
    moving,
    no_shows,
    offers,
    placing,
    policies,
    recalls,
    reminder_answers,
    reminders,
    reports,
    resources,
    types,
    waiting_room,
    waitlist,
)


class DayConverter:
    """A day in a path, ``2026-11-23``; one that doesn't exist, or that no calendar shows, matches nothing."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        """Return the day; ValueError makes the path not match."""
        day = date.fromisoformat(value)
        if not on_calendar(day):
            raise ValueError
        return day

    def to_url(self, value: date) -> str:
        """Return the day as the path has it."""
        return value.isoformat()


register_converter(DayConverter, "day")

app_name = "scheduling"
_ONE = "patients/<uuid:patient_id>/appointments/<uuid:appointment_id>/"
_WAITS = "patients/<uuid:patient_id>/waitlist/"

urlpatterns = [
    path("schedule/", day.schedule_day, name="schedule_day"),
    path("schedule/<day:day>/", day.schedule_day, name="schedule_day"),
    path("schedule/<day:day>/week/<uuid:practitioner_id>/", day.schedule_week, name="schedule_week"),
    path("schedule/<day:day>/sheet/", day_sheets.schedule_sheet, name="schedule_sheet"),
    path("schedule/<day:day>/sheets/", day_sheets.schedule_sheets, name="schedule_sheets"),
    path("schedule/<day:day>/month/", month.schedule_month, name="schedule_month"),
    path("schedule/<day:day>/next-open/", day.schedule_next_open, name="schedule_next_open"),
    path("schedule/book/", booking.appointments_book, name="appointments_book"),
    path("schedule/hours/", availability.hours_list, name="hours_list"),
    path("schedule/hours/<uuid:practitioner_id>/", availability.hours_edit, name="hours_edit"),
    path("schedule/hours/sessions/<uuid:schedule_id>/end/", availability.hours_end, name="hours_end"),
    path("schedule/hours/<uuid:practitioner_id>/copy/", availability.hours_copy, name="hours_copy"),
    path("schedule/hours/<uuid:practitioner_id>/day/", availability.hours_override, name="hours_override"),
    path("schedule/hours/sessions/<uuid:schedule_id>/", availability.hours_change, name="hours_change"),
    path("schedule/hours/sessions/<uuid:schedule_id>/withdraw/", availability.hours_withdraw, name="hours_withdraw"),
    path("schedule/closed/", exceptions.exceptions_add, name="exceptions_add"),
    path("schedule/closed/<uuid:exception_id>/", exceptions.exceptions_detail, name="exceptions_detail"),
    path("schedule/closed/<uuid:exception_id>/open/", exceptions.exceptions_withdraw, name="exceptions_withdraw"),
    path("schedule/holidays/", exceptions.holidays_list, name="holidays_list"),
    path("flow/", flow.flow_board, name="flow_board"),
    path("flow/rows/", flow.flow_rows, name="flow_rows"),
    path(f"{_ONE}flow/", flow.flow_move, name="flow_move"),
    path("flow/board.pdf", flow.flow_sheet, name="flow_sheet"),
    path("flow/limits/", flow_limits.flow_limits, name="flow_limits"),
    path("flow/screens/", displays.displays_list, name="displays_list"),
    path("flow/screens/<uuid:display_id>/revoke/", displays.displays_revoke, name="displays_revoke"),
    path("waiting/", waiting_room.waiting_room_screen, name="waiting_room"),
    path("waiting/lines/", waiting_room.waiting_room_lines, name="waiting_room_lines"),
    path("waiting/<str:token>/", waiting_room.waiting_open, name="waiting_open"),
    path("schedule/rooms/", resources.rooms_list, name="rooms_list"),
    path("schedule/rooms/<uuid:room_id>/", resources.rooms_edit, name="rooms_edit"),
    path("schedule/equipment/", resources.equipment_list, name="equipment_list"),
    path("schedule/equipment/<uuid:equipment_id>/", resources.equipment_edit, name="equipment_edit"),
    path("schedule/calendar-link/", feeds.feeds_own, name="feeds_own"),
    path("schedule/calendar-link/revoke/", feeds.feeds_revoke, name="feeds_revoke"),
    path("calendars/<str:token>.ics", feeds.feeds_read, name="feeds_read"),
    path("schedule/reminders/", reminders.reminders_list, name="reminders_list"),
    path("schedule/reminders/<uuid:rule_id>/", reminders.reminders_edit, name="reminders_edit"),
    path("reminders/<str:secret>/", reminder_answers.reminders_answer, name="reminders_answer"),
    path("messages/incoming/", reminder_answers.sms_incoming, name="sms_incoming"),
    path("schedule/types/", types.types_list, name="types_list"),
    path("schedule/types/<uuid:type_id>/", types.types_edit, name="types_edit"),
    path("schedule/double-booking/", policies.policies_list, name="policies_list"),
    path("schedule/double-booking/<uuid:policy_id>/withdraw/", policies.policies_withdraw, name="policies_withdraw"),
    path("schedule/waitlist/", waitlist.waitlist_list, name="waitlist_list"),
    path("schedule/recalls/", recalls.recalls_list, name="recalls_list"),
    path("schedule/recalls/letters/", recalls.recalls_letters, name="recalls_letters"),
    path("patients/<uuid:patient_id>/recalls/", recalls.recalls_patient, name="recalls_patient"),
    path("patients/<uuid:patient_id>/recalls/<uuid:recall_id>/try/", recalls.recalls_attempt, name="recalls_attempt"),
    path("patients/<uuid:patient_id>/recalls/<uuid:recall_id>/end/", recalls.recalls_close, name="recalls_close"),
    path("reports/throughput/", reports.reports_throughput, name="reports_throughput"),
    path("reports/throughput.csv", reports.reports_throughput_csv, name="reports_throughput_csv"),
    path("schedule/no-shows/", no_shows.no_shows_report, name="no_shows_report"),
    path("schedule/no-shows/csv/", no_shows.no_shows_csv, name="no_shows_csv"),
    path("offers/<str:token>/", offers.offers_answer, name="offers_answer"),
    path(_WAITS, waitlist.waitlist_add, name="waitlist_add"),
    path(f"{_WAITS}<uuid:entry_id>/offer/", waitlist.waitlist_offer, name="waitlist_offer"),
    path(f"{_WAITS}<uuid:entry_id>/off/", waitlist.waitlist_withdraw, name="waitlist_withdraw"),
    path(f"{_WAITS}offers/<uuid:offer_id>/accept/", waitlist.waitlist_accept, name="waitlist_accept"),
    path(f"{_WAITS}offers/<uuid:offer_id>/decline/", waitlist.waitlist_decline, name="waitlist_decline"),
    path("patients/<uuid:patient_id>/appointments/", appointments.appointments_list, name="appointments_list"),
    path("patients/<uuid:patient_id>/appointments/panel/", appointments.patient_panel, name="patient_panel"),
    path("patients/<uuid:patient_id>/appointments/insurance/", coverages.of_visits, name="visit_coverages"),
    path(_ONE, appointments.appointments_detail, name="appointments_detail"),
    path(f"{_ONE}history/", histories.appointments, name="appointments_history"),
    path(f"{_ONE}confirm/", appointments.appointments_confirm, name="appointments_confirm"),
    path(f"{_ONE}arrive/", appointments.appointments_arrive, name="appointments_arrive"),
    path(f"{_ONE}no-show/", appointments.appointments_no_show, name="appointments_no_show"),
    path(f"{_ONE}complete/", appointments.appointments_complete, name="appointments_complete"),
    path(f"{_ONE}cancel/", appointments.appointments_cancel, name="appointments_cancel"),
    path(f"{_ONE}place/", placing.appointments_place, name="appointments_place"),
    path(f"{_ONE}move/", moving.appointments_reschedule, name="appointments_reschedule"),
    path(f"{_ONE}edit/", moving.appointments_edit, name="appointments_edit"),
    path(f"{_ONE}restore/", moving.appointments_restore, name="appointments_restore"),
    path(f"{_ONE}checkout/", checkouts.appointments_checkout, name="appointments_checkout"),
    path(f"{_ONE}summary.pdf", checkouts.appointments_summary, name="appointments_summary"),
    path(f"{_ONE}check-in/", appointments.appointments_check_in, name="appointments_check_in"),
]
