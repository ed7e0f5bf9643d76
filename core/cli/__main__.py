"""`python -m core.cli`, for processes that start each other where the command is not on the path."""

import sys

from core.cli import main

sys.exit(main())
