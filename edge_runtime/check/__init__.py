"""`fakelens check`: its options, one run over many files, and the listing of what files say."""
