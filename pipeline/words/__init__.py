"""What a word is: segmentation by name, hashtags, and new words found in the corpus."""
