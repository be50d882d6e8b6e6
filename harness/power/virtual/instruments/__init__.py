"""Virtual instruments by name: a module each, with the device and the driver that talks to it.

`PULSES` in it says that the board it demonstrates with marks its windows by pulses.
"""
