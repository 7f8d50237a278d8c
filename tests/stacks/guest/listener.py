"""An event listener of supervisor's that passes on what it hears, a line for each event, to ``/run/stacks/heard``."""

import os

from supervisor.childutils import listener

HEARD = "/run/stacks/heard"

# For reading too: so a pipe waits for nobody, and outlives who reads it.
with os.fdopen(os.open(HEARD, os.O_RDWR), "w", buffering=1) as heard:
    print("listening", file=heard)
    while True:
        headers, payload = listener.wait()
        listener.ok()
        print(headers["eventname"], payload.replace("\n", " "), file=heard)
