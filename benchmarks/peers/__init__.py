"""fakelens beside what people use otherwise; left out of the wheel, see `__main__`."""
