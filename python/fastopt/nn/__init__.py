"""Models, with gradients written by hand. Their door is `fastopt.models`."""
