"""The sample clinic as a Django app."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "demo"
    verbose_name = "The sample clinic"
