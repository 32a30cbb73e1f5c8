"""Measured figures of a running instance: own load generators as separate processes, loopback only, bounded."""
