"""Record the bits of all runs, for `test_bits.py`: ``python tests/golden/bits/record.py``.

To be run where a change of bits is meant; its commit says why.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from golden.bits.runs import digest, runs

if __name__ == "__main__":
    recorded = {name: digest(made) for name, made in runs()}
    Path(__file__).with_name("recorded.json").write_text(json.dumps(recorded, indent=1) + "\n")
    print(f"{len(recorded)} runs")
