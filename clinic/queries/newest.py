"""Of each code the newest values of a chart: as quick with twenty years of them as with one."""

from __future__ import annotations

from collections.abc import Sequence

from clinic.models import Observation, ObservationComponent, Patient
from clinic.models.observations import ValueMixin
from emr.audit.queries.rebuild import attach
from emr.shared.bundles import Reader

_VALUE = tuple(field.name for field in ValueMixin._meta.get_fields())
_SHOWN = ("id", "patient_id", "category", "system", "code", "display", "status", "effective_at", *_VALUE)
_COLUMNS = ", ".join(f"o.{name}" for name in _SHOWN)
_COMPONENTS = Reader(ObservationComponent)
_STANDING = (
    "o.patient_id = %(patient)s AND o.category = ANY(%(categories)s)"
    " AND o.entered_in_error_at IS NULL AND o.superseded_by_id IS NULL"
)
#: From code to code by the index on patient, code and moment, each time the first few; what has no code is few enough
#: to be read whole. The names are ours, the values are parameters.
_NEWEST = f"""
WITH RECURSIVE codes (code) AS (
    SELECT min(o.code) FROM clinic_observation o WHERE o.patient_id = %(patient)s AND o.code > ''
    UNION ALL
    SELECT (SELECT min(o.code) FROM clinic_observation o WHERE o.patient_id = %(patient)s AND o.code > codes.code)
    FROM codes WHERE codes.code IS NOT NULL
), newest AS (
    SELECT {_COLUMNS}, o.place FROM codes CROSS JOIN LATERAL (
        SELECT {_COLUMNS}, row_number() OVER (ORDER BY o.effective_at DESC, o.id) AS place
        FROM clinic_observation o WHERE o.code = codes.code AND {_STANDING}
        ORDER BY o.effective_at DESC, o.id LIMIT 2
    ) o
    UNION ALL
    SELECT {_COLUMNS}, row_number() OVER (PARTITION BY o.display ORDER BY o.effective_at DESC, o.id)
    FROM clinic_observation o WHERE o.code = '' AND {_STANDING}
)
SELECT {_COLUMNS}, (
    SELECT json_agg(c ORDER BY c.rank)::text FROM clinic_observationcomponent c WHERE c.observation_id = o.id
) AS told
FROM newest o WHERE o.place = 1 OR o.place = 2 AND o.category = ANY(%(twice)s)
ORDER BY effective_at DESC, display, id
"""  # noqa: S608


def newest_of_each_code(patient: Patient, categories: Sequence[str], twice: Sequence[str]) -> list[Observation]:
    """Of each code the newest standing value with its components, newest first: one query.

    ``twice`` are the categories of which the value before is told too. Text without a code counts by its words. Two
    systems' codes that read the same count as one.
    """
    asked = {"patient": patient.pk, "categories": list(map(str, categories)), "twice": list(map(str, twice))}
    rows = list(Observation.objects.raw(_NEWEST, asked))
    parts = [part for row in rows for part in _COMPONENTS.read(vars(row).pop("told"))]
    attach(rows, "components", parts, by="observation_id")
    return rows
