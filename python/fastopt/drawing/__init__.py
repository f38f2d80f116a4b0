"""How pictures are drawn; `fastopt.plots` is the door to it.

- `landscape`: a function of one or two parameters, and what optimizers do on it
- `ground`: the function; `tracks`: the optimizers
- `animation`: the same, moving
- `style`: what all pictures have in common
"""
