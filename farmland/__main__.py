"""``python -m farmland``: the command line."""

import sys

from farmland.cli import main

sys.exit(main())
