"""What is recorded of the models that third parties bring, and why the rest is not."""

from __future__ import annotations

from django.apps import apps

from emr.audit.registry import exempt

_REASONS = {
    "admin.LogEntry": "Unused: the admin site changes nothing.",
    "auth.Permission": "Django's own list; roles are code (emr.access.roles).",
    "auth.Group": "One row a role, made from emr.access.roles; who is in it is recorded with the user.",
    "contenttypes.ContentType": "Django's list of models.",
    "sessions.Session": "Log-in sessions, not the record.",
    "account.EmailAddress": "The log-in address, kept in step with the user's e-mail, which is recorded.",
    "account.EmailConfirmation": "One-time keys, short-lived.",
    "mfa.Authenticator": "Secrets; their changes are signalled, not copied.",
    "socialaccount.SocialAccount": "Which outside log-in opens which account; links are security events.",
    "socialaccount.SocialApp": "Unused: the provider stands in the settings.",
    "socialaccount.SocialToken": "Unused: no token of a provider is kept.",
    "usersessions.UserSession": "Log-in sessions, not the record.",
    "guardian.UserObjectPermission": "Unused: object permissions have foreign-key models of their own.",
    "guardian.GroupObjectPermission": "Unused: object permissions have foreign-key models of their own.",
    "auditlog.LogEntry": "Unused: the project's own log entry takes its place.",
}

for _label, _reason in _REASONS.items():
    exempt(_reason)(apps.get_model(_label))
