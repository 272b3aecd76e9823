"""Settings: one module for every run; what differs comes from the environment (see docs/settings.md).

``CHARTROOM_DEMO=1`` is the run on one's own machine: plain HTTP on loopback and generated secrets. Everything
else is production, where a missing secret stops the start.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from emr.env import Env

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("CHARTROOM_VAR", str(BASE_DIR / "var")))

DEMO = env.flag("CHARTROOM_DEMO", default=False)
DEBUG = env.flag("DEBUG", default=False) and DEMO
SECRET_KEY = env.text("SECRET_KEY")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ("localhost", "127.0.0.1", "[::1]") if DEMO else ())
if not DEMO and len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY must have 50 random characters or more.")
if not DEMO and (not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS):
    raise ImproperlyConfigured("Set ALLOWED_HOSTS to the names under which the clinic is reached; * is none.")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
# Where patients open the links that jobs send: a job has no request to ask.
PUBLIC_ORIGIN = env.text("PUBLIC_ORIGIN", "http://localhost:8000" if DEMO else f"https://{ALLOWED_HOSTS[0]}").rstrip(
    "/"
)
# Keys that stand outside the database: see emr.keys.
ENCRYPTION_KEYS = env.words("ENCRYPTION_KEYS")
AUDIT_SIGNING_KEY = env.text("AUDIT_SIGNING_KEY")
# Public halves of earlier signing keys, and where the seals are written: see emr.audit.seals.
AUDIT_VERIFY_KEYS = env.words("AUDIT_VERIFY_KEYS")
AUDIT_SEAL_DIR = Path(env.text("AUDIT_SEAL_DIR", str(VAR_DIR / "seals")))
AUDIT_ARCHIVE_DIR = Path(env.text("AUDIT_ARCHIVE_DIR", str(VAR_DIR / "archives")))
if not ENCRYPTION_KEYS:
    raise ImproperlyConfigured("Set ENCRYPTION_KEYS, or ENCRYPTION_KEYS_FILE to a file that holds them.")

INSTALLED_APPS = [
    "emr.apps.EmrConfig",
    "emr.accounts.apps.AccountsConfig",
    "emr.audit.apps.AuditConfig",
    "emr.codes.apps.CodesConfig",
    "emr.jobs.apps.JobsConfig",
    "clinic.apps.ClinicConfig",
    "scheduling.apps.SchedulingConfig",
    "billing.apps.BillingConfig",
    "interop.apps.InteropConfig",
    "demo.apps.DemoConfig",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "auditlog",
    "guardian",
    "pgtrigger",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "emr.access.middleware.BrowserPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "emr.audit.middleware.RequestIdMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "emr.accounts.sessions.middleware.SessionClockMiddleware",
    "emr.access.middleware.LogInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "emr.audit.middleware.ActorMiddleware",
    "emr.audit.middleware.RefusalMiddleware",
    "emr.accounts.clinic.ClinicMiddleware",
    "emr.access.middleware.NoStoreMiddleware",
    "emr.accounts.factors.middleware.SecondFactorMiddleware",
    "emr.access.middleware.DoorMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
]

ROOT_URLCONF = "emr.urls"
WSGI_APPLICATION = "emr.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "emr.ui.jinja.environment",
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "emr.ui.context.page",
            ],
        },
    },
    {
        # Only for what third parties bring.
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
FORM_RENDERER = "emr.ui.forms.Renderer"

# --- Database -------------------------------------------------------------------------------------------------
# Two roles: the owner migrates (DATABASE_OWNER_URL), the running app's role owns nothing (DATABASE_URL).
_OWNER = env.text("CHARTROOM_DB_ROLE", "app") == "owner" and env.get("DATABASE_OWNER_URL") is not None
_DATABASE = env.database("DATABASE_OWNER_URL" if _OWNER else "DATABASE_URL")
DATABASE_APP_ROLE = str(env.database("DATABASE_URL")["USER"])
_TIMEOUTS = "-c idle_in_transaction_session_timeout=30000 -c lock_timeout=3000 -c statement_timeout=15000"
_POOL = {"min_size": 1, "max_size": env.number("DATABASE_POOL_SIZE", default=8), "timeout": 5}
DATABASES = {
    "default": {
        **_DATABASE,
        "ATOMIC_REQUESTS": True,
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            **_DATABASE["OPTIONS"],  # type: ignore[dict-item]
            "options": "" if _OWNER else _TIMEOUTS,
            **({} if _OWNER or not env.flag("DATABASE_POOL", default=True) else {"pool": _POOL}),
        },
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Cache, sessions ------------------------------------------------------------------------------------------
CACHES = {
    "default": {
        # Without the server each process counts by itself: a cache that is away keeps nobody from logging in.
        "BACKEND": "emr.cache.SteadyCache",
        "LOCATION": env.text("CACHE_URL", env.text("BROKER_URL")),
        "KEY_PREFIX": "chartroom",
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    },
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
# From the log-in on, whatever is done; and without anybody there (emr.accounts.sessions.clock).
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_IDLE_SECONDS = 60 * env.number("SESSION_IDLE_MINUTES", default=15)
SESSION_WARNING_SECONDS = min(120, SESSION_IDLE_SECONDS // 3)
if SESSION_IDLE_SECONDS <= 0:
    raise ImproperlyConfigured("SESSION_IDLE_MINUTES must be 1 or more.")
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
# Not in a cookie, which is Django's first choice: a message names the patient whom it is about.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_FAILURE_VIEW = "emr.ui.errors.csrf_failure"

# --- People ---------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "emr.access.backends.RoleBackend",
    "emr.accounts.backends.LoginBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "emr.accounts.passwords.MaximumLengthValidator", "OPTIONS": {"max_length": 128}},
    {"NAME": "emr.accounts.passwords.HouseWordsValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "ui:home"
ACCOUNT_ADAPTER = "emr.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_SESSION_REMEMBER = False
# Wrong passwords: for each address by the log-in library, in the cache; for each account by emr.accounts.tries.
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip"}
LOGIN_LOCK_AFTER = env.number("LOGIN_LOCK_AFTER", default=5)
LOGIN_LOCK = timedelta(minutes=env.number("LOGIN_LOCK_MINUTES", default=15))
if LOGIN_LOCK_AFTER < 1 or not LOGIN_LOCK:
    raise ImproperlyConfigured("LOGIN_LOCK_AFTER and LOGIN_LOCK_MINUTES must be 1 or more.")
PASSWORD_RESET_TIMEOUT = 60 * 60
INVITATION_LIFE = timedelta(hours=env.number("INVITATION_HOURS", default=72))
ACCOUNT_TEMPLATE_EXTENSION = "html"
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", default=0)
# The second factor: asked of whom, see emr.accounts.factors.policy.
MFA_REQUIRED = env.flag("MFA_REQUIRED", default=not DEMO)
MFA_ADAPTER = "emr.accounts.factors.adapter.FactorAdapter"
MFA_FORMS = {
    "activate_totp": "emr.accounts.factors.forms.EnrolAppForm",
    "add_webauthn": "emr.accounts.factors.forms.AddPasskeyForm",
    "authenticate": "emr.accounts.factors.forms.CodeForm",
    "reauthenticate": "emr.accounts.factors.forms.ConfirmCodeForm",
    "authenticate_webauthn": "emr.accounts.factors.forms.PasskeyForm",
    "reauthenticate_webauthn": "emr.accounts.factors.forms.ConfirmPasskeyForm",
    "login_webauthn": "emr.accounts.factors.forms.PasskeyLoginForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Chartroom"
# Log-in by an outside OpenID Connect provider: off unless an issuer is set, see emr.accounts.federation.
OIDC_ISSUER = env.get("OIDC_ISSUER") or ""
OIDC_CLIENT_ID = env.text("OIDC_CLIENT_ID") if OIDC_ISSUER else ""
OIDC_CLIENT_SECRET = env.text("OIDC_CLIENT_SECRET") if OIDC_ISSUER else ""
OIDC_NAME = env.text("OIDC_NAME", "single sign-on")
OIDC_STRONG_ACR = env.words("OIDC_STRONG_ACR")
OIDC_TRUSTED = env.flag("OIDC_TRUSTED", default=False)
if OIDC_ISSUER and not DEMO and not OIDC_ISSUER.startswith("https://"):
    raise ImproperlyConfigured("OIDC_ISSUER must begin with https://.")
SOCIALACCOUNT_ADAPTER = "emr.accounts.federation.adapter.FederationAdapter"
SOCIALACCOUNT_AUTO_SIGNUP = False
USERSESSIONS_TRACK_ACTIVITY = False

# Only exceptions to the roles are object permissions; see clinic.models.patients.
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_RAISE_403 = False

# --- Audit ----------------------------------------------------------------------------------------------------
AUDITLOG_LOGENTRY_MODEL = "audit.LogEntry"
AUDITLOG_CID_GETTER = "emr.audit.context.request_id"
AUDITLOG_DISABLE_REMOTE_ADDR = True
AUDITLOG_STORE_JSON_CHANGES = True
AUDITLOG_USE_BASE_MANAGER = True

# --- Transport and headers ------------------------------------------------------------------------------------
_HTTPS = not DEMO
SECURE_SSL_REDIRECT = _HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.number("TRUSTED_PROXY_COUNT", default=0) else None
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _HTTPS
SECURE_HSTS_PRELOAD = _HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_NAME = "__Host-session" if _HTTPS else "chartroom-session"
CSRF_COOKIE_NAME = "__Host-csrf" if _HTTPS else "chartroom-csrf"
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "report-uri": ["/csp-reports"],
        # Where both are known only this one is used; it asks for HTTPS.
        **({"report-to": ["csp"]} if _HTTPS else {}),
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5100  # the claims of the largest batch, and what else its page asks
DATA_UPLOAD_MAX_NUMBER_FILES = 5
# Files are limited while they come in and checked by emr.uploads; each field has a limit of its own below this.
FILE_UPLOAD_HANDLERS = ["emr.uploads.handler.BoundedUploadHandler"]
UPLOAD_MAX_BYTES = env.number("UPLOAD_MAX_MB", default=20) * 1024 * 1024
VIRUS_SCAN_COMMAND = env.text("VIRUS_SCAN_COMMAND", "")
VIRUS_SCAN_SECONDS = env.number("VIRUS_SCAN_SECONDS", default=30)

# --- Language and time: stored in UTC, shown in the clinic's zone ------------------------------------------------
LANGUAGE_CODE = "en-us"
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.text("CLINIC_TIME_ZONE", "America/New_York")

# --- Emergency access ------------------------------------------------------------------------------------------
#: How long a restricted chart stays open to who breaks the glass; the database allows four hours at most.
BREAK_GLASS_MINUTES = env.number("BREAK_GLASS_MINUTES", default=60, within=range(5, 241))

# --- Intake -----------------------------------------------------------------------------------------------------
#: How long a link that was mailed to a patient works.
INTAKE_LINK_HOURS = env.number("INTAKE_LINK_HOURS", default=72, within=range(1, 14 * 24 + 1))

# --- Eligibility -------------------------------------------------------------------------------------------------
#: Who carries 270s to payers: a class as clinic.eligibility.adapter.Adapter describes. Empty: nobody.
ELIGIBILITY_BACKEND = env.text("ELIGIBILITY_BACKEND", default="clinic.eligibility.simulator.Simulator" if DEMO else "")
#: How the clearinghouse knows the clinic (ISA06); the NPI where empty.
ELIGIBILITY_SENDER_ID = env.text("ELIGIBILITY_SENDER_ID", default="")
if ELIGIBILITY_BACKEND.endswith("simulator.Simulator") and not DEMO:
    raise ImproperlyConfigured("The simulated payer makes its answers up: it is for the demo alone.")

# --- Prescriptions -----------------------------------------------------------------------------------------------
#: Who carries prescriptions to pharmacies: a class as clinic.erx.adapter.Adapter describes. Empty: paper.
ERX_BACKEND = env.text("ERX_BACKEND", default="clinic.erx.simulator.Simulator" if DEMO else "")
if ERX_BACKEND.endswith("simulator.Simulator") and not DEMO:
    raise ImproperlyConfigured("The simulated pharmacies fill nothing: they are for the demo alone.")

# --- Files ----------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "emr.ui.finders.VendorFinder",
]
MEDIA_ROOT = VAR_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Jobs -----------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.text("BROKER_URL")
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "socket_timeout": 2,
    "socket_connect_timeout": 1,
    "max_retries": 1,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.2}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# --- Mail and logs: neither carries PHI -------------------------------------------------------------------------
EMAIL_BACKEND = env.text(
    "EMAIL_BACKEND",
    "django.core.mail.backends.console.EmailBackend" if DEMO else "django.core.mail.backends.smtp.EmailBackend",
)
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.number("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "clinic@localhost")
# Reminders of visits: when none leaves (the clinic's wall clock), and the carrier of text messages: see
# scheduling.reminding.sms.
REMINDER_QUIET_HOURS = env.text("REMINDER_QUIET_HOURS", "20:00-08:00")
SMS_URL = env.text("SMS_URL", "")
SMS_TOKEN = env.get("SMS_TOKEN") or ""
SMS_WEBHOOK_KEY = env.get("SMS_WEBHOOK_KEY") or ""

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "emr.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    # Both warn of each letter that no font has, with the letter: of a name on a statement, say.
    "loggers": {"weasyprint": {"level": "ERROR"}, "fontTools": {"level": "ERROR"}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO" if not DEMO else "WARNING")},
}

SILENCED_SYSTEM_CHECKS = [
    # Object permissions use direct foreign-key models through our own queries; no guardian backend is installed.
    "guardian.W001",
    # The e-mail is unique whatever its case, by a constraint on lower(email).
    "auth.W004",
]
