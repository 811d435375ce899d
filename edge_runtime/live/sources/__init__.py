"""Where frames come from: cameras, streams, video files, folders, and sources that fail on purpose."""
