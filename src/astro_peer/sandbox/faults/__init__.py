"""How Azure misbehaves, on request: nothing in `tenant` or `http` knows one fault from another."""
