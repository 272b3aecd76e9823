"""A program: reads a PDF from standard input and prints what it is as JSON. It may use little memory and time and
open no file of its own, so that a PDF that takes its reader over gains nothing. See papers.py.
"""

from __future__ import annotations

import json
import resource
import sys

_MEMORY = 1 << 30
_CPU_SECONDS = 10


def main() -> int:
    """Print pages, scripts, attachments, program (1: an XFA form), locked."""
    import pypdfium2  # type: ignore[import-untyped]
    from pypdfium2 import raw

    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    content = sys.stdin.buffer.read()
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        sys.stdout.write(json.dumps({"locked": int("password" in str(error).lower())}))
        return 0
    found = {
        "pages": len(document),
        "scripts": raw.FPDFDoc_GetJavaScriptActionCount(document),
        "attachments": raw.FPDFDoc_GetAttachmentCount(document),
        "program": int(raw.FPDF_GetFormType(document) in (raw.FORMTYPE_XFA_FULL, raw.FORMTYPE_XFA_FOREGROUND)),
        "locked": 0,
    }
    sys.stdout.write(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
