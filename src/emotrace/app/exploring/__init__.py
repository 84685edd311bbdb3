"""What *Explore* looks at: shelves of clips, what is drawn of a clip, voices compared, augmentations."""
