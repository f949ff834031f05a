"""Quoth on Discord."""
