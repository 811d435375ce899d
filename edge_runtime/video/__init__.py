"""Videos and animations: pictures over the length of a file, and one verdict over them."""
