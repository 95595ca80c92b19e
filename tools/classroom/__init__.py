"""From the chapters and the lessons to what a class gets: notebooks of two kinds, and worksheets."""
