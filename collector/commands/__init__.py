"""The commands of `footpath`. Each imports what it needs when it is called, so that all of them start fast."""
