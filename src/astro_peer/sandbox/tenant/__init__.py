"""The tenant itself: its state, and Azure's rules that change it. Nothing here knows HTTP."""
