"""The rules of deciding together (governance.md): pure functions of values and of the time given."""
