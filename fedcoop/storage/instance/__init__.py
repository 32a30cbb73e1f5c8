"""What an instance keeps of itself: its condition, secrets, pictures, the version of its tables."""
