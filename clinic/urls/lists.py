"""The lists of the chart."""

from __future__ import annotations

from django.urls import URLPattern, path

from clinic.urls.rooms import room_urls
from clinic.views import (
    allergies,
    trends,
