"""`fakelens serve`: a local page to drop pictures on, and `POST /check` for programs."""
