"""Names of timers that more than one action sets; what they do stands in `wiring`."""

COUNT_TIMER = "count_motion"
"""A closed motion is to be counted; its key is the motion's id."""
