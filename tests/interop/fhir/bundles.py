"""Small bundles for tests: one invented life with one resource of each kind that is mapped."""

from __future__ import annotations

from typing import Any

from emr.codes.systems import CVX, LOINC, RXNORM, SNOMED

Json = dict[str, Any]
_SUBJECT = {"reference": "urn:uuid:p1"}
_VISIT = {"reference": "urn:uuid:e1"}


def coded(system: str, code: str, display: str) -> Json:
    """A CodeableConcept."""
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def patient(**more: Any) -> Json:
    """The person of the small bundle."""
    return {
        "resourceType": "Patient",
        "id": "p1",
        "name": [{"use": "official", "family": "Muster", "given": ["Ada", "B"]}, {"use": "maiden", "family": "Alt"}],
        "gender": "female",
        "birthDate": "1962-03-14",
        "address": [{"line": ["12 Elm Street"], "city": "Springfield", "state": "Illinois", "postalCode": "62701"}],
        "telecom": [{"system": "phone", "use": "home", "value": "217-555-0142"}],
        "maritalStatus": {"text": "M"},
        "communication": [{"language": coded("urn:ietf:bcp:47", "en-US", "English")}],
        "extension": [
            {
                "url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race",
                "extension": [
                    {"valueCoding": {"system": "urn:oid:2.16.840.1.113883.6.238", "code": "2106-3", "display": "White"}}
                ],
            },
            {"url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex", "valueCode": "F"},
        ],
        **more,
    }


def condition(**more: Any) -> Json:
    """A problem of that person."""
    return {
        "resourceType": "Condition",
        "id": "c1",
        "clinicalStatus": coded("http://terminology.hl7.org/CodeSystem/condition-clinical", "active", "Active"),
        "category": [coded("http://terminology.hl7.org/CodeSystem/condition-category", "problem-list-item", "Problem")],
        "code": coded(SNOMED, "38341003", "Hypertension"),
        "subject": _SUBJECT,
        "encounter": _VISIT,
        "onsetDateTime": "2011-05-02T09:00:00-05:00",
        **more,
    }


def resources() -> list[Json]:
    """One resource of each kind."""
    return [
        {"resourceType": "Organization", "id": "o1", "name": "Prairie Plan", "type": [coded("urn:t", "pay", "Payer")]},
        {
            "resourceType": "Practitioner",
            "id": "d1",
            "name": [{"family": "Okafor", "given": ["Amara"]}],
            "identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1245319599"}],
        },
        patient(),
        {
            "resourceType": "Encounter",
            "id": "e1",
            "status": "finished",
            "class": {"code": "AMB"},
            "type": [coded(SNOMED, "185349003", "Check-up")],
            "subject": _SUBJECT,
            "participant": [{"individual": {"reference": "urn:uuid:d1"}}],
            "period": {"start": "2011-05-02T09:00:00-05:00", "end": "2011-05-02T09:30:00-05:00"},
            "reasonCode": [coded(SNOMED, "38341003", "Hypertension")],
        },
        condition(),
        {
            "resourceType": "AllergyIntolerance",
            "id": "a1",
            "clinicalStatus": coded("urn:s", "active", "Active"),
            "type": "allergy",
            "category": ["food"],
            "criticality": "high",
            "code": coded(SNOMED, "91934008", "Allergy to nuts"),
            "patient": _SUBJECT,
            "reaction": [{"manifestation": [coded(SNOMED, "271807003", "Rash")], "severity": "mild"}],
        },
        {
            "resourceType": "MedicationRequest",
            "id": "m1",
            "status": "active",
            "intent": "order",
            "medicationCodeableConcept": coded(RXNORM, "314076", "Lisinopril 10 MG Oral Tablet"),
            "subject": _SUBJECT,
            "requester": {"reference": "urn:uuid:d1"},
            "authoredOn": "2011-05-02",
            "dosageInstruction": [
                {
                    "text": "One in the morning",
                    "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
                    "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "tablet"}}],
                }
            ],
        },
        {
            "resourceType": "Immunization",
            "id": "i1",
            "status": "completed",
            "vaccineCode": coded(CVX, "140", "Influenza"),
            "patient": _SUBJECT,
            "occurrenceDateTime": "2011-05-02",
            "primarySource": True,
        },
        {
            "resourceType": "DiagnosticReport",
            "id": "r1",
            "status": "final",
            "category": [coded("urn:c", "LAB", "Laboratory")],
            "code": coded(LOINC, "51990-0", "Basic metabolic panel"),
            "subject": _SUBJECT,
            "effectiveDateTime": "2011-05-02T09:00:00-05:00",
            "result": [{"reference": "urn:uuid:b1"}],
        },
        {
            "resourceType": "Observation",
            "id": "b1",
            "status": "final",
            "category": [coded("urn:c", "laboratory", "Laboratory")],
            "code": coded(LOINC, "2345-7", "Glucose"),
            "subject": _SUBJECT,
            "encounter": _VISIT,
            "effectiveDateTime": "2011-05-02T09:00:00-05:00",
            "valueQuantity": {"value": 91.5, "code": "mg/dL"},
            "interpretation": [coded("urn:i", "N", "Normal")],
            "referenceRange": [{"low": {"value": 70}, "high": {"value": 99}, "text": "70 to 99"}],
        },
        {
            "resourceType": "Observation",
            "id": "b2",
            "status": "final",
            "category": [coded("urn:c", "vital-signs", "Vital signs")],
            "code": coded(LOINC, "85354-9", "Blood pressure"),
            "subject": _SUBJECT,
            "effectiveDateTime": "2011-05-02T09:00:00-05:00",
            "component": [
                {"code": coded(LOINC, "8480-6", "Systolic"), "valueQuantity": {"value": 152, "code": "mm[Hg]"}},
                {"code": coded(LOINC, "8462-4", "Diastolic"), "valueQuantity": {"value": 94, "code": "mm[Hg]"}},
            ],
        },
        {
            "resourceType": "Procedure",
            "id": "x1",
            "status": "completed",
            "code": coded(SNOMED, "5880005", "Physical examination"),
            "subject": _SUBJECT,
            "performedPeriod": {"start": "2011-05-02T09:00:00-05:00", "end": "2011-05-02T09:10:00-05:00"},
        },
        {
            "resourceType": "Coverage",
            "id": "v1",
            "status": "active",
            "subscriberId": "MEM001",
            "order": 1,
            "beneficiary": _SUBJECT,
            "payor": [{"reference": "urn:uuid:o1"}],
            "period": {"start": "2010-01-01"},
        },
        {
            "resourceType": "ExplanationOfBenefit",
            "id": "z1",
            "created": "2011-05-03",
            "patient": _SUBJECT,
            "contained": [{"resourceType": "Coverage", "payor": [{"display": "medicare"}]}],
        },
        {"resourceType": "Claim", "id": "k1", "patient": _SUBJECT},
    ]


def bundle(*found: Json) -> Json:
    """A transaction bundle of these resources, or of the small life."""
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"fullUrl": f"urn:uuid:{resource.get('id')}", "resource": resource} for resource in found or resources()
        ],
    }
