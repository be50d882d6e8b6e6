"""The byte link to a device: frames, messages, the port they travel on, and the client."""

from harness.link.client import DeviceClient
from harness.link.messages import PROTOCOL_VERSION
from harness.link.port import Port, SerialPort, open_port
from harness.link.rate import AgreedRate, agree_on_rate
from harness.link.transcript import TranscribedPort, read_transcript

__all__ = [
    "PROTOCOL_VERSION",
    "AgreedRate",
    "DeviceClient",
    "Port",
    "SerialPort",
    "TranscribedPort",
    "agree_on_rate",
    "open_port",
    "read_transcript",
]
