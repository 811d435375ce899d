"""The live checker: sources of frames, the loop over them, and where its state is shown."""
