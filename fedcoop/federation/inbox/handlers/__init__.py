"""One file for each meaning of an activity. Discovery is by listing this folder, sorted (architecture.md 7).

A file `x.py` is the handler that rows of `authorise.MATRIX` with the meaning `x` name. It has `apply(received, uow)`
and, where something must be fetched before, `async prepare(received, remote)`, or `async resolve(received, remote)` where
the object itself must be found first (`contract.py`); `is_broadcast(received)` where that should wait a little.
"""
