"""ncbook: neural collapse, taught and measured.

Import the floors that you need: ``from ncbook import metrics, experiments, figures``.
Nothing is imported or downloaded until then.
"""

__version__ = "0.3.0"
