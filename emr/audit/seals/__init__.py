"""Sealing: the logs' rows are hashed into signed blocks, each of which names the one before; see docs/audit.md.

``logs`` says what is sealed, ``blocks`` what a block is, ``files`` keeps the copies that leave the host, ``sealing``
makes blocks, ``chain`` and ``verifying`` read them back.
"""
