"""`python -m bench.people [KIND [CUSTOMERS]]`: makes the shop on `sqlite` or `postgresql`, asks it, and prints what it took."""

import sys

import msgspec

from bench.people.measuring import CUSTOMERS, measured

if __name__ == "__main__":
    kind, number, *_ = [*sys.argv[1:], *("sqlite", str(CUSTOMERS))[len(sys.argv) - 1 :]]
    found = measured(kind, int(number))
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    sys.exit(0 if all(entry.held for entry in found) else 1)
