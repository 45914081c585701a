"""From labelled posts to a model directory: `python -m train --help`, from the directory above."""
