"""Our own words for the codes that a page shows. The standard's descriptions are licensed and not shipped."""

from __future__ import annotations

_REJECTIONS = {
    "15": "The payer needs more than was sent.",
    "42": "The payer's system is not answering at the moment.",
    "43": "The payer does not recognize the clinic's NPI.",
    "50": "The payer does not answer this clinic.",
    "51": "The payer does not have this clinic on file.",
    "57": "The payer did not accept the date of service.",
    "58": "The payer did not accept the date of birth.",
    "62": "The payer does not answer for that date of service.",
    "63": "The payer does not answer for a day to come.",
    "64": "The payer did not accept the patient's identifier.",
    "65": "The payer did not accept the patient's name.",
    "67": "The payer does not find the patient.",
    "71": "The date of birth is not the one that the payer has.",
    "72": "The payer did not accept the member ID.",
    "73": "The payer did not accept the subscriber's name.",
    "75": "The payer does not find the subscriber.",
    "78": "The subscriber is not in that group.",
    "79": "The payer ID is not known to the clearinghouse.",
    "80": "The payer gave no answer.",
    "T4": "The payer ID is missing.",
}
#: What to do next (AAA04).
_CORRECT = frozenset("C")
_AGAIN = frozenset("PR")

_KINDS = {
    "1": "Active",
    "6": "Not active",
    "A": "Coinsurance",
    "B": "Copay",
    "C": "Deductible",
    "F": "Limit",
    "G": "Out-of-pocket limit",
    "I": "Not covered",
}
_SERVICES = {"30": "Plan", "98": "Office visit", "UC": "Urgent care", "88": "Pharmacy", "86": "Emergency"}
_PERIODS = {"23": "calendar year", "25": "contract", "27": "visit", "29": "left", "22": "service year"}
_LEVELS = {"IND": "individual", "FAM": "family"}
_NETWORKS = {"Y": "in network", "N": "out of network"}


def rejection_words(code: str, follow_up: str = "") -> str:
    """Why a payer refused a question, and what to do next."""
    said = _REJECTIONS.get(code, f"The payer refused the question (code {code[:4] or 'missing'}).")
    if follow_up in _CORRECT:
        return f"{said} Compare the policy with the card, correct it, and check again."
    return f"{said} Try again later." if follow_up in _AGAIN else said


def benefit_words(item: dict[str, object]) -> str:
    """A benefit as it is kept, in words: ``Copay, office visit, in network``; without words of ours a code stays."""
    services = item.get("service_types") or []
    assert isinstance(services, list)  # noqa: S101  written by Benefit.to_data
    parts = [
        _KINDS.get(str(item.get("code")), f"Code {item.get('code')}"),
        ", ".join(_SERVICES.get(str(one), f"service {one}").lower() for one in services[:6]),
        _LEVELS.get(str(item.get("level")), ""),
        _PERIODS.get(str(item.get("period")), ""),
        _NETWORKS.get(str(item.get("network")), ""),
    ]
    return ", ".join(part for part in parts if part)
