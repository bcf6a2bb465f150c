"""What is taken out of a source's texts since it recurs on its pages: numbered files that never change."""
