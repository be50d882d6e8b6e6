"""The byte link to a device: frames, messages, the port they travel on, and the client."""

from harness.link.client import DeviceClient
from harness.link.messages import PROTOCOL_VERSION
from harness.link.port import Port, SerialPort, open_port

__all__ = ["PROTOCOL_VERSION", "DeviceClient", "Port", "SerialPort", "open_port"]
