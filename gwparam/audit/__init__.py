"""What physics knows of drag, measured on a network as the library runs it."""
