"""The decision methods there are: every file of `governance/methods`, named as its key; loaded when first asked for.

So a short command loads the one method that it needs. A file whose method has another key refuses to be loaded.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from fedcoop.governance.motions.method import Method

PLACE = "fedcoop.governance.methods"
FOLDER = Path(__file__).parents[1] / "methods"


class Methods(Mapping[str, Method]):
    """Every method by its key."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys = dict.fromkeys(sorted(keys))
        self._loaded: dict[str, Method] = {}

    def __getitem__(self, key: str) -> Method:
        found = self._loaded.get(key)
        return self._load(key) if found is None else found

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def _load(self, key: str) -> Method:
        if key not in self._keys:
            raise KeyError(key)
        method: Method = importlib.import_module(f"{PLACE}.{key}").METHOD
        if method.key != key:
            raise RuntimeError(f"the decision method in {key}.py has the key {method.key}")
        self._loaded[key] = method
        return method


METHODS = Methods(info.name for info in pkgutil.iter_modules([str(FOLDER)]))
