"""The clinic's own services for vaccines: set one by one, or from its file."""

from __future__ import annotations

import re
from collections.abc import Hashable

from billing.actions.csv_files import read_lines
from billing.models import VaccineService
from emr.accounts.models import User
from emr.audit.action import action
from emr.codes.queries.concepts import lookup
from emr.codes.systems import CVX
from emr.shared.errors import DomainError

_CVX = re.compile(r"\d{2,3}", re.ASCII)
_SERVICE = re.compile(r"[A-Z0-9]{5}")
#: By column, what it is called in a sentence.
_CODES = {
    "product_code": "product",
    "administration_code": "administration",
    "further_code": "administration after another",
}


@action
def set_vaccine_service(
    *, by: User, cvx: str, product_code: str = "", administration_code: str = "", further_code: str = ""
) -> VaccineService:
    """Say what is charged for a vaccine. Raises DomainError, with the field, for what is no code."""
    number = cvx_of(cvx)
    codes = _checked(product_code, administration_code, further_code)
    row = VaccineService.objects.select_for_update().filter(cvx=number).first()
    if row is None:
        return VaccineService.objects.create(created_by=by, cvx=number, **codes)
    for name, value in codes.items():
        setattr(row, name, value)
    row.save(update_fields=[*codes, "updated_at"])
    return row


@action
def remove_vaccine_service(*, by: User, service: VaccineService) -> None:
    """Forget what is charged for a vaccine. What was charged stays."""
    service.delete()


@action
def import_vaccine_services(*, by: User, content: bytes) -> int:
    """Take a clinic's file: columns cvx, product, administration, and if it likes further; gives their number.

    What is known gets the file's codes; nothing is removed. Raises FileError naming each bad line.
    """

    def build(cells: dict[str, str]) -> tuple[Hashable, str, dict[str, str]]:
        try:
            number = cvx_of(cells.get("cvx", ""))
            codes = _checked(cells.get("product", ""), cells.get("administration", ""), cells.get("further", ""))
        except DomainError as error:
            raise ValueError(error.message) from error
        return number, f"Vaccine {number}", {"cvx": number, **codes}

    lines = read_lines(content, columns=("cvx", "product", "administration"), build=build, what="vaccines")
    for line in lines:
        set_vaccine_service(by=by, **line)
    return len(lines)


def cvx_of(text: str) -> str:
    """A vaccine's code as CVX writes it: two digits at least. Raises DomainError for one that CVX doesn't have."""
    typed = text.strip().split(maxsplit=1)[0] if text.strip() else ""
    number = typed.zfill(2)
    if not _CVX.fullmatch(number) or lookup(CVX, number) is None:
        raise DomainError(f"{typed or 'Nothing'} is no vaccine of the CVX list.", field="cvx")
    return number


def _checked(product: str, administration: str, further: str) -> dict[str, str]:
    codes = {name: code.strip().upper() for name, code in zip(_CODES, (product, administration, further), strict=True)}
    for name, code in codes.items():
        if code and not _SERVICE.fullmatch(code):
            raise DomainError(f"The {_CODES[name]} {code!r} has not five letters and digits.", field=name)
    if not codes["product_code"] and not codes["administration_code"]:
        raise DomainError("Give the product, the administration, or both.", field="product_code")
    if codes["further_code"] and not codes["administration_code"]:
        raise DomainError("Give the first administration, too.", field="administration_code")
    return codes
