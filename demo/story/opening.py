"""The clinic is opened: its own particulars, staff, kinds of visit, rooms, hours, payers, fees, code lists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from billing.actions.billing_policy import set_billing_policy
from billing.actions.fee_files import import_fees
from billing.actions.fees import add_fee_schedule
from billing.actions.partners import save_partner
from billing.choices import UsageIndicator
from clinic.actions.coverages import add_payer
from clinic.models import Payer
from demo.data import FOLDER, rows
from demo.logins import DEMO_PASSWORD
from demo.story.availability import set_special_hours
from demo.story.calendar import SESSIONS, Calendar, holidays
from demo.story.cast import BOOKABLE, Cast
from emr.accounts.actions.clinic import save_clinic
from emr.accounts.actions.people import add_person, save_practitioner
from emr.accounts.models import User
from emr.audit.actor import service_user
from emr.codes.actions.releases import load_release
from emr.codes.importers.rows import ConceptRow, Source, checksum
from emr.codes.models import Release
from emr.codes.models.systems import ReleaseState
from emr.codes.systems import hcpcs, rxnorm
from emr.codes.systems.base import System
from emr.shared.csv_files import csv_chunks
from emr.shared.money import cents
from scheduling.actions.appointment_types import add_appointment_type
from scheduling.actions.availability import set_hours
from scheduling.actions.exceptions import add_holidays
from scheduling.actions.resources import add_room
from scheduling.choices import Weekday

#: All of its numbers are such as nobody is given: NPIs begin with 2, the tax id with 00, telephones are 555-01xx.
_CLINIC: dict[str, Any] = {
    "name": "Riverside Clinic",
    "npi": "2000001000",
    "tax_id": "001234567",
    "tax_id_type": "EIN",
    "taxonomy_code": "261QP2300X",
    "line1": "1 River Road",
    "city": "Springfield",
    "state": "IL",
    "postal_code": "62701-1234",
    "phone": "2175550100",
    "time_zone": "America/Chicago",
}
_WEEKDAYS = tuple(Weekday)
_CLEARINGHOUSE: dict[str, Any] = {
    "name": "Example Clearinghouse",
    "sender_id": "RIVERSIDE1",
    "receiver_id": "CLEARING01",
    "usage": UsageIndicator.TEST,
    "contact_name": "Billing office",
    "contact_phone": "2175550101",
}
#: How patients are asked for money; nobody can pay on a page of ``.example``.
_ASKING: dict[str, Any] = {
    "minimum_balance": Decimal(10),
    "pay_url": "https://pay.riverside.example/",
    "self_pay_discount": Decimal(20),
}


def open_clinic(calendar: Calendar, since: date) -> Cast:
    """Set everything up as it stands from ``since`` on."""
    cast = Cast()
    founder = service_user("demo")
    save_clinic(by=founder, **_CLINIC)
    _hire(cast, founder)
    manager = cast.users["manager"]
    for row in rows("types"):
        cast.types[row["key"]] = add_appointment_type(
            by=manager,
            name=row["name"],
            duration_minutes=int(row["duration_minutes"]),
            note_type=row["note_type"],
            place_of_service=row["place_of_service"],
            takes_copay=row["takes_copay"] == "yes",
        )
    for number, key in enumerate(BOOKABLE, 1):
        cast.rooms[key] = add_room(by=manager, name=f"Room {number}")
    _set_hours(cast, calendar, since)
    set_special_hours(cast, since)
    for row in rows("payers"):
        columns = ("payer_id", "type", "claim_filing_code", "address_line1", "city", "state", "postal_code", "phone")
        cast.payers[row["key"]] = add_payer(by=manager, name=row["name"], **{name: row[name] for name in columns})
    _set_fees(cast, since)
    save_partner(by=cast.users["biller"], **_CLEARINGHOUSE)
    set_billing_policy(by=cast.users["biller"], **_ASKING)
    _load(hcpcs.SYSTEM, "services", manager)
    _load(rxnorm.SYSTEM, "medications", manager)
    return cast


def _hire(cast: Cast, founder: User) -> None:
    for row in rows("staff"):
        added = add_person(
            by=founder,
            email=row["email"],
            first_name=row["first_name"],
            last_name=row["last_name"],
            roles=[row["role"]],
            password=DEMO_PASSWORD,
        )
        # Read again: the roles were given after the account was made.
        cast.users[row["key"]] = User.objects.get(pk=added.pk)
        if row["credentials"]:
            cast.practitioners[row["key"]] = save_practitioner(
                by=founder,
                practitioner=None,
                user=added,
                family_name=row["last_name"],
                given_name=row["first_name"],
                credentials=row["credentials"],
                npi=row["npi"],
                taxonomy_code=row["taxonomy"],
                phone=row["phone"],
            )


def _set_hours(cast: Cast, calendar: Calendar, since: date) -> None:
    """Mornings and afternoons with lunch between; closed on holidays; a session for today should it be a weekend."""
    manager, today = cast.users["manager"], calendar.today
    for key in BOOKABLE:
        days: list[tuple[Weekday, date, date | None]] = [(weekday, since, None) for weekday in _WEEKDAYS[:5]]
        if today.weekday() >= 5:
            days.append((_WEEKDAYS[today.weekday()], today, today))
        for weekday, start, end in days:
            for begin, finish in SESSIONS:
                set_hours(
                    by=manager,
                    practitioner=cast.practitioners[key],
                    weekday=weekday,
                    start_time=begin,
                    end_time=finish,
                    effective_from=start,
                    effective_until=end,
                )
    for year in range(since.year, today.year + 2):
        add_holidays(
            by=manager, days=[(day, name) for day, name in holidays(year).items() if day >= since and day != today]
        )


def _set_fees(cast: Cast, since: date) -> None:
    """The clinic's own fees, and those that Medicare pays."""
    biller = cast.users["biller"]
    for name, payer, column in (
        ("Clinic fees", None, "amount"),
        ("Medicare fees", cast.payers["medicare"], "medicare_amount"),
    ):
        schedule = add_fee_schedule(by=biller, name=name, payer=payer, effective_from=since)
        import_fees(by=biller, schedule=schedule, content=_fee_file(payer, column))


def _fee_file(payer: Payer | None, column: str) -> bytes:
    """The file as a biller would bring it. Services for which Medicare has no fee are left out of its list."""
    fees = (
        [row["code"], row["display"], cents(Decimal(row[column]))]
        for row in rows("services")
        if row["kind"] != "modifier" and (row[column] or payer is None)
    )
    return b"".join(csv_chunks(["code", "display", "amount"], fees))


def _load(system: System, name: str, by: User) -> None:
    """Make the clinic's own list searchable, unless a list of that system is in use."""
    if Release.objects.filter(code_system__url=system.url, state=ReleaseState.ACTIVE).exists():
        return
    path = FOLDER / f"{name}.csv"
    digest = checksum([path], 1)
    source = Source(path.name, f"sha256:{digest[:12]}", digest, lambda: _concepts(name))
    load_release(system=system, source=source, by=by)


def _concepts(name: str) -> Iterator[ConceptRow]:
    for row in rows(name):
        if row["code"]:
            display = f"{row['display']} {row['form']}" if row.get("form") else row["display"]
            properties: dict[str, object] = {"kind": row["kind"]} if row.get("kind") else {}
            yield ConceptRow(code=row["code"], display=display, synonyms="", properties=properties)
