"""What the laboratories need beside the library: data, sliders, stacks of networks, many runs."""
