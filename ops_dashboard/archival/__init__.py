"""The parts of the archival panel: what is due, what is under way, what was put away, and what is held."""
