"""Decision methods, one file each; found by listing this folder. Two with one key refuse to start."""

import importlib
import pkgutil
from types import ModuleType

from fedcoop.governance.counting import Method


def _discover() -> dict[str, Method]:
    found: dict[str, Method] = {}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda item: item.name):
        module: ModuleType = importlib.import_module(f"{__name__}.{info.name}")
        method: Method = module.METHOD
        if method.key in found:
            raise RuntimeError(f"two decision methods have the key {method.key}")
        found[method.key] = method
    return found


METHODS = _discover()
