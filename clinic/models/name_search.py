"""What the search for patients stands on: names in single words, and the words that sound or are typed alike.

Both tables follow from the names and are written by triggers alone (migration 0014). The functions of the database:
``clinic_name_fold`` gives a name in capitals without accents and apostrophes, ``clinic_name_words`` its single words,
``clinic_name_variants`` the ways a word is mistyped: itself, itself less one letter, and its sound (double metaphone).
Two words with a variant in common are one slip of the keyboard, or of the ear, apart.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Func
from django.db.models.functions import Collate

from emr.audit.registry import exempt


class NameFold(Func):
    """The database's ``clinic_name_fold``."""

    function = "clinic_name_fold"
    output_field = models.TextField()


class NameVariants(Func):
    """The database's ``clinic_name_variants``. No column holds it, so that all words fit into a few pages."""

    function = "clinic_name_variants"
    output_field = ArrayField(models.TextField())


def folded_column(name: str | F) -> Collate:
    """The expression over which the indexes of names stand; any other misses them."""
    return Collate(NameFold(name), "C")


@exempt("follows from the recorded names, kept by a trigger")
class PatientWord(models.Model):
    """One word of one of a patient's names: official, preferred, former or alias."""

    pk = models.CompositePrimaryKey("patient_id", "word")
    patient = models.ForeignKey("clinic.Patient", on_delete=models.PROTECT, related_name="+", db_index=False)
    word = models.TextField(db_collation="C")

    class Meta:
        indexes = [models.Index(fields=["word", "patient"], name="clinic_patientword_word")]

    def __str__(self) -> str:
        return self.word


@exempt("a list of words, of nobody in particular")
class NameWord(models.Model):
    """A word that occurs in any name, indexed by its variants."""

    word = models.TextField(primary_key=True, db_collation="C")

    class Meta:
        indexes = [
            GinIndex(NameVariants("word"), name="clinic_nameword_variants", fastupdate=False),
            GinIndex(OpClass("word", name="gin_trgm_ops"), name="clinic_nameword_trgm"),
        ]

    def __str__(self) -> str:
        return self.word
