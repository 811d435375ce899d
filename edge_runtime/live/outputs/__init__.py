"""Where the state of the live checker goes: terminal, files, MQTT, systemd, the window."""
