"""The virus scanner: a program of the clinic's that is given each file on standard input.

``VIRUS_SCAN_COMMAND`` names it with its options (``clamdscan --no-summary -``). Its exit status says: 0 clean, 1
infected, anything else that it couldn't tell. A file that couldn't be scanned is refused.
"""

from __future__ import annotations

import logging
import shlex
import subprocess

from django.conf import settings

from emr.uploads.refusals import Refused

logger = logging.getLogger(__name__)

_CLEAN, _INFECTED = 0, 1


def scan(content: bytes) -> None:
    """Do nothing for a clean file or without a scanner. Raises Refused for an infected one and when it can't tell."""
    if not settings.VIRUS_SCAN_COMMAND:
        return
    try:
        status = subprocess.run(  # noqa: S603  the command is a setting; the file is its input and names nothing
            shlex.split(settings.VIRUS_SCAN_COMMAND),
            input=content,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=settings.VIRUS_SCAN_SECONDS,
            check=False,
        ).returncode
    except (OSError, subprocess.TimeoutExpired) as error:
        logger.error("The virus scanner can't be used: %s.", type(error).__name__)
        status = -1
    if status == _INFECTED:
        raise Refused("The virus scanner found something in the file. It was not kept.", recorded="infected file")
    if status != _CLEAN:
        raise Refused("The virus scanner is away, so no file can be taken now. Try again later.", recorded="no scanner")
