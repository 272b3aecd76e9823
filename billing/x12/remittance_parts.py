"""Turns the segments of one loop of an 835 into its record, noting what is odd."""

from decimal import Decimal

from billing.x12 import remittance_records as records
from billing.x12.envelope import Transaction
from billing.x12.notes import Notes
from billing.x12.segments import Segment, X12Error
from billing.x12.values import amount, composite, day, number, required_amount

REVERSAL = "22"
_STATUSES = frozenset({"1", "2", "3", "4", "19", "20", "21", REVERSAL, "23", "25"})
_CAS_LAST = 19
# The longest that the guide allows.
_CAS_GROUP, _CARC, _PLB_CODE = 2, 5, 2
_REMARK_ELEMENTS = {"MIA": (5, 20, 21, 22, 23), "MOA": (3, 4, 5, 6, 7)}
_DOLLARS = "USD"
_VERSION = "005010X221"


def head(transaction: Transaction, segments: list[Segment], parties: dict[str, records.Party]) -> records.Remittance:
    """The head, of the segments before the first N1. Raises X12Error without exactly one BPR and one TRN, and where the
    amounts aren't dollars.
    """
    notes = transaction.notes
    bpr, trn = _only("BPR", segments, transaction), _only("TRN", segments, transaction)
    if not transaction.version.startswith(_VERSION):
        text = f"Version {transaction.version or '(none)'} is not {_VERSION}; read as far as they agree."
        notes.add(transaction.start, text)
    currencies = [segment for segment in segments if segment.id == "CUR"]
    for segment in currencies:
        if segment.get(2) != _DOLLARS:
            raise segment.error(
                f"The amounts are in {segment.get(2)[:10] or 'an unnamed currency'}, not in dollars.", 2
            )
    if not trn.get(2):
        notes.add(trn, "The payment has no trace number.", 2, serious=True)
    for entity, who in (("PR", "payer"), ("PE", "payee")):
        if entity not in parties:
            notes.add(transaction.start, f"The {who} is not named.", serious=True)
    produced = [date for date in _dates(segments, notes) if date.qualifier == "405"]
    return records.Remittance(
        control_number=transaction.control_number,
        version=transaction.version,
        payment=_payment(bpr, notes),
        trace=records.Trace(trn.get(2), trn.get(3), trn.get(4), trn.position),
        currency=currencies[0].get(2) if currencies else _DOLLARS,
        receiver=records.reference(references(segments), "EV"),
        produced=produced[0] if produced else None,
        payer=parties.get("PR"),
        payee=parties.get("PE"),
        position=transaction.start.position,
    )


def _only(segment_id: str, segments: list[Segment], transaction: Transaction) -> Segment:
    found = [segment for segment in segments if segment.id == segment_id]
    if len(found) != 1:
        reason = f"There is {'more than one' if found else 'no'} {segment_id} segment."
        raise X12Error(reason, position=transaction.start.position, segment_id="ST")
    return found[0]


def _payment(bpr: Segment, notes: Notes) -> records.Payment:
    payment = records.Payment(
        handling=bpr.get(1),
        amount=required_amount(bpr, 2),
        flag=bpr.get(3),
        method=bpr.get(4),
        format=bpr.get(5),
        originator=bpr.get(10),
        day=day(bpr, 16, notes),
        day_text=bpr.get(16),
        position=bpr.position,
    )
    if payment.amount < 0:
        notes.add(bpr, "The payment is negative.", 2, serious=True)
    if payment.flag not in {"C", "D"}:
        notes.add(bpr, f"{payment.flag or 'Nothing'} says neither credit nor debit.", 3, serious=True)
    return payment


def party(n1: Segment, segments: list[Segment]) -> records.Party:
    """The payer or the payee, of an N1 and the segments of its loop."""
    return records.Party(
        name=n1.get(2),
        id_qualifier=n1.get(3),
        identifier=n1.get(4),
        address=_address(segments),
        references=references(segments),
        contacts=_contacts(segments),
        position=n1.position,
    )


def _address(segments: list[Segment]) -> records.Address | None:
    n3, n4 = ([segment for segment in segments if segment.id == name] for name in ("N3", "N4"))
    if not n3 and not n4:
        return None
    place = n4[0] if n4 else None
    return records.Address(
        lines=tuple(text for segment in n3 for text in (segment.get(1), segment.get(2)) if text),
        city=place.get(1) if place else "",
        state=place.get(2) if place else "",
        postal_code=place.get(3) if place else "",
        country=place.get(4) if place else "",
        position=(n3 + n4)[0].position,
    )


def claim(
    clp: Segment,
    segments: list[Segment],
    lines: tuple[records.RemittanceLine, ...],
    header_number: str,
    notes: Notes,
) -> records.RemittanceClaim:
    """A claim, of a CLP, the segments of its loop, and its lines."""
    made = records.RemittanceClaim(
        patient_control_number=clp.get(1),
        status=clp.get(2),
        charge=required_amount(clp, 3),
        paid=required_amount(clp, 4),
        patient_responsibility=amount(clp, 5),
        filing_indicator=clp.get(6),
        payer_claim_number=clp.get(7),
        facility_type=clp.get(8),
        frequency=clp.get(9),
        header_number=header_number,
        adjustments=_adjustments(segments, notes),
        names=tuple(name(segment) for segment in segments if segment.id == "NM1"),
        remarks=_claim_remarks(segments),
        dates=_dates(segments, notes),
        contacts=_contacts(segments),
        amounts=supplements(segments, "AMT", notes),
        quantities=supplements(segments, "QTY", notes),
        references=references(segments),
        lines=lines,
        position=clp.position,
    )
    _note_oddities(made, clp, notes)
    return made


def _note_oddities(made: records.RemittanceClaim, clp: Segment, notes: Notes) -> None:
    if not made.patient_control_number:
        notes.add(clp, "The claim has no patient control number.", 1)
    if made.status not in _STATUSES:
        notes.add(clp, f"{made.status or 'Nothing'} is not a claim status of the guide.", 2, serious=True)
    if made.charge and (made.charge < 0) != made.reversal:
        what = (
            "A positive charge in a reversal." if made.reversal else "A negative charge in a claim that is no reversal."
        )
        notes.add(clp, what, 3, serious=True)
    charges = sum((line.charge for line in made.lines), Decimal(0))
    if made.lines and charges != made.charge:
        notes.add(clp, f"The charges of its lines add up to {charges}, not to {made.charge}.", 3, serious=True)


def line(svc: Segment, segments: list[Segment], notes: Notes, *, reversal: bool) -> records.RemittanceLine:
    """A service line, of an SVC and the segments of its loop."""
    for element in (5, 7):
        if (number(svc, element) or 0) < 0 and not reversal:
            notes.add(svc, "Negative units in a claim that is no reversal.", element, serious=True)
    return records.RemittanceLine(
        procedure=procedure(svc, 1, notes),
        charge=required_amount(svc, 2),
        paid=required_amount(svc, 3),
        revenue_code=svc.get(4),
        units_paid=number(svc, 5),
        submitted=procedure(svc, 6, notes) if svc.get(6) else None,
        units_original=number(svc, 7),
        dates=_dates(segments, notes),
        adjustments=_adjustments(segments, notes),
        references=references(segments),
        amounts=supplements(segments, "AMT", notes),
        quantities=supplements(segments, "QTY", notes),
        remarks=tuple(
            records.Remark(segment.get(1), segment.get(2), segment.position, 2)
            for segment in segments
            if segment.id == "LQ"
        ),
        position=svc.position,
    )


def procedure(svc: Segment, element: int, notes: Notes) -> records.Procedure:
    """A composite of a code's kind, the code, modifiers and a description. Without a code it is seriously noted."""
    parts = composite(svc, element, notes)
    if len(parts) < 2 or not parts[1]:
        text = f"{svc.get(element)[:30] or 'Nothing'} is not a procedure: a kind of code and a code."
        notes.add(svc, text, element, serious=True)
    parts = (*parts, *[""] * 7)
    return records.Procedure(
        qualifier=parts[0],
        code=parts[1],
        modifiers=tuple(modifier for modifier in parts[2:6] if modifier),
        description=parts[6],
        position=svc.position,
        element=element,
    )


def provider_adjustments(plb: Segment, notes: Notes) -> list[records.ProviderAdjustment]:
    """The up to six reasons of a PLB segment."""
    fiscal_day, found = day(plb, 2, notes), []
    for element in range(3, len(plb.elements) + 1, 2):
        if not plb.get(element) and not plb.get(element + 1):
            continue
        reason, reference = (*composite(plb, element, notes), "", "")[:2]
        if len(reason) > _PLB_CODE:
            raise plb.error(f"{reason[:30]!r} is no reason of an adjustment: that has two characters.", element)
        found.append(
            records.ProviderAdjustment(
                plb.get(1), fiscal_day, reason, reference, required_amount(plb, element + 1), plb.position, element
            )
        )
    return found


def _adjustments(segments: list[Segment], notes: Notes) -> tuple[records.Adjustment, ...]:
    found = []
    for cas in segments:
        if cas.id != "CAS":
            continue
        if len(cas.get(1)) > _CAS_GROUP:
            raise cas.error(f"{cas.get(1)[:30]!r} is no group of reasons: that has two characters.", 1)
        if len(cas.elements) > _CAS_LAST:
            notes.add(cas, "It has more than six reasons.", _CAS_LAST + 1)
        for element in range(2, len(cas.elements) + 1, 3):
            reason = cas.get(element)
            if not reason and not cas.get(element + 1):
                continue
            if len(reason) > _CARC:
                raise cas.error(f"{reason[:30]!r} is no reason: that has five characters at most.", element)
            if not reason:
                notes.add(cas, "An amount without a reason.", element, serious=True)
            value, quantity = required_amount(cas, element + 1), number(cas, element + 2)
            found.append(records.Adjustment(cas.get(1), reason, value, quantity, cas.position, element))
    return tuple(found)


def _claim_remarks(segments: list[Segment]) -> tuple[records.Remark, ...]:
    return tuple(
        records.Remark(segment.id, segment.get(element), segment.position, element)
        for segment in segments
        for element in _REMARK_ELEMENTS.get(segment.id, ())
        if segment.get(element)
    )


def name(nm1: Segment) -> records.Name:
    """A person or an organisation, of an NM1."""
    return records.Name(
        entity=nm1.get(1),
        person=nm1.get(2) == "1",
        last=nm1.get(3),
        first=nm1.get(4),
        middle=nm1.get(5),
        suffix=nm1.get(7),
        id_qualifier=nm1.get(8),
        identifier=nm1.get(9),
        position=nm1.position,
    )


def _contacts(segments: list[Segment]) -> tuple[records.Contact, ...]:
    return tuple(
        records.Contact(
            function=per.get(1),
            name=per.get(2),
            numbers=tuple((per.get(n), per.get(n + 1)) for n in (3, 5, 7) if per.get(n + 1)),
            position=per.position,
        )
        for per in segments
        if per.id == "PER"
    )


def references(segments: list[Segment]) -> tuple[records.Reference, ...]:
    """The numbers of all REF segments."""
    return tuple(records.Reference(ref.get(1), ref.get(2), ref.position) for ref in segments if ref.id == "REF")


def _dates(segments: list[Segment], notes: Notes) -> tuple[records.Dated, ...]:
    return tuple(
        records.Dated(dtm.get(1), day(dtm, 2, notes), dtm.get(2), dtm.position) for dtm in segments if dtm.id == "DTM"
    )


def supplements(segments: list[Segment], segment_id: str, notes: Notes) -> tuple[records.Supplement, ...]:
    """The amounts of all AMT segments, or the quantities of all QTY. One without is noted."""
    read, found = (amount if segment_id == "AMT" else number), []
    for segment in segments:
        if segment.id == segment_id:
            value = read(segment, 2)
            if value is None:
                notes.add(segment, "The amount is missing.", 2)
            else:
                found.append(records.Supplement(segment.get(1), value, segment.position))
    return tuple(found)
