"""The mathematics of gradient descent in its standard terms, as expressions.

Models, losses, metrics, gradient rules, optimisers, the step that they make up, and what is true of
a run: whether it diverges, converges, or could go faster. It may import `sheetgd.expression`.
"""
