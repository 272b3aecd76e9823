"""Asking a payer whether a policy covers the patient: X12 270 and 271 (005010X279A1), and who carries them.

Knows no tables. ``inquiry`` writes the question, ``answer`` reads what came back, ``adapter`` is the way there, and
``simulator`` a payer that is built in. Codes stand here as codes, with a few words of our own for those that are shown.
"""
