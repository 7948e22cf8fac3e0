"""Admin SQL, hostile until proven otherwise: check, rewrite, run (spec 6.2)."""
