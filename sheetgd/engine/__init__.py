"""Runs: a lesson's numbers, row by row, by one loop for every method.

The run of a lesson, runs at several learning rates, the error surface around them and what is
chosen for the data by trying. It may import `sheetgd.lesson` and what that may.
"""
