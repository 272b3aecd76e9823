"""Paper and 837P are two drawings of one claim: read back, each by code that didn't draw it, they say the same."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from billing.cms1500.draw import render
from billing.cms1500.form import Form1500
from billing.cms1500.readback import read
from billing.x12.professional import interchange
from tests.billing.x12.professional.crosswalk import of_837p, of_paper
from tests.billing.x12.professional.reading import accepted, claims, element
from tests.billing.x12.professional.samples import ENVELOPE, SAMPLES, secondary


def printed(form: Form1500) -> dict[str, str]:
    out = io.BytesIO()
    render([form], out=out)
    return of_paper(list(read(out.getvalue())))


@pytest.mark.feature("H05", "H06", "X9")
@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES.keys())
def test_both_drawings_say_the_same(sample: Callable[[], Form1500]) -> None:
    form = sample()
    text = "".join(interchange(ENVELOPE, [form]))
    assert accepted(text)
    (claim,) = claims(text)
    assert of_837p(claim) == printed(form)
    # What only the electronic claim says.
    for n, line in enumerate(form.service_lines, start=1):
        assert claim.of_line(n, "2400", "REF", "6R")[2] == f"PT100L{n}"
        assert line.rendering is not None
        told = claim.of_line(n, "2420A", "NM1") or claim.one("2310B", "NM1")
        assert told[3:5] == [line.rendering.name.family.upper(), line.rendering.name.given.upper()]
        taxonomy = claim.of_line(n, "2420A", "PRV") or claim.one("2310B", "PRV")
        assert taxonomy == ["PRV", "PE", "PXC", line.rendering.taxonomy]
    assert claim.one("2000A", "PRV") == ["PRV", "BI", "PXC", "261QP2300X"]
    assert claim.one("2010BB", "NM1")[9] == "60054"
    assert claim.one("2000B", "SBR")[1] == form.responsibility.value


@pytest.mark.feature("H17")
def test_a_second_payer_reads_what_the_first_one_decided() -> None:
    form = secondary()
    (claim,) = claims("".join(interchange(ENVELOPE, [form])))
    first = form.other_payers[0]
    assert claim.one("2320", "SBR") == ["SBR", "P", "01", "P99", "SECOND PLAN", "", "", "", "", "BL"]
    assert claim.one("2320", "AMT", "D")[2] == "123"
    assert claim.one("2320", "OI") == ["OI", "", "", "Y", "", "", "Y"]
    assert claim.one("2320", "MOA") == ["MOA", "", "", "MA01"]
    assert claim.one("2330B", "NM1")[3:] == ["FIRST HEALTH PLAN", "", "", "", "", "PI", "77001"]
    assert claim.one("2330B", "REF", "F8")[2] == "ICN1"
    assert claim.one("2330B", "DTP") == []
    for n, decided in enumerate(first.lines, start=1):
        svd = claim.of_line(n, "2430", "SVD")
        assert (svd[1], svd[2], svd[5]) == ("77001", str(60 + n), str(n))
        assert svd[3].split(":") == ["HC", decided.code, *decided.modifiers]
        assert claim.all_of_line(n, "2430", "CAS") == [["CAS", "CO", "45", "10.25"], ["CAS", "PR", "1", "30.25"]]
        assert element(claim.of_line(n, "2430", "DTP", "573"), 3) == f"2026032{n}"
