"""Prescriptions between a clinic and pharmacies: the messages, how they are built, and the way that carries them.

The messages have the parts that NCPDP SCRIPT has, in plain classes; the standard's own schemas and texts are licensed
and not shipped. Who has a network's contract writes an adapter that turns them into what the network takes.
"""
