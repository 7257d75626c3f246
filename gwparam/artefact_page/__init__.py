"""What an artefact says of itself: words for the console, and a page with figures."""
