from django.apps import AppConfig


class StudyConfig(AppConfig):
    name = "study"
    label = "study"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from study import checks  # noqa: F401, PLC0415  registering needs a ready app registry
        from study.protocol import audit_baseline, audit_context, trigger_install  # noqa: PLC0415

        audit_context.connect()
        trigger_install.connect()
        audit_baseline.connect()
