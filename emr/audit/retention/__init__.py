"""How long the logs are kept: the policy, the legal holds, and the purge that obeys both; see docs/audit.md."""
