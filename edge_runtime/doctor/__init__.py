"""The checks of `fakelens doctor`: the machine, what is installed, how fast it is."""
