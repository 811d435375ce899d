"""`fakelens info`: the facts of a model file, and those that an app needs."""
