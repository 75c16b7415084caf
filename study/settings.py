"""Settings of Equipoise, from the environment. With no variable at all: one machine, SQLite, no server."""

from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from study.environment import (
    read_bool,
    read_choice,
    read_count,
    read_database,
    read_list,
    read_seconds,
    read_secret_key,
    read_text,
)

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(read_text("EQUIPOISE_VAR", str(BASE_DIR / "var")))
EXPORTS_DIR = VAR_DIR / "exports"

ENVIRONMENT = read_choice("EQUIPOISE_ENV", ["development", "production"], default="development")
PRODUCTION = ENVIRONMENT == "production"
DEBUG = read_bool("DEBUG", default=False)
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DEBUG must be False in production.")

SECRET_KEY = read_secret_key("SECRET_KEY", path=VAR_DIR / "secret_key", required=PRODUCTION)
ALLOWED_HOSTS = read_list("ALLOWED_HOSTS") or (
    [] if PRODUCTION else ["127.0.0.1", "localhost", "[::1]", "testserver"]
)
CSRF_TRUSTED_ORIGINS = read_list("CSRF_TRUSTED_ORIGINS")
if PRODUCTION and not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must be set in production.")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "vignettes",
    "study",
]
# What writes headers comes first: it then sees also static files, redirections and the pages of early errors.
MIDDLEWARE = [
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "study.participants.middleware.NothingStoredMiddleware",
    "study.protocol.middleware.PlainCookiesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "study.participants.sessions.SessionEndMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "study.protocol.middleware.RequestContextMiddleware",
    "study.protocol.middleware.StudyErrorMiddleware",
    "study.participants.middleware.SignInRequiredMiddleware",
    "study.participants.middleware.SecondFactorMiddleware",
]
ROOT_URLCONF = "study.urls"
# Administrators' pages belong on an address of their own, which raters do not use: a second web process with
# this switch and its own ALLOWED_HOSTS.
ADMIN_PAGES = read_bool("EQUIPOISE_ADMIN_PAGES", default=False)
WSGI_APPLICATION = "study.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

DATABASES = {"default": read_database("DATABASE_URL", sqlite_path=VAR_DIR / "equipoise.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Attempts are counted here, by all web processes together.
CACHES = {"default": {"BACKEND": "study.participants.shared_cache.SharedCache"}}

AUTH_USER_MODEL = "study.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
if read_bool("EQUIPOISE_FAST_PASSWORDS", default=False):
    if PRODUCTION:
        raise ImproperlyConfigured("EQUIPOISE_FAST_PASSWORDS is for tests; production hashes with Argon2.")
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # an account exists only through an invitation sent to that address
ACCOUNT_ADAPTER = "study.participants.accounts.ClosedSignupAdapter"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # that message invites to sign up, which nobody can
# A hospital shares one address: only failures against one account are few. Its network's failures are counted
# by the account adapter, because the package refuses whoever waits for the address's one lock for a second.
ACCOUNT_RATE_LIMITS = {
    "login": "",
    "login_failed": "6/5m/key",
    "reauthenticate": "6/5m/user",
    "change_password": "6/5m/user",
    "reset_password": "120/m/ip,5/m/key",
    "reset_password_from_key": "120/m/ip",
}
# Proxies before the web server whose X-Forwarded-For is believed: the last of them tells a person's address.
ALLAUTH_TRUSTED_PROXY_COUNT = read_count("EQUIPOISE_PROXIES", 1 if PRODUCTION else 0)
MFA_ADAPTER = "study.participants.accounts.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "study.participants.account_forms.CodeForm",
    "reauthenticate": "study.participants.account_forms.RepeatedCodeForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Equipoise"
MFA_TOTP_TOLERANCE = 1  # steps of 30 s: a telephone's clock is not the server's
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION  # http://localhost
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static" if PRODUCTION else None  # development serves from the source folders
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_ALLOW_ALL_ORIGINS = False
if PRODUCTION:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }

SESSION_COOKIE_AGE = 12 * 3600
# What a person is told stays on the server, and needs no cookie of its own.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
if PRODUCTION:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
# Nothing of the browser's devices is used but passkeys.
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: []
    for name in (
        "accelerometer",
        "autoplay",
        "browsing-topics",
        "camera",
        "display-capture",
        "encrypted-media",
        "fullscreen",
        "geolocation",
        "gyroscope",
        "hid",
        "idle-detection",
        "local-fonts",
        "magnetometer",
        "microphone",
        "midi",
        "otp-credentials",
        "payment",
        "picture-in-picture",
        "screen-wake-lock",
        "serial",
        "usb",
        "xr-spatial-tracking",
    )
}
PERMISSIONS_POLICY |= {"publickey-credentials-create": ["self"], "publickey-credentials-get": ["self"]}
CSRF_FAILURE_VIEW = "study.protocol.views.csrf_failure"

EMAIL_HOST = read_text("EMAIL_HOST")
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
if not PRODUCTION and not EMAIL_HOST:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
EMAIL_PORT = int(read_text("EMAIL_PORT", "25"))
EMAIL_HOST_USER = read_text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = read_text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = read_bool("EMAIL_USE_TLS", default=False)
DEFAULT_FROM_EMAIL = read_text("DEFAULT_FROM_EMAIL", "equipoise@localhost")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["study.participants.tokens.ApiTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "study.protocol.errors.api_exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Equipoise",
    "DESCRIPTION": "For investigators' programs: imports, progress without arms, worker health, exports.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
}

REDIS_URL = read_text("REDIS_URL")
LLM_BASE_URL = read_text("EQUIPOISE_LLM_BASE_URL", "http://127.0.0.1:8001/v1")
LLM_API_KEY = read_text("EQUIPOISE_LLM_API_KEY")
LLM_TIMEOUT_S = read_seconds("EQUIPOISE_LLM_TIMEOUT_S", 600)
# How many answers one worker process awaits from one server at the same time (0: as many as it has threads).
# A few threads more than this store and claim meanwhile, so that the server never waits for the database.
LLM_AT_ONCE = read_count("EQUIPOISE_LLM_AT_ONCE", 32)
# What the operator declares of the served models (`manage.py describe_model` writes it), and for an engine
# inside the worker: where the models' directories are, over how many GPUs one is spread (0: as its profile
# says), and how many answers one batch holds.
LLM_FACTS = read_text("EQUIPOISE_LLM_FACTS")
LLM_MODELS_DIR = read_text("EQUIPOISE_LLM_MODELS_DIR", "/srv/models")
LLM_TENSOR_PARALLEL = read_count("EQUIPOISE_LLM_TENSOR_PARALLEL", 0)
LLM_BATCH = max(1, read_count("EQUIPOISE_LLM_BATCH", 32))
# The models' queue, in seconds: how long a row is lent at a time, how often each worker looks after the rows,
# the longest pause of a row after interruptions, and when a queue that finishes nothing stands still.
QUEUE_LEASE_S = read_seconds("EQUIPOISE_QUEUE_LEASE_S", 60)
QUEUE_PATROL_S = read_seconds("EQUIPOISE_QUEUE_PATROL_S", 5)
QUEUE_LONGEST_RETREAT_S = read_seconds("EQUIPOISE_QUEUE_LONGEST_RETREAT_S", 60)
QUEUE_STALL_S = read_seconds("EQUIPOISE_QUEUE_STALL_S", 600)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": read_text("LOG_LEVEL", "WARNING")},
}
