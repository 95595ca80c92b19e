"""A made-up lesson plan, in the form that those of the book have."""

LESSON = """# Lesson: A chapter

What the session is about. [The chapter](../../1-collapse/collapse.ipynb) and [its words](../../glossary.md#gloss-arm).

## Aims
- After the session a student can say what a run is.

## Plan
| minutes | what | with |
| --- | --- | --- |
| 90 | The lab | the lab |

## Lab
What does the first setting do to the curves?

1. Leave all settings as they are, and press Train. Write down what the table under the curves says.
2. Change the **first setting** to $\\frac{1}{2}$, and say what will come out before you train.
3. Go back, set **Seed** to 1, and compare two seeds with two settings.

### Write down
| run | first setting | seed | guess | at the end |
| --- | --- | --- | --- | --- |
| as it is | | | | |
| changed |
| another seed |

### What comes out
On one machine, with seed 0, the changed run ended forty-two times as high.

## Ask
- Why? *Because of the setting.*
"""
