"""Social history: smoking, pregnancy, housing, food."""

from __future__ import annotations

from clinic.actions.social_history import record_social
from clinic.forms.social_history import SocialForm
from clinic.models import Observation
from clinic.queries.encounters import open_visit
from clinic.queries.social_history import social_rows
from clinic.social import questions
from clinic.views.lists import Act, Room

ROOM = Room(
    section="social_history",
    path="social-history",
    key_name="answer_id",
    title="Social history",
    columns=("Question", "Answer", "On", "Asked by", "Note"),
    rows=social_rows,
    model=Observation,
    empty="Nothing is recorded of how the patient lives. Ask about smoking first.",
    noun="answers",
    one="an answer",
    icon_name="house",
    key="a s",
    add=Act(
        *("add", "Record answers", "plus", SocialForm),
        lambda by, patient, data: record_social(
            by=by,
            patient=patient,
            encounter=open_visit(patient),
            on=data["on"],
            answers={name: value for name, value in data.items() if name in questions()},
        ),
        "The answers are recorded.",
        button="Record",
    ),
)
