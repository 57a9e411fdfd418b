// Starts the probe; all of it is in Probe.swift, outside of the main actor that this file's code belongs to.

import Glibc

exit(start())
