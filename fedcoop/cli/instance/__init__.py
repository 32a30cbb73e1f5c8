"""Commands for the instance itself: `init`, `serve`, `doctor`, `backup`, `queue`."""
