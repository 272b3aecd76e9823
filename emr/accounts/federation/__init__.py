"""Log-in by an outside OpenID Connect provider: an option, off unless OIDC_ISSUER is set."""
