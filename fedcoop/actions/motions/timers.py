"""Names of timers that more than one action sets; what they do stands in `wiring`."""

COUNT_TIMER = "count_motion"
"""A closed motion is to be counted; its key is the motion's id."""
LOOK_TIMER = "look_after_outage"
"""Those who may have said something while we were away are to be looked at; its key is the outage's id."""
