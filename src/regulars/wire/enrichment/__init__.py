"""Enrichment: what an event's surroundings say, in a few bounded words, so that the surroundings themselves need not be kept.

Device, traffic and place come from one event; a visit from the one before it; a machine from how a mail was opened.
"""

from regulars.wire.enrichment.devices import Device, device_of
from regulars.wire.enrichment.machines import MachineReason, machine_open
from regulars.wire.enrichment.places import Place, Places, PlacesError, PlacesReason
from regulars.wire.enrichment.traffic import Channel, Traffic, traffic_of
from regulars.wire.enrichment.visits import Judged, Visit, end_of, next_visit

__all__ = [
    "Channel",
    "Device",
    "Judged",
    "MachineReason",
    "Place",
    "Places",
    "PlacesError",
    "PlacesReason",
    "Traffic",
    "Visit",
    "device_of",
    "end_of",
    "machine_open",
    "next_visit",
    "traffic_of",
]
