"""Decision methods, one file each, found by `motions/registry.py`; they do not know each other."""
