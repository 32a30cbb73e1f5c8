"""Pure values that every floor may use: clock, ids, errors, events, canonical bytes, clean HTML."""
