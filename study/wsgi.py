import os

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "study.settings")
application = get_wsgi_application()


def refuse_unsafe_start() -> None:
    """Stop a web server whose installation breaks a check: servers do not run checks themselves."""
    from django.core.checks import ERROR, Tags, run_checks  # noqa: PLC0415  needs the app registry

    problems = run_checks(tags=[Tags.security, Tags.database], databases=["default"])
    faults = [str(problem) for problem in problems if problem.level >= ERROR and not problem.is_silenced()]
    if faults:
        raise ImproperlyConfigured("\n".join(faults))


refuse_unsafe_start()
