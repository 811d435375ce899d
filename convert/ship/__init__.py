"""A model file handed to app developers: kits for the web, Android and iOS, with test vectors."""
