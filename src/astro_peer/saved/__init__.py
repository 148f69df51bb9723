"""A plan in a file: from a `SavedPlan` to JSON and back, written whole or not at all. No SDK, and no decisions."""
