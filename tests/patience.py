"""How long a test waits for what must come.

A machine may stand still for a minute while others use it; only a test that fails waits so long.
"""

PATIENCE_SECONDS = 150.0
