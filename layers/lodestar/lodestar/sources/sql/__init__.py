"""Admin SQL, hostile until proven otherwise: check, rewrite, run."""
