"""The versions, one file each, named by number and subject."""
