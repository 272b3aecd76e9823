"""Terminology: code systems, their releases and concepts, search, and the field that picks a code in a form."""
