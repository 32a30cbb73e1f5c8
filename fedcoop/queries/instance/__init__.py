"""What the office and `doctor` see of the machine: alarms, outages.

Members are in `members`.
"""
