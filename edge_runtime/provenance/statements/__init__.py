"""What metadata and texts say: EXIF, IPTC, XMP, generators' texts, labels that laws ask for."""
