"""X12, the payers' electronic paper: remittances (835) and acknowledgements (TA1, 999, 277CA) read as a stream.

Pure: no tables, no requests, no clock. ``segments`` knows the punctuation, ``envelope`` the wrapping, and the others
one kind of message each. A file that can't be read raises :class:`~billing.x12.segments.X12Error`; what is odd but can
be read becomes a :class:`~billing.x12.notes.Note`; sums that don't agree become findings of ``balance``.
"""
