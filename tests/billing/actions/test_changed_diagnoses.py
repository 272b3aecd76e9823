"""Diagnoses that are corrected after their claim went out: the claim stays, its replacement says the new ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse

from billing.actions.changed_diagnoses import CHANGED_DIAGNOSES
from billing.actions.charges import correct_charge
from billing.actions.claims import refresh_claim, submit_claims
from billing.actions.following import follow_claim
from billing.actions.resubmitting import replace_claim, void_claim
from billing.choices import ClaimState
from billing.models import Claim
from billing.queries.forms1500 import form_of
from clinic.actions.encounters import set_diagnoses
from clinic.actions.notes import save_note
from clinic.actions.signing import sign_note, unlock_note
from clinic.choices import SectionKind
from clinic.models import Encounter, Note, Task
from emr.accounts.models import User
from emr.codes.coding import Coding
from emr.codes.systems import ICD10CM
from emr.shared.errors import Conflict
from tests.billing.asking import LogIn, page, post
from tests.billing.payers import decide
from tests.factories.billing import claim, service, submitted
from tests.factories.clinic import CoverageFactory, PayerFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H03", "H09", "E06")]

Person = Callable[..., User]


def unlocked(person: Person, visit: Encounter) -> Note:
    return unlock_note(by=person("medical_director"), note=visit.notes.get(), reason="Another diagnosis")


def corrected(person: Person, note: Note, *codes: str) -> None:
    """The visit's diagnoses as the clinician corrects them, and the note signed anew."""
    doctor = person("clinician")
    set_diagnoses(
        by=doctor, encounter=note.encounter, diagnoses=[Coding(ICD10CM, code, f"Diagnosis {code}") for code in codes]
    )
    saved = save_note(
        by=doctor, note=note, base_version=note.version, sections={SectionKind.SUBJECTIVE: "It was the throat."}
    )
    sign_note(by=doctor, note=saved, base_version=saved.version)


def of(made: Claim) -> tuple[tuple[str, ...], list[str]]:
    """What a claim's form says in boxes 21 and 24E."""
    form = form_of(Claim.objects.get(pk=made.pk))
    return form.diagnoses, [line.pointers for line in form.service_lines]


def test_a_replacement_says_the_corrected_diagnoses(biller: User, person: Person, as_role: LogIn) -> None:
    sent = submitted(biller, codes=["J06.9", "I10"])
    decide(biller, sent, paid=4000, icn="ICN-9")
    at, client = (sent.patient_id, sent.pk), as_role("biller")
    assert "diagnoses changed" not in page(client, "billing:claims_detail", *at)
    note = unlocked(person, sent.encounter)
    assert not Task.objects.filter(code=CHANGED_DIAGNOSES).exists()
    corrected(person, note, "J02.9", "I10")

    assert of(sent) == (("J06.9", "I10"), ["A"])
    html = page(client, "billing:claims_detail", *at)
    assert "It went out with J06.9, I10. The visit has J02.9, I10 now." in html
    assert html.count(reverse("billing:claims_replace", args=at)) == 1
    task = Task.objects.get(code=CHANGED_DIAGNOSES)
    assert (task.focus_id, task.owner_role) == (sent.pk, "biller")

    assert post(client, "billing:claims_replace", *at).status_code == 303
    draft = Claim.objects.get(replaces=sent)
    assert of(draft) == (("J02.9", "I10"), [""])
    assert (draft.state, draft.state_where) == (ClaimState.HELD, "charges")  # nobody guesses what justifies a service
    html = page(client, "billing:claims_detail", *at)
    assert reverse("billing:claims_detail", args=[draft.patient_id, draft.pk]) in html
    charge = draft.items.get().charge_item
    correct_charge(by=biller, charge=charge, coding=service(charge.code), unit_price=charge.unit_price)
    (gone,) = submit_claims(by=biller, claims=[refresh_claim(by=biller, claim=draft)])
    assert (of(gone), of(sent)) == ((("J02.9", "I10"), ["A"]), (("J06.9", "I10"), ["A"]))
    assert "diagnoses changed" not in page(client, "billing:claims_detail", *at)


def test_nothing_goes_out_while_diagnoses_are_corrected(biller: User, person: Person) -> None:
    ready, sent = claim(biller), submitted(biller)
    decide(biller, sent, paid=4000, icn="ICN-9")
    unlocked(person, ready.encounter)
    note = unlocked(person, sent.encounter)
    replacement = replace_claim(by=biller, claim=Claim.objects.get(pk=sent.pk))
    for made in (ready, replacement):
        with pytest.raises(Conflict, match=f"isn't signed any more.*{made.number}"):
            submit_claims(by=biller, claims=[made])
        assert refresh_claim(by=biller, claim=made).state == ClaimState.HELD
    # Signed anew with what it had, nobody is asked for anything.
    corrected(person, note, "I10")
    assert not Task.objects.filter(code=CHANGED_DIAGNOSES).exists()
    assert submit_claims(by=biller, claims=[refresh_claim(by=biller, claim=replacement)])


def test_a_draft_whose_diagnoses_change_their_order_goes_out_with_their_letters(biller: User, person: Person) -> None:
    made = claim(biller, codes=["J06.9", "I10"])
    assert (made.items.get().diagnosis_pointers, of(made)) == ("A", (("J06.9", "I10"), ["A"]))
    corrected(person, unlocked(person, made.encounter), "I10", "J06.9")
    (gone,) = submit_claims(by=biller, claims=[made])
    assert (gone.items.get().diagnosis_pointers, of(gone)) == ("B", (("I10", "J06.9"), ["B"]))


def test_the_next_payer_reads_what_the_first_decided_on(biller: User, person: Person) -> None:
    sent = submitted(biller, codes=["J06.9", "I10"])
    CoverageFactory.create(patient=sent.patient, order=2, payer=PayerFactory())
    decide(biller, sent, paid=2000, icn="ICN-9")
    corrected(person, unlocked(person, sent.encounter), "J02.9", "I10")
    following = follow_claim(by=biller, claim=Claim.objects.get(pk=sent.pk))
    assert following is not None
    assert of(following) == (("J06.9", "I10"), ["A"])
    assert submit_claims(by=biller, claims=[following])[0].lineage["21"] == [  # type: ignore[index]
        {"model": "billing.claim", "id": str(sent.pk), "fields": ["snapshot"]}
    ]
    void_claim(by=biller, claim=following, reason="The first payer comes first")
    assert of(replace_claim(by=biller, claim=Claim.objects.get(pk=sent.pk)))[0] == ("J02.9", "I10")
