"""`fakelens watch` as a systemd service: the unit, and the notifications to systemd."""
