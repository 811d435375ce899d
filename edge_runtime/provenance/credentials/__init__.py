"""Content Credentials: C2PA manifests, their notation and their signature."""
