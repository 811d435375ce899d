"""Videos and animations: pictures over the length of a file."""
