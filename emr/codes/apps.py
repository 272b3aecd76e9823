from django.apps import AppConfig


class CodesConfig(AppConfig):
    name = "emr.codes"
    label = "codes"
    verbose_name = "Code systems"
