"""One module per command: its options, the calls it makes, what it shows. No logic, no SDK at its top."""
