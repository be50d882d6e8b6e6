"""Virtual instruments by name: a module each, with the device and the driver that talks to it."""
