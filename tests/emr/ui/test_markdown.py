"""The Markdown of notes: what a writer types, a reader sees."""

from __future__ import annotations

import re

import pytest

from emr.ui.markdown import to_html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a\nb\n\nc", "<p>a<br>\nb</p>\n<p>c</p>"),
        ("**bold** word", "<p><strong>bold</strong> word</p>"),
        ("- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"),
        ("+ Murphy sign", "<p>+ Murphy sign</p>"),
        ("2*3*4 mg, a_b_c, 5 * 6", "<p>2*3*4 mg, a_b_c, 5 * 6</p>"),
        ("3. third\n7. seventh", "<p>3. third<br>\n7. seventh</p>"),
        ("2) Hypertension", "<p>2) Hypertension</p>"),
        ("#2 tooth", "<p>#2 tooth</p>"),
        ("C:\\temp \\* \\", "<p>C:\\temp \\* \\</p>"),
        ("    four spaces", "<p>four spaces</p>"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
    ],
)
def test_the_subset(text: str, html: str) -> None:
    assert str(to_html(text)).strip() == html


@pytest.mark.parametrize(
    "text", ["cap refill > 3 s", "> 3 s", "BP <140/90", "&amp; &lt;b&gt;", "a ~~b~~", "---", "* star", "==="]
)
def test_signs_stay(text: str) -> None:
    import html

    assert html.unescape(re.sub(r"<[^>]*>", "", str(to_html(text)))).strip() == text


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<p style='x'>a</p>", "<!--"]
)
def test_html_is_text(text: str) -> None:
    assert set(re.findall(r"<(/?\w+)[ >]", str(to_html(text)))) == {"p", "/p"}
