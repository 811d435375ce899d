"""Answers for people and programs: lines, JSON, CSV, heat maps and the page of `check --html`."""
