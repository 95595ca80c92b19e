"""Neural collapse inside frameworks of others: `torchmetrics.NeuralCollapse` and `lightning.NeuralCollapseCallback`.

Each module needs its framework, an extra of the package: `pip install "ncbook[torchmetrics]"` or
`pip install "ncbook[lightning]"`. Nothing else imports them.
"""
