"""Check every picture of a folder, with CSV as output: python examples/folder_to_csv.py FOLDER > answers.csv.

`fakelens check FOLDER --csv` does this too, with more columns and several pictures side by side.
"""

import csv
import sys
from pathlib import Path

from fakelens.edge_runtime import Detector, errors

detector = Detector()  # the default model; a name of list_models() or a path takes another
table = csv.writer(sys.stdout)
table.writerow(["path", "label", "p_fake", "error"])
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        verdict = detector.check(path)
        table.writerow([path, verdict.label, f"{verdict.p_fake:.4f}", ""])
    except errors.FakelensError as error:  # its text is one line with the remedy
        table.writerow([path, "", "", error])
