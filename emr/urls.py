"""Every URL of the project. Each view behind them stands behind a door; a policy test walks them all."""

from __future__ import annotations

from django.urls import include, path

from emr import csp_reports, health
from emr.administration.site import site
from emr.ui import errors

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("csp-reports", csp_reports.csp_reports, name="csp_reports"),
    path("", include("emr.ui.urls")),
    path("accounts/", include("emr.accounts.login_urls")),
    path("codes/", include("emr.codes.urls")),
    path("jobs/", include("emr.jobs.urls")),
    path("access/", include("emr.access.urls")),
    path("audit/", include("emr.audit.urls")),
    path("people/", include("emr.accounts.urls")),
    path("admin/", site.urls),
    path("patients/", include("clinic.urls")),
    path("intake/", include("clinic.urls.intake_public")),
    path("", include("scheduling.urls")),
    path("", include("billing.urls")),
    path("import/", include("interop.urls")),
]
