"""The clinic's logo: what may be uploaded as one."""

from __future__ import annotations

from emr.uploads.incoming import Incoming, Limits
from emr.uploads.kinds import Kind

MAX_BYTES = 200 * 1024
MAX_PIXELS = 2000
LIMITS = Limits((Kind.PNG, Kind.JPEG), MAX_BYTES, max_side=MAX_PIXELS)

#: A picture, drawn anew: its bytes, its kind as told by its content, its SHA-256.
Logo = Incoming
