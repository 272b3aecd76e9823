"""Implanted devices."""

from __future__ import annotations

from clinic.actions.devices import add_device, change_device, check, remove_device
from clinic.forms.devices import DeviceForm, RemoveDeviceForm
from clinic.models import Device
from clinic.queries.devices import device_rows
from clinic.queries.encounters import open_visit
from clinic.views.lists import Act, Room

ROOM = Room(
    section="devices",
    path="devices",
    key_name="device_id",
    title="Implanted devices",
    columns=(
        *("Device", "Where", "Implanted", "Taken out", "Maker, model"),
        *("Serial number, lot", "Expires", "Identifier", "Note"),
    ),
    rows=device_rows,
    model=Device,
    empty="No implant is recorded. Add pacemakers, joints, stents, lenses, with the label if it is at hand.",
    noun="devices",
    one="a device",
    icon_name="cpu",
    key="a d",
    check=check,
    add=Act(
        *("add", "Add a device", "plus", DeviceForm),
        lambda by, patient, data: add_device(by=by, patient=patient, encounter=open_visit(patient), **data),
        "The device is recorded.",
        button="Add",
    ),
    acts=(
        Act(
            *("edit", "Change", "pencil", DeviceForm),
            lambda by, row, data: change_device(by=by, device=row, **data),
            "The device is changed.",
            prefill=True,
            button="Save",
        ),
        Act(
            *("remove", "Taken out", "circle-minus", RemoveDeviceForm),
            lambda by, row, data: remove_device(by=by, device=row, **data),
            "The device is recorded as taken out.",
        ),
    ),
)
