"""Which tone a FHIR status code has on screen. Words carry the meaning; the tone only helps the eye."""

from __future__ import annotations

_TONES: dict[str, frozenset[str]] = {
    "done": frozenset(
        {
            "final",
            "completed",
            "fulfilled",
            "finished",
            "signed",
            "succeeded",
            "submitted",
            "paid",
        }
    ),
    "draft": frozenset({"draft", "preliminary", "in-progress", "amended", "running", "roomed"}),
    "warning": frozenset(
        {
            "arrived",
            "checked-in",
            "on-hold",
            "held",
            "waitlist",
            "proposed",
            "pending",
            "queued",
            "retrying",
            "entered",
        }
    ),
    "critical": frozenset(
        {
            "entered-in-error",
            "noshow",
            "failed",
            "dead",
            "rejected",
            "denied",
            "stopped",
        }
    ),
    "accent": frozenset({"booked", "planned", "active", "ready", "billable", "recurrence", "relapse"}),
}
_BY_CODE = {code: name for name, codes in _TONES.items() for code in codes}


def tone(code: str) -> str:
    """Return ``done``, ``draft``, ``warning``, ``critical``, ``accent``, or ``neutral`` for any other code."""
    return _BY_CODE.get(code, "neutral")
