"""Mappers: a FHIR resource to the row that it becomes. One module for each room."""

from __future__ import annotations

from interop.fhir.mapped import Mapper
from interop.fhir.mappers.coverages import map_coverage
from interop.fhir.mappers.encounters import map_encounter
from interop.fhir.mappers.lists import map_allergy, map_condition, map_immunization, map_medication, map_procedure
from interop.fhir.mappers.observations import map_observation, map_report
from interop.fhir.mappers.organizations import map_organization, map_practitioner
from interop.fhir.mappers.patients import map_patient

#: What each resource becomes, in the order in which they refer to each other.
MAPPERS: dict[str, Mapper] = {
    "Organization": map_organization,
    "Practitioner": map_practitioner,
    "Patient": map_patient,
    "Encounter": map_encounter,
    "Condition": map_condition,
    "AllergyIntolerance": map_allergy,
    "MedicationRequest": map_medication,
    "Immunization": map_immunization,
    "DiagnosticReport": map_report,
    "Observation": map_observation,
    "Procedure": map_procedure,
    "Coverage": map_coverage,
}
