"""From pictures to verdicts: the detector, the condition of a picture, the decision."""
