"""`fedcoop demo`: two co-ops as real processes, and the story that is told on them."""
