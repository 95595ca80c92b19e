"""The labs of the chapters, one module a result: what each lets a student turn, and what it shows."""
