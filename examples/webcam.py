"""Check a camera once a second: python examples/webcam.py [CAMERA or VIDEO], until Ctrl-C or the video's end.

Needs the extra `camera`. `fakelens watch` does this with a steadied verdict, reconnection and a page.
"""

import sys
import time

import cv2

from fakelens.edge_runtime import Detector

source = sys.argv[1] if len(sys.argv) > 1 else "0"
camera = cv2.VideoCapture(int(source) if source.isdecimal() else source)
detector = Detector()
while True:
    found, frame = camera.read()  # uint8 [height, width, 3], blue first
    if not found:
        sys.exit(0 if camera.get(cv2.CAP_PROP_POS_FRAMES) else f"{source}: no camera or video here")
    verdict = detector.check(frame, colours="bgr")
    print(f"{verdict.label} {verdict.p_fake:.2f}", flush=True)
    time.sleep(1 if source.isdecimal() else 0)
