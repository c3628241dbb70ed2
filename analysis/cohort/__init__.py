"""From sessions and scores to courses, phases and outcomes."""
