"""The shipped files under an emulated arm64 processor; left out of the wheel, see `__main__`."""
