"""Named training recipes, as package data: `fakelens train DATA --recipe NAME`."""
