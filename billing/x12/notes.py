"""What is odd about a file that can still be read."""

from dataclasses import dataclass, field

from billing.x12.segments import Segment, place

_KEPT = 500


@dataclass(frozen=True, slots=True)
class Note:
    """Something irregular: a sentence and where. ``serious``: act on the file only after a person has looked."""

    text: str
    position: int
    segment_id: str
    element: int = 0
    serious: bool = False

    def __str__(self) -> str:
        return f"{place(self.position, self.segment_id, self.element)}: {self.text}"


@dataclass(slots=True)
class Notes:
    """The notes of a file in the order found: the first 500, and how many more there were."""

    kept: list[Note] = field(default_factory=list)
    dropped: int = 0
    serious: bool = False

    def add(self, segment: Segment, text: str, element: int = 0, *, serious: bool = False) -> None:
        """Note something about a segment."""
        self.serious = self.serious or serious
        if len(self.kept) < _KEPT:
            self.kept.append(Note(text, segment.position, segment.id, element, serious))
        else:
            self.dropped += 1
