"""Tables of the terminology."""

from emr.codes.models.concepts import Concept, Word
from emr.codes.models.systems import CodeSystem, Release

__all__ = ["CodeSystem", "Concept", "Release", "Word"]
