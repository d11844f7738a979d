"""Charts as inline SVG: arrays in, markup out. Colours come from the page's CSS classes."""
