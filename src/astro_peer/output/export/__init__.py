"""Plans in other tools' languages. A writer decides nothing: it spells the changes of a plan."""
