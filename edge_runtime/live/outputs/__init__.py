"""Sinks for the state of the live checker: terminal, files, MQTT, systemd, the window."""
