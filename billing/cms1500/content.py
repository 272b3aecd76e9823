"""How a value is spelled on the CMS-1500: one small function for each rule.

The rules are those of the claim form's instruction manual (02/12), told here in our own words. Each function takes a
value as the chart has it and returns what is printed, "" for a box left empty; :class:`ContentError` says why a value
can't be printed at all.
"""

import re
import unicodedata
from datetime import date
from decimal import Decimal

ZIP_LENGTHS = (5, 9)
PHONE_LENGTH = 10
ICD10 = re.compile(r"[A-Z][0-9][0-9A-Z][0-9A-Z]{0,4}")
_PO_BOX = re.compile(r"\b(P\s?O\s?B(OX)?|POST OFFICE BOX)\b")
_CENT = Decimal("0.01")
_TOO_MUCH = Decimal(10) ** 9

# Letters and marks that Unicode doesn't decompose; spelled as mail and passports spell them.
_SPELLED = str.maketrans(
    {
        "Æ": "AE", "Œ": "OE", "Ø": "O", "Ł": "L", "Đ": "D", "Ð": "D", "Þ": "TH", "ẞ": "SS", "Ħ": "H",
        "Ŧ": "T", "ı": "I",
        "‘": "'", "’": "'", "ʼ": "'", "´": "'", "“": '"', "”": '"', "‐": "-", "‑": "-", "–": "-", "—": "-", "−": "-",
    }
)  # fmt: skip

# The states and territories, the capital and the military mail regions: the Postal Service's two letters.
STATES = frozenset(
    re.findall(
        r"\w\w",
        "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH "
        "OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC AS GU MP PR VI UM FM MH PW AA AE AP",
    )
)


class ContentError(ValueError):
    """A value that can't be printed; the message is the rest of a sentence after "Box N"."""


def plain(text: str) -> str:
    """Upper-case ASCII with single spaces: what a payer's reader of paper knows (é prints as E, ñ as N, ß as SS).

    Raises ContentError naming the characters that have no such spelling; nothing is replaced by a question mark.
    """
    if text.isascii():
        spelled = text.upper()
    else:
        decomposed = unicodedata.normalize("NFKD", text.upper().translate(_SPELLED))
        spelled = "".join(char for char in decomposed if not unicodedata.combining(char)).upper().translate(_SPELLED)
    spelled = " ".join(spelled.split())
    strange = sorted({char for char in spelled if not " " <= char <= "~"})
    if strange:
        raise ContentError(f"has characters that paper claims can't carry ({' '.join(map(repr, strange))})")
    return spelled


def words(text: str) -> str:
    """Free text: upper-case, without the point and the number sign, which readers of paper take for specks."""
    return " ".join(plain(text).replace(".", "").replace("#", " ").split())


def person_name(family: str, given: str, middle: str = "", suffix: str = "") -> str:
    """Boxes 2, 4, 9: LAST SUFFIX, FIRST, M. Commas only between the parts; a hyphen may stand within; no titles."""
    last = " ".join(part for part in (name_part(family), name_part(suffix)) if part)
    return ", ".join(part for part in (last, name_part(given), name_part(middle)[:1]) if part)


def practitioner_name(given: str, middle: str, family: str, credentials: str) -> str:
    """Boxes 17 and 31: FIRST M LAST CREDENTIALS, without commas (never LAST, FIRST)."""
    parts = (name_part(given), name_part(middle)[:1], name_part(family), name_part(credentials))
    return " ".join(part for part in parts if part)


def name_part(text: str) -> str:
    """A part of a name: upper-case, without commas, points and number signs."""
    return " ".join(words(text).replace(",", " ").split())


def address_line(text: str) -> str:
    """Street or city: no symbols but hyphen, slash, apostrophe and ampersand, which may be part of a name."""
    return " ".join(re.sub(r"[^A-Z0-9 '&/-]", " ", words(text)).split())


def state(code: str) -> str:
    """Two letters of the Postal Service."""
    return plain(code)


def zip_code(text: str) -> str:
    """Five digits, or nine with a hyphen after the fifth."""
    digits = re.sub(r"[\s-]", "", text)
    if not digits:
        return ""
    if not (digits.isascii() and digits.isdigit() and len(digits) in ZIP_LENGTHS):
        raise ContentError(f"has the ZIP code {text!r}, which is not 5 or 9 digits")
    return digits if len(digits) == ZIP_LENGTHS[0] else f"{digits[:5]}-{digits[5:]}"


def city_line(city: str, state_code: str, postal_code: str) -> str:
    """Carrier block, 32, 33: CITY ST ZIP on one line, without a comma."""
    return " ".join(part for part in (address_line(city), state(state_code), zip_code(postal_code)) if part)


def phone_digits(text: str) -> str:
    """Ten digits without hyphen, space, brackets or +1, to be split over the boxes."""
    digits = re.sub(r"\D", "", text, flags=re.ASCII)
    if not digits:
        return ""
    if len(digits) == PHONE_LENGTH + 1 and digits.startswith("1"):
        digits = digits[1:]
    if len(digits) != PHONE_LENGTH:
        raise ContentError(f"has the telephone number {text!r}, which is not 10 digits")
    return digits


def identifier(text: str) -> str:
    """Numbers of cards, policies and accounts (1a, 9a, 11, 23, 25, 26): as given, without hyphens and spaces."""
    return plain(text).replace("-", "").replace(" ", "")


def diagnosis(code: str) -> str:
    """Box 21: the ICD code without its point."""
    return plain(code).replace(".", "").replace(" ", "")


def date_parts(on: date, year_digits: int = 4) -> tuple[str, str, str]:
    """MM, DD and the year: eight digits for most dates, six (``year_digits`` 2) on service lines."""
    return f"{on.month:02}", f"{on.day:02}", f"{on.year:04}"[-year_digits:]


def dollars(amount: Decimal) -> str:
    """24F, 28, 29: dollars, a space where the form has its line, and always two digits of cents; no $ and no commas."""
    whole, cents = _dollars_and_cents(amount)
    return f"{whole} {cents}"


def dollars_closed(amount: Decimal) -> str:
    """Box 20: the same without the space, all of it left of the form's line."""
    return "".join(_dollars_and_cents(amount))


def _dollars_and_cents(amount: Decimal) -> tuple[str, str]:
    if amount.is_nan() or not 0 <= amount < _TOO_MUCH:
        raise ContentError(f"has the amount {amount}, which the form has no way to say")
    if amount != amount.quantize(_CENT):
        raise ContentError(f"has the amount {amount}, which is not in whole cents")
    whole, cents = f"{abs(amount):.2f}".split(".")
    return whole, cents


def units(quantity: Decimal) -> str:
    """24G: no leading zeros, a decimal point only for a fraction."""
    if quantity.is_nan() or not 0 < quantity < _TOO_MUCH:
        raise ContentError(f"has {quantity} units, which no service can have")
    text = f"{quantity:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def ndc_supplement(ndc: str, unit: str, quantity: Decimal) -> str:
    """Shaded half of 24: N4, the drug code, three spaces, the unit (UN, ML, GR, F2, ME) and how many.

    Raises ContentError when the drug code isn't eleven digits (5-4-2 form).
    """
    digits = identifier(ndc)
    if len(digits) != 11 or not digits.isdigit():
        raise ContentError(f"has the drug code {ndc!r}, which is not 11 digits")
    return f"N4{digits}   {plain(unit)}{units(quantity)}"


def supplement(text: str) -> str:
    """Shaded half of 24: as composed, since its inner runs of spaces and its decimal point have a meaning."""
    pieces = re.split(r"(\s+)", text.strip())
    return "".join(" " * len(piece) if piece.isspace() else plain(piece) for piece in pieces)


def is_po_box(street: str) -> bool:
    """Whether a street line is a post office box, which box 33 doesn't take."""
    try:
        return bool(_PO_BOX.search(address_line(street)))
    except ContentError:
        return False
