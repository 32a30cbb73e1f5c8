"""The decision methods there are: every file of `governance/methods`, found by listing it. Two with one key refuse to start."""

import importlib
import pkgutil
from importlib.util import find_spec
from types import ModuleType

from fedcoop.governance.motions.method import Method

PLACE = "fedcoop.governance.methods"


def _discover() -> dict[str, Method]:
    spec = find_spec(PLACE)
    assert spec is not None
    found: dict[str, Method] = {}
    for info in sorted(pkgutil.iter_modules(spec.submodule_search_locations), key=lambda item: item.name):
        module: ModuleType = importlib.import_module(f"{PLACE}.{info.name}")
        method: Method = module.METHOD
        if method.key in found:
            raise RuntimeError(f"two decision methods have the key {method.key}")
        found[method.key] = method
    return found


METHODS = _discover()
