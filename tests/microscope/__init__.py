"""The microscope."""
