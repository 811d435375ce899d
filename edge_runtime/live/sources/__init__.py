"""Sources of frames: cameras, streams, video files, folders, and sources that fail on purpose."""
