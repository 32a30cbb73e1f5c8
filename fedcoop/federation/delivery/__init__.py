"""Sending: leases deliveries, signs them now, POSTs them, settles what came of it."""
