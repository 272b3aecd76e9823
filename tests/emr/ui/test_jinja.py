"""The environment: strict names, escaped values, components without imports, no unsafe attribute."""

from __future__ import annotations

import jinja2
import lucide
import pytest
from django.conf import settings
from django.urls import NoReverseMatch

from emr.shared.records import uuid7
from emr.ui.jinja import Components, attrs, environment, icon, paths, url


@pytest.fixture
def env() -> jinja2.Environment:
    return environment(loader=jinja2.FileSystemLoader(settings.BASE_DIR / "templates"))


def test_a_misspelt_name_is_an_error(env: jinja2.Environment) -> None:
    with pytest.raises(jinja2.UndefinedError):
        env.from_string("{{ pateint }}").render()


def test_values_are_escaped(env: jinja2.Environment) -> None:
    assert env.from_string("{{ name }}").render(name="<b>O'Hara</b>") == "&lt;b&gt;O&#39;Hara&lt;/b&gt;"


def test_components_need_no_import_and_escape_too(env: jinja2.Environment) -> None:
    html = env.from_string('{{ ui.button(label, href="/x/", hx_get="/y/", data_big=True) }}').render(label="<Save>")
    assert "&lt;Save&gt;" in html
    assert 'hx-get="/y/"' in html
    assert " data-big>" in html


def test_an_unknown_component_is_an_error(env: jinja2.Environment) -> None:
    with pytest.raises(jinja2.UndefinedError):
        env.from_string("{{ ui.buton('x') }}").render()


def test_two_components_of_one_name_are_refused() -> None:
    twice = jinja2.DictLoader(
        dict.fromkeys(("components/a.html", "components/b.html"), "{% macro pill() %}{% endmacro %}")
    )
    with pytest.raises(ValueError, match="pill"):
        Components(environment(loader=twice)).names()


@pytest.mark.parametrize("name", ["style", "onclick"])
def test_attributes_that_the_policy_blocks_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        attrs({name: "x"})


def test_attributes() -> None:
    assert attrs({"hx_get": "/a?b&c", "hidden": True, "title": None, "disabled": False, "class_": "x"}) == (
        ' hx-get="/a?b&amp;c" hidden class="x"'
    )


def test_icons_are_hidden_from_screen_readers_and_carry_no_style() -> None:
    svg = icon("calendar-days")
    assert 'aria-hidden="true"' in svg
    assert "style=" not in svg
    with pytest.raises(lucide.IconDoesNotExist):
        icon("no-such-icon")


def test_url_says_when_there_is_none(env: jinja2.Environment) -> None:
    assert env.from_string("{{ url('ui:gallery') }}").render() == "/ui/gallery/"
    with pytest.raises(NoReverseMatch):
        env.from_string("{{ url('ui:nowhere') }}").render()


def test_every_template_parses_and_is_kept(env: jinja2.Environment) -> None:
    names = env.list_templates(extensions=["html"])
    templates = [env.get_template(name) for name in names]
    assert [name for name, first in zip(names, templates, strict=True) if env.get_template(name) is not first] == []


def test_each_allergy_state_has_its_own_words(env: jinja2.Environment) -> None:
    from emr.ui.banner import AllergyState, BannerAllergies

    template = env.from_string("{{ ui.allergy_line(a) }}")
    said = {state: template.render(a=BannerAllergies(state)).strip() for state in AllergyState}
    assert len(set(said.values())) == len(AllergyState)
    assert "No known allergies" in said[AllergyState.NONE_KNOWN]
    assert "not recorded" in said[AllergyState.NOT_RECORDED]
    assert "unavailable" in said[AllergyState.UNAVAILABLE]


@pytest.mark.parametrize(("code", "word"), [("H", "↑ high"), ("LL", "↓↓ critical"), ("A", "abnormal")])
def test_abnormal_values_say_so_in_words(env: jinja2.Environment, code: str, word: str) -> None:
    assert word in env.from_string("{{ ui.value('5.9', 'mmol/L', code) }}").render(code=code)


def test_paths_of_a_table_are_those_of_single_links() -> None:
    patient, visit = uuid7(), uuid7()
    name = "scheduling:appointments_detail"
    assert paths(name, 2)(patient, visit) == url(name, patient, visit)
    assert paths("clinic:chart_summary")(patient) == url("clinic:chart_summary", patient)
    with pytest.raises(NoReverseMatch):
        paths(name, 1)
