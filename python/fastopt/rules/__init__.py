"""The rules: a file for each family, its reference functions and then its classes, and what all rules share.

Users have them from `fastopt`, `fastopt.reference` and `fastopt.kernels`.
"""
