"""Pictures of reports, one file each; matplotlib is imported only when one is drawn."""
