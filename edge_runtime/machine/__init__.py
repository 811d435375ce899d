"""This machine: its device, cameras and memory, its libraries' noise, its clock."""
