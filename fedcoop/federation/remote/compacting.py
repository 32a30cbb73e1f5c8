"""The worker process of `compactor`: reads documents as lines, writes their `coop:` terms as lines."""

import sys

from fedcoop.federation.wire.compaction import serve_lines


def _write(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()


if __name__ == "__main__":
    serve_lines(sys.stdin, _write)
