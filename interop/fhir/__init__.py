"""FHIR R4 in: bundles of another system become rows, each with its origin and nothing dropped silently."""
