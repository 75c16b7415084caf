"""Django app of the bank."""

from django.apps import AppConfig


class VignettesConfig(AppConfig):
    """A leaf app: it imports neither the study nor the analysis."""

    name = "vignettes"
    default_auto_field = "django.db.models.BigAutoField"
