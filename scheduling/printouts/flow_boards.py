"""The flow board on paper, for when the screens are dark."""

from __future__ import annotations

from django.utils import timezone

from emr.accounts.clinic import current_clinic
from emr.accounts.models import User
from emr.pdf import render_pdf
from emr.shared.dates import clinic_today
from emr.ui.formats import day_long, instant
from scheduling.queries.flow import Board


def flow_board_pdf(board: Board, *, by: User) -> bytes:
    """The board as it is now; every page says of which clinic and day, who printed it and when."""
    context = {
        "board": board,
        "day": day_long(clinic_today()),
        "clinic": str(current_clinic() or ""),
        "printed_at": instant(timezone.now()),
        "printed_by": by.get_full_name() or by.email,
    }
    return render_pdf("scheduling/flow/print.html", context)
