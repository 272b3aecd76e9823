"""The Jinja2 environment of the project's pages (``TEMPLATES[0]["OPTIONS"]["environment"]``).

A misspelt name is an error, not an empty string, and ``ui`` reaches every component macro without an import line.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from importlib.resources import files
from io import BytesIO
from itertools import chain
from typing import Any
from uuid import UUID
from xml.etree.ElementTree import tostring
from zipfile import ZipFile

import jinja2
import lucide
from defusedxml.ElementTree import fromstring
from django.conf import settings
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from markupsafe import Markup, escape

from emr.ui import formats
from emr.ui.navigation import Link
from emr.ui.sparkline import sparkline
from emr.ui.tones import tone

_NOT_MACROS = ("components/field.html", "components/form.html")


def environment(**options: Any) -> jinja2.Environment:
    """Build the environment; ``options`` come from Django's backend and may override ours."""
    if options.get("undefined") in (None, jinja2.Undefined, jinja2.DebugUndefined):
        options["undefined"] = jinja2.StrictUndefined
    return _environment(**options)


def lenient_environment(**options: Any) -> jinja2.Environment:
    """Build the same environment for Django's own widget templates, which read keys that may be missing."""
    options["undefined"] = jinja2.Undefined
    return _environment(**options)


def _environment(**options: Any) -> jinja2.Environment:
    options.setdefault("autoescape", True)
    # All are kept once they are compiled: there are more than the 400 that Jinja2 would keep.
    options.setdefault("cache_size", -1)
    env = jinja2.Environment(  # noqa: S701 - autoescape is among the options
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"],
        **options,
    )
    env.globals.update(
        url=url,
        paths=paths,
        static=static_url,
        nav_list=nav_list,
        icon=icon,
        sparkline=sparkline,
        tone=tone,
        ui=Components(env),
    )
    env.filters.update(formats.FILTERS)
    env.filters["attrs"] = attrs
    return env


class Components:
    """Every macro of ``templates/components/*.html`` as an attribute: ``{{ ui.button("Save") }}``.

    Two files may not define the same macro; the first look at the folder raises ``ValueError`` if they do.
    """

    def __init__(self, env: jinja2.Environment) -> None:
        self._env = env

    @functools.cached_property
    def _homes(self) -> dict[str, str]:
        homes: dict[str, str] = {}
        for name in self._env.list_templates(filter_func=_holds_macros):
            for macro in vars(self._env.get_template(name).module):
                if macro.startswith("_"):
                    continue
                if macro in homes:
                    raise ValueError(f"Component {macro!r} is defined in {homes[macro]} and in {name}.")
                homes[macro] = name
        return homes

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._homes:
            raise AttributeError(name)
        return getattr(self._env.get_template(self._homes[name]).module, name)

    def names(self) -> list[str]:
        """Return the names of all macros, sorted."""
        return sorted(self._homes)


def _holds_macros(name: str) -> bool:
    return name.startswith("components/") and name.endswith(".html") and name not in _NOT_MACROS


def url(name: str, *args: object, **kwargs: object) -> str:
    """Return the path of a named URL; raises ``NoReverseMatch`` when there is none."""
    if not args and not kwargs:
        return _fixed_url(name, settings.ROOT_URLCONF)
    return reverse(name, args=args or None, kwargs=kwargs or None)


@functools.lru_cache(maxsize=512)
def _fixed_url(name: str, urlconf: str) -> str:
    """The path of a URL without parts: every page prints a dozen of them."""
    return reverse(name)


def paths(name: str, keys: int = 1) -> Callable[..., str]:
    """Return a function from ``keys`` UUIDs to the path of a named URL: for tables, where a look-up a row is dear.

    The URL's patterns are asked once, with keys that stand in for the real ones; it must be one of UUIDs alone.
    """
    stand_ins = [UUID(int=number) for number in range(keys)]
    parts = re.split("|".join(map(str, stand_ins)), reverse(name, args=stand_ins))

    def path(*given: UUID) -> str:
        return "".join(chain.from_iterable(zip(parts, map(str, given), strict=False))) + parts[-1]

    return path


def static_url(path: str) -> str:
    """Return the address of a static file."""
    return _static_url(path, settings.STATIC_URL, settings.STORAGES["staticfiles"]["BACKEND"])


@functools.lru_cache(maxsize=512)
def _static_url(path: str, prefix: str, storage: str) -> str:
    """Each page asks for dozens, and they stay as they are for as long as the program runs."""
    return static(path)


def nav_list(sections: list[tuple[str, list[Link]]]) -> Markup:
    """Return the entries of the main navigation as HTML; each page prints them twice."""
    return _nav_list(tuple((heading, tuple(links)) for heading, links in sections))


@functools.lru_cache(maxsize=512)
def _nav_list(sections: tuple[tuple[str, tuple[Link, ...]], ...]) -> Markup:
    return Markup(render_to_string("ui/_nav.html", {"sections": sections}))  # noqa: S704  a template of ours, escaped


@functools.lru_cache(maxsize=512)
def icon(name: str, size: int = 16) -> Markup:
    """Return a Lucide icon as inline SVG, hidden from screen readers: words beside it carry the meaning.

    Raises ``lucide.IconDoesNotExist`` for an unknown name. ``size`` is in CSS pixels.
    """
    try:
        svg = fromstring(_drawings().read(f"{name}.svg"))
    except KeyError:
        raise lucide.IconDoesNotExist(f"The icon {name!r} does not exist.") from None
    for node in svg.iter():
        node.tag = node.tag.rpartition("}")[2]  # inside HTML, SVG names no namespace
    own = {"width": str(size), "height": str(size), "stroke-width": "1.75"}
    svg.attrib.update(own | {"aria-hidden": "true", "focusable": "false", "class": "icon"})
    return Markup(tostring(svg, encoding="unicode"))  # noqa: S704 - of the installed package, no input in it


@functools.cache
def _drawings() -> ZipFile:
    """All of Lucide's drawings, opened once: its own function reads the list of all of them again for each."""
    return ZipFile(BytesIO(files(lucide).joinpath("lucide.zip").read_bytes()))


def attrs(values: dict[str, object]) -> Markup:
    """Render keyword arguments as HTML attributes: ``hx_post`` is ``hx-post``; ``None`` and ``False`` are left out.

    Raises ``ValueError`` for ``style`` and event attributes: the Content-Security-Policy would block them.
    """
    parts = []
    for key, value in values.items():
        name = key.rstrip("_").replace("_", "-")
        if name == "style" or name.startswith("on"):
            raise ValueError(f"The attribute {name!r} can't be used: it would need an unsafe Content-Security-Policy.")
        if value is True:
            parts.append(Markup(" {}").format(name))
        elif value is not None and value is not False:
            parts.append(Markup(' {}="{}"').format(name, escape(value)))
    return Markup("").join(parts)
