"""Positions: the detail tables by official code, their columns, and how they are read and checked."""
