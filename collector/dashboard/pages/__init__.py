"""The pages, one file each: what is in this folder is what the dashboard shows."""
